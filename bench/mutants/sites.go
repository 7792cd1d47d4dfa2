package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// site is a place in a file with its changes, which carry consecutive numbers.
type site struct {
	file     *goFile
	function string // that it is in
	node     ast.Node
	line     int
	typ      types.Type // of the expression; nil for a statement
	mutants  []*mutant
}

// mutant is one change.
type mutant struct {
	id   int
	site *site
	code string // instead of the site's
	// what tells the change, "a < b => a <= b".
	what   string
	fate   fate
	reason string // of an explained survivor
}

// fate is what became of a mutant.
type fate int

const (
	survived fate = iota
	killed
	timedOut // also killed
	unreached
)

// finder collects the sites of a file.
type finder struct {
	*goPackage
	file  *goFile
	stack []ast.Node // what encloses the node
	sites []*site
	in    string // function
}

// sitesOf lists the sites of a file in the order of the text, without numbers.
func (p *goPackage) sitesOf(f *goFile) []*site {
	w := &finder{goPackage: p, file: f}
	for _, d := range f.ast.Decls {
		w.in = "var"
		if fn, ok := d.(*ast.FuncDecl); ok {
			w.in = fn.Name.Name
			if fn.Recv != nil {
				w.in = strings.TrimPrefix(string(p.raw(f, fn.Recv.List[0].Type)), "*") + "." + w.in
			}
			w.walk(fn.Body)
			continue
		}
		if g := d.(*ast.GenDecl); g.Tok == token.VAR {
			w.walk(d)
		}
	}
	return w.sites
}

func (w *finder) walk(root ast.Node) {
	ast.Inspect(root, func(n ast.Node) bool {
		if n == nil {
			w.stack = w.stack[:len(w.stack)-1]
			return true
		}
		if w.fixed(n) || !w.visit(n) {
			return false
		}
		w.stack = append(w.stack, n)
		return true
	})
}

// parent is what encloses the node that is visited.
func (w *finder) parent() ast.Node {
	if len(w.stack) == 0 {
		return nil
	}
	return w.stack[len(w.stack)-1]
}

// fixed reports what cannot change: types, keys, constants, capacities.
func (w *finder) fixed(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncType, *ast.StructType, *ast.ArrayType, *ast.MapType, *ast.InterfaceType:
		return true
	case *ast.GenDecl:
		return n.Tok != token.VAR
	}
	e, ok := n.(ast.Expr)
	if !ok {
		return false
	}
	if w.info.Types[e].IsType() {
		return true
	}
	switch p := w.parent().(type) {
	case *ast.KeyValueExpr:
		return p.Key == e
	case *ast.CallExpr: // the capacity of a make
		return w.calls(p, "", "make") && len(p.Args) == 3 && p.Args[2] == e
	}
	return false
}

// visit adds the sites at a node and reports whether to look inside it.
func (w *finder) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		w.assignment(n)
	case *ast.IncDecStmt:
		w.step(n)
	case ast.Expr:
		return w.expression(n)
	}
	return true
}

// expression adds the changes of an expression that is a value.
func (w *finder) expression(e ast.Expr) bool {
	tv := w.info.Types[e]
	if tv.Value != nil {
		w.constant(e, tv)
		return false
	}
	if !w.isValue(e) || !tv.IsValue() {
		return true
	}
	if _, tuple := tv.Type.(*types.Tuple); tuple {
		return true
	}
	var s changes
	switch e := e.(type) {
	case *ast.BinaryExpr:
		s = w.binary(e)
	case *ast.UnaryExpr:
		s = w.unary(e)
	case *ast.CallExpr:
		s = append(w.call(e), w.negation(e)...)
	case *ast.Ident:
		s = append(w.function(e), w.negation(e)...)
	case *ast.SelectorExpr:
		s = w.negation(e)
	}
	w.add(e, types.Default(tv.Type), s)
	return true
}

// isValue leaves out operands that must stay as they are.
func (w *finder) isValue(e ast.Expr) bool {
	switch p := w.parent().(type) {
	case *ast.CallExpr:
		return p.Fun != e
	case *ast.ExprStmt, *ast.GoStmt, *ast.DeferStmt, *ast.IncDecStmt:
		return false
	case *ast.UnaryExpr:
		return p.Op != token.AND
	case *ast.SelectorExpr:
		return p.Sel != e
	case *ast.RangeStmt:
		return p.X == e
	case *ast.AssignStmt:
		for _, left := range p.Lhs {
			if left == e {
				return false
			}
		}
	case *ast.ValueSpec:
		for _, name := range p.Names {
			if name == e {
				return false
			}
		}
	}
	return true
}

// change is code instead of a node's; told is the same in the words of an enclosing
// node, for leaves that say little alone.
type change struct{ code, from, to string }

type changes []change

func (w *finder) add(n ast.Node, typ types.Type, list changes) {
	if len(list) == 0 {
		return
	}
	s := &site{file: w.file, function: w.in, node: n, line: w.fset.Position(n.Pos()).Line, typ: typ}
	for _, c := range list {
		if c.from == "" {
			c.from, c.to = w.source(w.file, n), c.code
		}
		s.mutants = append(s.mutants, &mutant{site: s, code: c.code, what: c.from + " => " + strings.Join(strings.Fields(c.to), " ")})
	}
	w.sites = append(w.sites, s)
}

// within tells the change of a leaf by the nearest node that is no leaf.
func (w *finder) within(n ast.Node, code, told string) change {
	p := w.parent()
	if _, block := p.(*ast.BlockStmt); block || p == nil {
		return change{code: code}
	}
	whole, start := w.raw(w.file, p), w.offset(p.Pos())
	to := string(whole[:w.offset(n.Pos())-start]) + told + string(whole[w.offset(n.End())-start:])
	return change{code, w.source(w.file, p), to}
}
