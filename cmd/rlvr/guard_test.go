package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The tests of this file keep the architecture: what may import what, where graph
// code lives, how long a file may be. CONTRIBUTING.md says why.

const module = "github.com/rlvr-go/rlvr"

// allowed lists what each package may import of this module, beside data and
// configs/fault, which are leaves that everyone may use. Each edge has a reason;
// a new one is a decision about the architecture and belongs in a review.
var allowed = map[string]map[string]string{
	"data":                    {},
	"configs/fault":           {},
	"checkpoints/mapped":      {},
	"checkpoints/safetensors": {"checkpoints/mapped": "reading without copying"},
	"checkpoints/gguf":        {"checkpoints/mapped": "reading without copying"},
	"checkpoints/hub":         {},
	"model/device":            {},
	"checkpoints": {
		"checkpoints/gguf":        "another file format of weights",
		"checkpoints/safetensors": "the weights' file format",
	},
	"tokenize/jinja": {},
	"tokenize": {
		"tokenize/jinja": "chat templates",
	},
	"model": {
		"model/device": "tensors of the weights",
	},
	"verifier/registry": {},
	"verifier/latex":    {},
	"verifier/sandbox":  {},
	"verifier/code": {
		"verifier/sandbox": "programs that nobody trusts",
	},
	"verifier": {
		"verifier/code":     "what tests of a program say",
		"verifier/sandbox":  "the limits that are options of verifier code",
		"verifier/latex":    "what mathematical answers mean",
		"verifier/registry": "names that a config may use",
	},
	"verifier/verifiertest": {
		"verifier": "what it tests",
	},
	"verifier/tasks": {
		"verifier/registry": "names that a config may use",
	},
	"algos": {},
	"algos/algotest": {
		"algos": "what it tests",
	},
	"sampler": {
		"model":        "the same graph functions as the trainer's",
		"model/device": "executables",
	},
	"trainer/runlog": {},
	"trainer/stats":  {},
	"trainer/evaluation": {
		"trainer/runlog": "Wilson's interval, rewards that may be null",
		"trainer/stats":  "intervals, McNemar's test",
	},
	"trainer/compare": {
		"trainer/evaluation": "scores of problems",
		"trainer/runlog":     "metrics of the runs that it reads",
		"trainer/stats":      "intervals",
	},
	"trainer/runlog/view": {
		"trainer/runlog": "the names in a run folder, what metrics mean",
	},
	"trainer": {
		"algos":                   "objectives, behind their interfaces",
		"checkpoints":             "saving and resuming",
		"checkpoints/safetensors": "bytes and dtypes of the tensors saved",
		"model":                   "the policy and its forward pass",
		"model/device":            "executables",
		"sampler":                 "rollouts",
		"tokenize":                "prompts to ids, ids to text",
		"trainer/runlog":          "metrics by their declared names",
		"verifier":                "verdicts",
	},
	"configs": {
		"algos":          "options of stages' objectives",
		"checkpoints":    "section checkpoint",
		"model":          "section model",
		"model/device":   "names of backends",
		"sampler":        "options of stages' rollouts",
		"tokenize":       "section tokenizer",
		"trainer":        "sections stages and eval",
		"trainer/runlog": "section logging",
		"verifier":       "section reward",
		"verifier/tasks": "section data",
	},
	"bench": {
		"trainer/compare": "tables and curves of runs",
		"trainer/runlog":  "intervals of shares",
		"trainer/stats":   "medians",
	},
	"bench/mutants": {},
	"cmd/rlvr": {
		"algos":                   "rlvr list",
		"checkpoints":             "loading, resuming",
		"checkpoints/hub":         "models by name",
		"checkpoints/safetensors": "golden files of rlvr parity",
		"configs":                 "the config of a run",
		"model":                   "the policy",
		"model/device":            "the backend",
		"sampler":                 "options of rlvr sample",
		"tokenize":                "the tokenizer",
		"trainer":                 "the run",
		"trainer/compare":         "rlvr compare",
		"trainer/evaluation":      "rlvr eval",
		"trainer/runlog":          "the run folder",
		"trainer/runlog/view":     "rlvr view",
		"verifier":                "the verifier",
		"verifier/sandbox":        "what a process does that is a sandbox",
		"verifier/tasks":          "the problems",
	},
}

// leaves may be imported by everyone and import nothing of the module.
var leaves = []string{"data", "configs/fault"}

// guests are the other modules that only some packages may import, by prefix.
var guests = []struct {
	prefix string
	only   []string
	why    string
}{
	{"github.com/spf13/viper", []string{"configs"}, "options are plain structs everywhere else"},
	{"github.com/go-viper/", []string{"configs"}, "as viper"},
	{"go.yaml.in/yaml", []string{"configs"}, "no library package knows YAML"},
	{"github.com/spf13/cobra", []string{"cmd/rlvr"}, "no library package knows flags"},
	{"github.com/gomlx/go-xla", []string{"model/device"}, "how the XLA backend is made is one package's secret"},
	{"github.com/gomlx/compute/gobackend", []string{"model/device", "algos/algotest"}, "backends are opened in one place; the conformance suite needs none but this"},
	{"github.com/gomlx/", []string{"model", "model/device", "sampler", "trainer", "algos", "algos/algotest"}, "the rest is host code"},
}

// graphImport is the package whose functions build graphs.
const graphImport = "github.com/gomlx/gomlx/core/graph"

// graphUsers are the files outside of *_graph.go and algos that may import it, by
// its name: they run graphs, or hand values to graph code.
var graphUsers = map[string]string{
	"model/device/exec.go":   "compiles and runs graph functions",
	"model/device/doctor.go": "a graph to try a backend with",
	"trainer/objective.go":   "lists an objective's host arrays with the inputs that they become",
}

// junk are names that say nothing about what is in a package.
var junk = []string{"util", "utils", "common", "helper", "helpers", "misc"}

// mostLines bounds a file that is no test.
const mostLines = 400

// source is a Go file of the repository; its path is relative to the root.
type source struct {
	path string
	file *ast.File
	fset *token.FileSet
}

// pkg is the folder of the file.
func (s *source) pkg() string { return path.Dir(s.path) }

func (s *source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// isGraphFile: graph code is in *_graph.go, and in algos where the two halves of an
// algorithm share a file.
func (s *source) isGraphFile() bool {
	return strings.HasSuffix(s.path, "_graph.go") || s.pkg() == "algos"
}

// sources parses every Go file of the repository, whatever its build constraints.
func sources(t *testing.T) []*source {
	t.Helper()
	root := filepath.Join("..", "..")
	var all []*source
	for _, p := range goFiles(t, root) {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, filepath.Join(root, filepath.FromSlash(p)), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, &source{path: p, file: f, fset: fset})
	}
	if len(all) < 100 {
		t.Fatalf("found %d Go files: not the repository", len(all))
	}
	return all
}

// goFiles are the paths of Go files below root: those that git tracks or would, or
// all where there is no git.
func goFiles(t *testing.T, root string) []string {
	t.Helper()
	git := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", "*.go")
	git.Dir = root
	if out, err := git.Output(); err == nil && len(out) > 0 {
		files := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
		return slices.DeleteFunc(files, func(p string) bool { // deleted but not yet committed
			_, err := fs.Stat(os.DirFS(root), p)
			return err != nil
		})
	}
	var files []string
	err := fs.WalkDir(os.DirFS(root), ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path.Ext(p) == ".go" {
			files = append(files, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestImportDirection(t *testing.T) {
	seen := map[string]bool{} // packages, and edges "from to"
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		from := s.pkg()
		seen[from] = true
		edges, known := allowed[from]
		if !known {
			t.Errorf("%s: package %s is not in the table of allowed imports", s.path, from)
			continue
		}
		for _, spec := range s.file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			to, ours := strings.CutPrefix(imported, module+"/")
			if ours {
				seen[from+" "+to] = true
				free := slices.Contains(leaves, to) && !slices.Contains(leaves, from)
				if edges[to] == "" && !free {
					t.Errorf("%s imports %s, which package %s may not", s.path, to, from)
				}
				continue
			}
			for _, g := range guests {
				if strings.HasPrefix(imported, g.prefix) {
					if !slices.Contains(g.only, from) {
						t.Errorf("%s imports %s, which only %s may: %s", s.path, imported, strings.Join(g.only, ", "), g.why)
					}
					break
				}
			}
		}
	}
	for from, edges := range allowed {
		for to := range edges {
			if seen[from] && !seen[from+" "+to] {
				t.Errorf("the table allows %s to import %s, which it no longer does", from, to)
			}
			if reaches(to, from) {
				t.Errorf("the table allows %s to import %s, which reaches %s", from, to, from)
			}
		}
	}
}

// reaches reports whether the table lets from import to, at any distance.
func reaches(from, to string) bool {
	if from == to {
		return true
	}
	for next := range allowed[from] {
		if reaches(next, to) {
			return true
		}
	}
	return false
}

func TestPackageDocs(t *testing.T) {
	docs := map[string][]string{}
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		at := docs[s.pkg()]
		if doc := s.file.Doc; doc != nil {
			at = append(at, s.path)
			want := "Package " + s.file.Name.Name + " "
			if s.file.Name.Name == "main" {
				want = "Command " + path.Base(s.pkg()) + " "
			}
			if !strings.HasPrefix(doc.Text(), want) {
				t.Errorf("%s: its comment does not start with %q", s.path, want)
			}
		}
		docs[s.pkg()] = at
	}
	for pkg, at := range docs {
		if len(at) != 1 {
			t.Errorf("package %s has %d package comments (%s), want 1", pkg, len(at), strings.Join(at, ", "))
		}
		for _, part := range strings.Split(pkg, "/") {
			if slices.Contains(junk, part) {
				t.Errorf("package %s: the name %s says nothing about what is in it", pkg, part)
			}
		}
	}
}

func TestGraphFiles(t *testing.T) {
	for _, s := range sources(t) {
		if s.isTest() || s.isGraphFile() {
			continue
		}
		for _, spec := range s.file.Imports {
			if imported, _ := strconv.Unquote(spec.Path.Value); imported != graphImport {
				continue
			}
			switch {
			case spec.Name != nil && spec.Name.Name == ".":
				t.Errorf("%s dot-imports %s: graph code is in *_graph.go and in algos", s.path, graphImport)
			case graphUsers[s.path] == "":
				t.Errorf("%s imports %s: graph code is in *_graph.go and in algos", s.path, graphImport)
			}
		}
		if s.pkg() == "model/device" {
			continue // where the panics of graph code are made into errors
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && callee(call) == "Panicf" {
				t.Errorf("%s: calls Panicf: host code returns errors", s.fset.Position(call.Pos()))
			}
			return true
		})
	}
}

// callee is the name of the function that is called, without its package.
func callee(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func TestFileBudget(t *testing.T) {
	root := os.DirFS(filepath.Join("..", ".."))
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		text, err := fs.ReadFile(root, s.path)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(text, []byte("\n")); n > mostLines {
			t.Errorf("%s has %d lines, more than %d: it holds more than one idea", s.path, n, mostLines)
		}
	}
}
