package configs

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFileBytes bounds a config file; the largest shipped one has a few KiB.
const maxFileBytes = 1 << 20

// defaultsKey names the base file. It is no key of Config: the resolved config is
// whole.
const defaultsKey = "defaults"

// readFile reads a file over its bases. named is where another file names it as its
// base, open are the files that did so. Nil where something had to be given up, which was reported.
func (r *report) readFile(path string, named place, open []string) *node {
	r.files = append(r.files, path)
	content, why := readBounded(path)
	if why != "" {
		if named.file == "" {
			r.add(place{file: path}, "", nil, "%s", why)
		} else {
			r.add(named, defaultsKey, nil, "%s: %s", path, why)
		}
		return nil
	}
	root := r.parse(content, newReader(r, path), "")
	if root == nil {
		return nil
	}
	if root.kind != yaml.MappingNode {
		r.add(root.at, "", root.show(), "a mapping of keys to values, such as \"seed: 1\"")
		return nil
	}
	base := root.entry(defaultsKey)
	if base == nil {
		return root
	}
	root = root.without(defaultsKey)
	if base.value.tag != "!!str" || base.value.text == "" {
		r.add(base.at, defaultsKey, base.value.show(), "a file's path, relative to this file")
		return root
	}
	under := r.readBase(path, base, open)
	if under == nil {
		return nil
	}
	return merge(under, root)
}

// readBase reads the file that path names under "defaults".
func (r *report) readBase(path string, base *entry, open []string) *node {
	name := base.value.text
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(path), name)
	}
	open = append(open, identity(path))
	for _, o := range open {
		if o == identity(name) {
			r.add(base.at, defaultsKey, base.value.text, "a file that does not come back to this one")
			return nil
		}
	}
	return r.readFile(name, base.at, open)
}

// identity is the same for every way to name a file.
func identity(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path
}

// readBounded reads a regular file, or says why not.
func readBounded(path string) (content []byte, why string) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return nil, "a folder, not a config file"
	}
	if err == nil && !info.Mode().IsRegular() {
		return nil, "not a regular file"
	}
	var f *os.File
	if err == nil {
		f, err = os.Open(path)
	}
	if err == nil {
		defer f.Close()
		content, err = io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "no such file"
	case errors.Is(err, fs.ErrPermission):
		return nil, "no permission to read it"
	case err != nil:
		return nil, "unreadable: " + errors.Unwrap(err).Error()
	case len(content) > maxFileBytes:
		return nil, "too large for a config: more than 1 MiB"
	}
	return content, ""
}

// parse reads the one document of content.
func (r *report) parse(content []byte, in *reader, path string) *node {
	var doc, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(content))
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) || err == nil && isEmpty(&doc) {
		r.add(place{file: in.file}, "", nil, "empty")
		return nil
	}
	if err != nil {
		r.addSyntax(in, err)
		return nil
	}
	if err := dec.Decode(&second); err == nil {
		r.add(in.place(&second), "", nil, "a second YAML document (---); a config is one")
	} else if !errors.Is(err, io.EOF) {
		r.addSyntax(in, err)
	}
	root := in.read(doc.Content[0], path, 0)
	if in.count > maxNodes {
		r.add(place{file: in.file}, "", nil, "too large: more than %d values once aliases are expanded", maxNodes)
		return nil
	}
	return root
}

func isEmpty(doc *yaml.Node) bool {
	return len(doc.Content) != 1 || doc.Content[0].ShortTag() == "!!null" && doc.Content[0].Value == ""
}

// yamlError takes apart "yaml: line 3: did not find expected key".
var yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(?s:(.*))$`)

func (r *report) addSyntax(in *reader, err error) {
	at, what := place{file: in.file}, err.Error()
	if m := yamlError.FindStringSubmatch(what); m != nil {
		if !in.override {
			at.line, _ = strconv.Atoi(m[1])
		}
		what = m[2]
	}
	r.add(at, "", nil, "not YAML: %s", strings.Join(strings.Fields(what), " "))
}
