package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// goPackage is the package whose tests are tried, with its types.
type goPackage struct {
	dir, path string
	fset      *token.FileSet
	files     []*goFile
	types     *types.Package
	info      *types.Info
	// tests are the names of test functions by the file that they are in.
	tests map[string][]string
}

// goFile is a file of the package.
type goFile struct {
	name string
	text []byte
	ast  *ast.File
}

// loadPackage parses and checks the package in dir. Compiled dependencies come from the
// build cache.
func loadPackage(dir string) (*goPackage, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	list := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}\t{{.Dir}}", ".")
	list.Dir = dir
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("mutants: go list in %s: %w", dir, err)
	}
	p := &goPackage{dir: dir, fset: token.NewFileSet(), tests: map[string][]string{}}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimRight(line, "\n"), "\t")
		exports[fields[0]] = fields[1]
		if fields[2] == dir {
			p.path = fields[0]
		}
	}
	if err := p.parse(); err != nil {
		return nil, err
	}
	p.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer.ForCompiler(p.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
	var files []*ast.File
	for _, f := range p.files {
		files = append(files, f.ast)
	}
	p.types, err = config.Check(p.path, p.fset, files, p.info)
	return p, err
}

// parse reads the files in the order of their names.
func (p *goPackage) parse() error {
	paths, err := filepath.Glob(filepath.Join(p.dir, "*.go"))
	if err != nil {
		return err
	}
	slices.Sort(paths)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		tree, err := parser.ParseFile(p.fset, path, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		name := filepath.Base(path)
		if !strings.HasSuffix(name, "_test.go") {
			p.files = append(p.files, &goFile{name, text, tree})
			continue
		}
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && isTest(f.Name.Name) {
				p.tests[name] = append(p.tests[name], f.Name.Name)
			}
		}
	}
	return nil
}

// isTest leaves out TestMain, which runs the others.
func isTest(name string) bool {
	return name != "TestMain" && (strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz") || strings.HasPrefix(name, "Example"))
}

// source is the text of a node on one line.
func (p *goPackage) source(f *goFile, n ast.Node) string {
	return string(bytes.Join(bytes.Fields(p.raw(f, n)), []byte(" ")))
}

// raw is the text of a node.
func (p *goPackage) raw(f *goFile, n ast.Node) []byte {
	return f.text[p.offset(n.Pos()):p.offset(n.End())]
}

func (p *goPackage) offset(at token.Pos) int { return p.fset.Position(at).Offset }

// kinds are what a file can register, in the order in which they are told.
var kinds = []struct{ call, name string }{
	{"RegisterLoss", "loss"}, {"RegisterEstimator", "estimator"}, {"RegisterShaper", "shaper"},
	{"RegisterSelector", "selector"}, {"RegisterWeight", "weight"}, {"RegisterTerm", "term"},
	{"RegisterAggregation", "aggregation"}, {"RegisterPreset", "preset"},
}

// kind is what the file registers, "shared" if nothing.
func (f *goFile) kind() string {
	for _, k := range kinds {
		if bytes.Contains(f.text, []byte("\t"+k.call+"(")) {
			return k.name
		}
	}
	return "shared"
}
