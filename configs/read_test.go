package configs

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestEveryKeyIsRead finds keys that are parsed, checked and then read by nothing:
// each field of an options struct must be selected somewhere outside this package,
// in code other than Validate, the functions that make defaults, and what only
// those call.
func TestEveryKeyIsRead(t *testing.T) {
	if testing.Short() {
		t.Skip("type-checks the whole module")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]bool{}
	for _, p := range modulePackages(t, root) {
		if p.path != reflect.TypeFor[Config]().PkgPath() {
			p.fieldReads(t, read)
		}
	}
	for _, f := range structFields(configSchema, "") {
		if !read[f.id] {
			t.Errorf("%s is read by no code (%s)", f.path, f.id)
		}
	}
}

// goField is a field of an options struct; id is "package.Type.Field".
type goField struct{ path, id string }

func structFields(s *schema, path string) []goField {
	if s.kind == kindList {
		return structFields(s.elem, path+"[]")
	}
	var out []goField
	for _, f := range s.fields {
		at := join(path, f.key)
		out = append(out, goField{at, s.typ.PkgPath() + "." + s.typ.Name() + "." + s.typ.Field(f.index).Name})
		out = append(out, structFields(f.schema, at)...)
	}
	return out
}

// goPackage is a package of the module with what is needed to type-check it.
type goPackage struct {
	path, dir string
	files     []string
	exports   map[string]string // export data files of all packages
}

// modulePackages lists the packages of the module at root.
func modulePackages(t *testing.T, root string) []goPackage {
	t.Helper()
	const format = `{{.ImportPath}}|{{.Export}}|{{.Dir}}|{{join .GoFiles ","}}|{{with .Module}}{{.Main}}{{end}}`
	list := exec.Command("go", "list", "-e", "-export", "-deps", "-f", format, "./...")
	list.Dir = root
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Skipf("the go command is needed: %v", err)
	}
	exports := map[string]string{}
	var packages []goPackage
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSpace(line), "|")
		exports[f[0]] = f[1]
		if f[4] == "true" {
			packages = append(packages, goPackage{f[0], f[2], strings.Split(f[3], ","), exports})
		}
	}
	return packages
}

// fieldReads records the struct fields that the package reads, but for checks and
// defaults. Errors of the type checker are left to the compiler.
func (p *goPackage) fieldReads(t *testing.T, read map[string]bool) {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.files {
		f, err := parser.ParseFile(fset, filepath.Join(p.dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{},
	}
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(p.exports[path]) }
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", lookup), Error: func(error) {}}
	_, _ = conf.Check(p.path, fset, files, info)
	checks := checkers(files, info)
	for _, f := range files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); !ok || !checks[info.Defs[fn.Name]] {
				declReads(d, info, read)
			}
		}
	}
}

// checkers are the functions called Validate or Default..., and those that nothing
// else uses.
func checkers(files []*ast.File, info *types.Info) map[types.Object]bool {
	users := map[types.Object]map[types.Object]bool{} // function: the functions that use it
	for _, f := range files {
		for _, d := range f.Decls {
			var user types.Object // nil for a variable's initial value
			if fn, ok := d.(*ast.FuncDecl); ok {
				user = info.Defs[fn.Name]
				if users[user] == nil {
					users[user] = map[types.Object]bool{}
				}
			}
			ast.Inspect(d, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && info.Uses[id] != nil {
					if used := info.Uses[id]; users[used] == nil {
						users[used] = map[types.Object]bool{user: true}
					} else {
						users[used][user] = true
					}
				}
				return true
			})
		}
	}
	out := map[types.Object]bool{}
	for grown := true; grown; {
		grown = false
		for fn, by := range users {
			if _, isFunc := fn.(*types.Func); !isFunc || out[fn] {
				continue
			}
			only := len(by) > 0 && !fn.Exported()
			for user := range by {
				only = only && out[user]
			}
			if only || fn.Name() == "Validate" || strings.HasPrefix(fn.Name(), "Default") {
				out[fn], grown = true, true
			}
		}
	}
	return out
}

// declReads records the fields that a declaration selects, but for those that it
// assigns to.
func declReads(d ast.Decl, info *types.Info, read map[string]bool) {
	written := map[ast.Expr]bool{}
	ast.Inspect(d, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok && a.Tok == token.ASSIGN {
			for _, e := range a.Lhs {
				written[e] = true
			}
		}
		if expr, ok := n.(*ast.SelectorExpr); ok && !written[expr] {
			if sel := info.Selections[expr]; sel != nil && sel.Kind() == types.FieldVal {
				recordFields(sel, read)
			}
		}
		return true
	})
}

// recordFields records the field that a selection ends at, and the embedded ones
// that it passes through.
func recordFields(sel *types.Selection, read map[string]bool) {
	typ := sel.Recv()
	for _, index := range sel.Index() {
		if ptr, ok := typ.Underlying().(*types.Pointer); ok {
			typ = ptr.Elem()
		}
		str, ok := typ.Underlying().(*types.Struct)
		if !ok {
			return
		}
		field := str.Field(index)
		if owner, ok := types.Unalias(typ).(*types.Named); ok && owner.Obj().Pkg() != nil {
			read[owner.Obj().Pkg().Path()+"."+owner.Obj().Name()+"."+field.Name()] = true
		}
		typ = field.Type()
	}
}
