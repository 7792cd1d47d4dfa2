package hub

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
)

// name says what to resolve.
type name struct {
	repo     string // owner/name
	revision string // branch, tag or commit
	file     string // the one GGUF file that is wanted; empty for a whole model
}

// part matches an owner or the name of a repository, as huggingface_hub does.
var part = regexp.MustCompile(`^[0-9A-Za-z_]([0-9A-Za-z_.-]*[0-9A-Za-z_])?$`)

const (
	mostRepo        = 96 // letters of owner/name, the hub's own limit
	defaultRevision = "main"
)

// IsName reports whether s is the name of a model on the hub (see the package's
// comment): it has that form, and there is no local file or folder of that name,
// which would win.
func IsName(s string) bool {
	if _, err := parse(s); err != nil {
		return false
	}
	_, err := os.Lstat(s)
	return err != nil
}

// parse takes a name apart.
func parse(s string) (name, error) {
	where, revision, given := strings.Cut(s, "@")
	if !given {
		revision = defaultRevision
	}
	parts := strings.SplitN(where, "/", 3)
	if len(parts) < 2 || !part.MatchString(parts[0]) || !part.MatchString(parts[1]) {
		return name{}, fmt.Errorf("%q is no name of a model: want owner/name, owner/name@revision or owner/name/file.gguf", s)
	}
	n := name{repo: parts[0] + "/" + parts[1], revision: revision}
	switch ext := path.Ext(n.repo); {
	case len(n.repo) > mostRepo || strings.Contains(n.repo, "--") || strings.Contains(n.repo, "..") || ext == ".git":
		return name{}, fmt.Errorf("%q is no name of a model: the hub has no such names", s)
	case len(parts) == 2 && (isGGUF(n.repo) || ext == ".safetensors"):
		return name{}, fmt.Errorf("%q is no name of a model but of a file, which does not exist", s)
	case !safe(revision):
		return name{}, fmt.Errorf("%q: a revision is a branch, a tag or a commit", s)
	}
	if len(parts) == 3 {
		if n.file = parts[2]; !isGGUF(n.file) || !safe(n.file) {
			return name{}, fmt.Errorf("%q is no name of a model: only a .gguf file can be named alone", s)
		}
	}
	return n, nil
}

func isGGUF(file string) bool { return strings.EqualFold(path.Ext(file), ".gguf") }

// safe reports whether a slash-separated name stays inside of the folder that it is
// joined to, on every system, and can be shown on a console.
func safe(s string) bool {
	strange := func(r rune) bool { return r == '\\' || r == ':' || !unicode.IsPrint(r) }
	return fs.ValidPath(s) && s != "." && filepath.IsLocal(filepath.FromSlash(s)) && !strings.ContainsFunc(s, strange)
}
