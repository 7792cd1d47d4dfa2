package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
)

// This file holds the changes to Go's own operators and constants.

// otherOperators are what an operator is changed to.
var otherOperators = map[token.Token][]token.Token{
	token.ADD: {token.SUB}, token.SUB: {token.ADD}, token.MUL: {token.QUO}, token.QUO: {token.MUL}, token.REM: {token.QUO},
	token.LSS: {token.LEQ, token.GTR}, token.LEQ: {token.LSS, token.GTR}, token.GTR: {token.GEQ, token.LSS}, token.GEQ: {token.GTR, token.LSS},
	token.EQL: {token.NEQ}, token.NEQ: {token.EQL}, token.LAND: {token.LOR}, token.LOR: {token.LAND},
}

// binary changes the operator and, where it matters, the order.
func (w *finder) binary(e *ast.BinaryExpr) changes {
	x, y := string(w.raw(w.file, e.X)), string(w.raw(w.file, e.Y))
	if isString(w.info.Types[e.X].Type) && e.Op == token.ADD {
		return nil
	}
	var list changes
	for _, op := range otherOperators[e.Op] {
		list = append(list, change{code: bracket(e.X, x) + " " + op.String() + " " + bracket(e.Y, y)})
	}
	if e.Op == token.SUB || e.Op == token.QUO {
		list = append(list, change{code: bracket(e.Y, y) + " " + e.Op.String() + " " + bracket(e.X, x)})
	}
	return list
}

// bracket keeps an operand together beside another operator.
func bracket(e ast.Expr, text string) string {
	if _, ok := e.(*ast.BinaryExpr); ok {
		return "(" + text + ")"
	}
	return text
}

func isString(t types.Type) bool { return isBasic(t, types.IsString) }

func isBasic(t types.Type, what types.BasicInfo) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&what != 0
}

// unary takes a sign or a not away.
func (w *finder) unary(e *ast.UnaryExpr) changes {
	if e.Op == token.SUB || e.Op == token.NOT {
		return changes{{code: string(w.raw(w.file, e.X))}}
	}
	return nil
}

// negation turns a condition around that no operator states.
func (w *finder) negation(e ast.Expr) changes {
	if !isBasic(w.info.Types[e].Type, types.IsBoolean) {
		return nil
	}
	switch p := w.parent().(type) {
	case *ast.IfStmt:
		return changes{{code: "!" + string(w.raw(w.file, e))}}
	case *ast.BinaryExpr:
		if p.Op == token.LAND || p.Op == token.LOR {
			return changes{w.within(e, "!"+string(w.raw(w.file, e)), "!"+string(w.raw(w.file, e)))}
		}
	}
	return nil
}

// constant adds one to whole numbers, doubles others, and turns truth around. The
// argument of an infinity is its sign.
func (w *finder) constant(e ast.Expr, tv types.TypeAndValue) {
	text := string(w.raw(w.file, e))
	var code, told string
	switch {
	case !w.isValue(e) || w.besideError():
		return
	case isBasic(tv.Type, types.IsBoolean):
		code = "!(" + text + ")"
		told = constant.UnaryOp(token.NOT, tv.Value, 0).String()
	case w.isSign():
		code = "-(" + text + ")"
		told = constant.UnaryOp(token.SUB, tv.Value, 0).String()
	case isBasic(tv.Type, types.IsInteger):
		code = "(" + text + ") + 1"
		told = constant.BinaryOp(tv.Value, token.ADD, constant.MakeInt64(1)).String()
	case isBasic(tv.Type, types.IsFloat) && constant.Sign(tv.Value) == 0:
		code, told = "1", "1"
	case isBasic(tv.Type, types.IsFloat):
		code = "(" + text + ") * 2"
		told = "2*" + text
	default:
		return
	}
	w.add(e, types.Default(tv.Type), changes{w.within(e, code, told)})
}

// besideError: what is returned beside an error says nothing.
func (w *finder) besideError() bool {
	r, ok := w.parent().(*ast.ReturnStmt)
	if !ok {
		return false
	}
	last := w.info.Types[r.Results[len(r.Results)-1]]
	return last.Type != nil && !last.IsNil() && last.Type.String() == "error"
}

// isSign: only the sign of math.Inf's and Infinity's argument counts.
func (w *finder) isSign() bool {
	c, ok := w.parent().(*ast.CallExpr)
	return ok && (w.calls(c, "math", "Inf") || w.calls(c, graphPath, "Infinity"))
}

// assignment turns the operator of an assignment around.
func (w *finder) assignment(s *ast.AssignStmt) {
	other := map[token.Token]string{
		token.ADD_ASSIGN: "-=", token.SUB_ASSIGN: "+=", token.MUL_ASSIGN: "/=", token.QUO_ASSIGN: "*=",
	}[s.Tok]
	if other == "" || isString(w.info.Types[s.Lhs[0]].Type) || !w.inBlock() {
		return
	}
	w.add(s, nil, changes{{code: string(w.raw(w.file, s.Lhs[0])) + " " + other + " " + string(w.raw(w.file, s.Rhs[0]))}})
}

// step counts the other way.
func (w *finder) step(s *ast.IncDecStmt) {
	other := "--"
	if s.Tok == token.DEC {
		other = "++"
	}
	if w.inBlock() {
		w.add(s, nil, changes{{code: string(w.raw(w.file, s.X)) + other}})
	}
}

// inBlock leaves out the statements of a loop's head, without which it does not end.
func (w *finder) inBlock() bool {
	switch w.parent().(type) {
	case *ast.BlockStmt, *ast.CaseClause:
		return true
	}
	return false
}

// calls reports whether a call is of one of the functions of a package; path "" are
// builtins.
func (w *finder) calls(c *ast.CallExpr, path string, names ...string) bool {
	gotPath, name := w.callee(c.Fun)
	return gotPath == path && slices.Contains(names, name)
}

// callee is the package and the name of a function; methods have the type before it.
func (w *finder) callee(fun ast.Expr) (path, name string) {
	id, ok := fun.(*ast.Ident)
	if sel, isSel := fun.(*ast.SelectorExpr); isSel {
		id, ok = sel.Sel, true
	}
	if !ok {
		return "?", ""
	}
	switch o := w.info.Uses[id].(type) {
	case *types.Builtin:
		return "", o.Name()
	case *types.Func:
		if o.Signature().Recv() != nil {
			return "method", o.Name()
		}
		return o.Pkg().Path(), o.Name()
	}
	return "?", ""
}
