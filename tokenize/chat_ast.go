package tokenize

// exprKind is the kind of an expression of a template.
type exprKind uint8

const (
	exprString exprKind = iota
	exprInt
	exprFloat
	exprConst // text is none, true or false
	exprName
	exprList
	exprTuple
	exprDict   // args are keys and values in turn
	exprAttr   // args[0].text
	exprItem   // args[0][args[1]]
	exprSlice  // args[0][args[1]:args[2]:args[3]], nil where left out
	exprCall   // args[0](args[1:], named)
	exprFilter // args[0] | text(args[1:], named)
	exprTest   // args[0] is text(args[1:], named)
	exprNot
	exprAnd
	exprOr
	exprIf      // args[1] if args[0] else args[2], nil where left out
	exprUnary   // text is the operator
	exprBinary  // text is the operator
	exprCompare // text is the operator
	exprConcat  // args joined by ~
)

// expr is an expression.
type expr struct {
	kind  exprKind
	line  int
	text  string
	args  []*expr
	named []namedExpr
}

// namedExpr is an argument by name.
type namedExpr struct {
	name  string
	value *expr
}

// stmtKind is the kind of a statement of a template.
type stmtKind uint8

const (
	stmtText stmtKind = iota
	stmtOutput
	stmtIf  // branches
	stmtFor // targets in value if test: body, else orelse
	stmtSet // targets = value
	stmtSetBlock
	stmtFilterBlock // value is a filter whose first argument is the body
	stmtMacro
	stmtGeneration
	stmtBreak
	stmtContinue
)

// stmt is a statement.
type stmt struct {
	kind     stmtKind
	line     int
	text     string   // text, or the name of a macro
	targets  []string // of for and set; ns.name for an attribute of a namespace
	params   []macroParam
	value    *expr
	test     *expr
	branches []branch
	body     []*stmt
	orelse   []*stmt
}

// branch is a part of an if statement; test is nil for else.
type branch struct {
	test *expr
	body []*stmt
}

// macroParam is a parameter of a macro; value is nil where it has no default.
type macroParam struct {
	name  string
	value *expr
}
