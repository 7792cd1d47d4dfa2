package hub

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Names that a model's files have in every repository.
const (
	configFile    = "config.json"
	tokenizerFile = "tokenizer.json"
	weightsFile   = "model.safetensors"
	indexFile     = "model.safetensors.index.json" // names the files of weights in several
)

// optionalFiles are taken where the repository has them.
var optionalFiles = []string{
	"generation_config.json", tokenizerFile, "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja",
}

// mostJSON bounds a listing and an index in bytes; the largest known have 10 MB.
const mostJSON = 64 << 20

// listing is what a commit of a repository has.
type listing struct {
	commit string
	files  []string // as the server calls them: any text
}

func (l *listing) has(file string) bool { return slices.Contains(l.files, file) }

// parseListing reads the hub's answer about a revision.
func parseListing(text []byte) (*listing, error) {
	var answer struct {
		Commit string `json:"sha"`
		Files  []struct {
			Name string `json:"rfilename"`
		} `json:"siblings"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, err
	}
	if !commitForm.MatchString(answer.Commit) {
		return nil, fmt.Errorf("sha is %.50q, want 40 hexadecimal digits", answer.Commit)
	}
	l := &listing{commit: answer.Commit}
	for _, f := range answer.Files {
		l.files = append(l.files, f.Name)
	}
	return l, nil
}

// readIndex lists the files that an index of weights names, sorted.
func readIndex(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := readAll(f)
	if err != nil {
		return nil, err
	}
	shards, err := parseIndex(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", indexFile, err)
	}
	return shards, nil
}

func parseIndex(text []byte) ([]string, error) {
	var index struct {
		Files map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, err
	}
	var shards []string
	for _, file := range index.Files {
		if !safe(file) || path.Ext(file) != ".safetensors" {
			return nil, fmt.Errorf("weight_map has %.100q, want the name of a .safetensors file", file)
		}
		shards = append(shards, file)
	}
	if len(shards) == 0 {
		return nil, fmt.Errorf("weight_map is empty")
	}
	slices.Sort(shards)
	return slices.Compact(shards), nil
}

// readAll reads JSON.
func readAll(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, mostJSON+1))
	if err == nil && len(text) > mostJSON {
		err = fmt.Errorf("more than %d bytes of JSON", mostJSON)
	}
	return text, err
}

// choose lists the files to download, and reports whether one is an index that names
// further ones.
func (l *listing) choose(n name) (files []string, sharded bool, err error) {
	if n.file != "" {
		switch gguf := l.matching(isGGUF); {
		case !l.has(n.file):
			return nil, false, fmt.Errorf("the repository has no such file, but %s", quoted(gguf, "no .gguf file at all"))
		case splitGGUF.MatchString(n.file):
			return nil, false, fmt.Errorf("a GGUF cut into several files is not supported")
		}
		return []string{n.file}, false, nil
	}
	weights := ""
	for _, file := range []string{indexFile, weightsFile} { // the single file wins, as with transformers
		if l.has(file) {
			weights = file
		}
	}
	if weights == "" {
		return nil, false, l.noWeights(n)
	}
	if !l.has(configFile) {
		return nil, false, fmt.Errorf("the repository has no %s: it is no model of transformers", configFile)
	}
	files = []string{configFile}
	for _, file := range optionalFiles {
		if l.has(file) {
			files = append(files, file)
		}
	}
	return append(files, weights), weights == indexFile, nil
}

// splitGGUF matches one of several files of a GGUF.
var splitGGUF = regexp.MustCompile(`-\d{5}-of-\d{5}\.(?i:gguf)$`)

// noWeights says what a repository has in place of weights that can be read.
func (l *listing) noWeights(n name) error {
	if gguf := l.matching(isGGUF); len(gguf) > 0 {
		return fmt.Errorf("the repository has its weights as GGUF: name one file as %s/FILE, of %s", n.repo, quoted(gguf, ""))
	}
	pickled := l.matching(func(file string) bool {
		return slices.Contains([]string{".bin", ".pt", ".pth", ".h5", ".msgpack"}, path.Ext(file))
	})
	if len(pickled) > 0 {
		return fmt.Errorf("the repository has no safetensors weights, only %s, which is not read (unpickling runs code): convert it with transformers' save_pretrained, or name a revision that has %s",
			quoted(pickled, ""), weightsFile)
	}
	other := l.matching(func(file string) bool { return path.Ext(file) == ".safetensors" })
	return fmt.Errorf("the repository has neither %s nor %s, but %s", weightsFile, indexFile, quoted(other, "no weights at all"))
}

func (l *listing) matching(is func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(l.files), func(file string) bool { return !is(file) })
}

// quoted shows names that a server made up, at most twenty, or none if there are none.
func quoted(names []string, none string) string {
	const most = 20
	var shown []string
	for _, s := range names[:min(len(names), most)] {
		shown = append(shown, fmt.Sprintf("%.100q", s))
	}
	if len(names) > most {
		shown = append(shown, fmt.Sprintf("and %d more", len(names)-most))
	}
	if len(shown) == 0 {
		return none
	}
	return strings.Join(shown, ", ")
}
