package tokenize

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// lowerer writes a template anew for the template library, in the small part of
// its language where it agrees with Jinja2: names, calls, and, or, not, if, for,
// set and macro. Text and operations become calls of the functions in chat_ops.go,
// which do what Python does; the library keeps scopes and the flow of control.
//
// Variables are called v_NAME. One that a loop or a macro assigns is local to it
// in Jinja2 and to each iteration, which the library does not know, so that it gets
// a name of its own there and begins with the outer value.
type lowerer struct {
	out strings.Builder
	// code replaces control tokens in what the template itself writes.
	code func(string) string
	// scopes give the name, or expression, of variables, the innermost last.
	scopes []map[string]string
	fresh  int
	loops  int // how many loops are around
}

// lowerTemplate gives the template for the library.
func lowerTemplate(body []*stmt, code func(string) string) (string, error) {
	l := &lowerer{code: code}
	if err := l.stmts(body); err != nil {
		return "", err
	}
	return l.out.String(), nil
}

func (l *lowerer) write(format string, args ...any) { fmt.Fprintf(&l.out, format, args...) }

func (l *lowerer) stmts(body []*stmt) error {
	for _, s := range body {
		if err := l.stmt(s); err != nil {
			return err
		}
	}
	return nil
}

func (l *lowerer) stmt(s *stmt) error {
	if slices.Contains(s.targets, "loop") || s.text == "loop" && s.kind == stmtMacro {
		return faultAt(s.line, "a variable called loop is not implemented")
	}
	switch s.kind {
	case stmtText:
		l.write("{{_out(%d,%s)}}", s.line, quote(l.code(s.text)))
	case stmtOutput:
		return l.output(s.line, s.value)
	case stmtIf:
		return l.ifStmt(s)
	case stmtFor:
		return l.forStmt(s)
	case stmtSet:
		return l.setStmt(s)
	case stmtSetBlock:
		l.write("{%% set %s %%}", l.name(s.targets[0]))
		err := l.local(s.body, nil)
		l.write("{%% endset %%}")
		return err
	case stmtFilterBlock:
		return l.filterBlock(s)
	case stmtMacro:
		return l.macro(s)
	case stmtGeneration:
		return l.local(s.body, nil)
	case stmtBreak:
		l.write("{%% break %%}")
	case stmtContinue:
		l.write("{%% continue %%}")
	}
	return nil
}

// output prints an expression. A safe filter around all of it changes nothing.
func (l *lowerer) output(line int, value *expr) error {
	for value.kind == exprFilter && value.text == "safe" && len(value.args) == 1 {
		value = value.args[0]
	}
	l.write("{{_out(%d,", line)
	err := l.expr(value, true)
	l.write(")}}")
	return err
}

func (l *lowerer) ifStmt(s *stmt) error {
	for i, b := range s.branches {
		switch {
		case b.test == nil:
			l.write("{%% else %%}")
		default:
			l.write("{%% %s (", []string{"elif", "if"}[btoi(i == 0)])
			if err := l.expr(b.test, false); err != nil {
				return err
			}
			l.write(") %%}")
		}
		if err := l.stmts(b.body); err != nil {
			return err
		}
	}
	l.write("{%% endif %%}")
	return nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (l *lowerer) forStmt(s *stmt) error {
	item := l.unique("p")
	l.write("{%% for %s in _iter(%d,", item, s.line)
	if err := l.expr(s.value, true); err != nil {
		return err
	}
	l.write(")")
	if s.test != nil {
		scope := map[string]string{}
		for i, target := range s.targets {
			scope[target] = unpack(s.line, item, i, len(s.targets))
		}
		l.scopes = append(l.scopes, scope)
		l.write(" if (")
		if err := l.expr(s.test, false); err != nil {
			return err
		}
		l.write(")")
		l.scopes = l.scopes[:len(l.scopes)-1]
	}
	l.write(" %%}{{_tick(%d)}}", s.line)
	values := map[string]string{}
	for i, target := range s.targets {
		values[target] = unpack(s.line, item, i, len(s.targets))
	}
	l.loops++
	err := l.local(s.body, values)
	l.loops--
	if err != nil {
		return err
	}
	if s.orelse != nil {
		l.write("{%% else %%}")
		if err := l.local(s.orelse, nil); err != nil {
			return err
		}
	}
	l.write("{%% endfor %%}")
	return nil
}

// unpack is target i of n out of a loop's item.
func unpack(line int, item string, i, n int) string {
	if n == 1 {
		return item
	}
	return fmt.Sprintf("_unpack(%d,%s,%d,%d)", line, item, i, n)
}

// local writes a body with variables of its own: those it assigns, which begin as
// they are outside, and those in values.
func (l *lowerer) local(body []*stmt, values map[string]string) error {
	own := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		own[name] = l.unique("v_" + name)
		l.write("{%% set %s = %s %%}", own[name], values[name])
	}
	for _, name := range assigned(body) {
		if own[name] == "" {
			own[name] = l.unique("v_" + name)
			l.write("{%% set %s = %s %%}", own[name], l.name(name))
		}
	}
	l.scopes = append(l.scopes, own)
	err := l.stmts(body)
	l.scopes = l.scopes[:len(l.scopes)-1]
	return err
}

// assigned lists the variables that a body assigns, those of inner scopes left out.
func assigned(body []*stmt) []string {
	var out []string
	for _, s := range body {
		switch s.kind {
		case stmtSet, stmtSetBlock:
			for _, target := range s.targets {
				if !strings.Contains(target, ".") {
					out = append(out, target)
				}
			}
		case stmtMacro:
			out = append(out, s.text)
		case stmtIf:
			for _, b := range s.branches {
				out = append(out, assigned(b.body)...)
			}
		}
	}
	return out
}

func (l *lowerer) unique(prefix string) string {
	l.fresh++
	return fmt.Sprintf("%s_%d", prefix, l.fresh)
}

// name is what a variable is called here.
func (l *lowerer) name(name string) string {
	for _, scope := range slices.Backward(l.scopes) {
		if text, ok := scope[name]; ok {
			return text
		}
	}
	return "v_" + name
}

func (l *lowerer) setStmt(s *stmt) error {
	if ns, attr, ok := strings.Cut(s.targets[0], "."); ok {
		l.write("{%% set %s.%s = _nsval(%d,%s,%s,", l.name(ns), attr, s.line, l.name(ns), quote(attr))
		err := l.expr(s.value, true)
		l.write(") %%}")
		return err
	}
	target := l.name(s.targets[0])
	if len(s.targets) > 1 {
		target = l.unique("p")
	}
	l.write("{%% set %s = ", target)
	if err := l.expr(s.value, true); err != nil {
		return err
	}
	l.write(" %%}")
	if len(s.targets) > 1 {
		for i, name := range s.targets {
			l.write("{%% set %s = %s %%}", l.name(name), unpack(s.line, target, i, len(s.targets)))
		}
	}
	return nil
}

// blockBody is the variable that stands for the body of a filter block.
const blockBody = "\x00body"

func (l *lowerer) filterBlock(s *stmt) error {
	body := l.unique("p")
	l.write("{%% set %s %%}", body)
	if err := l.local(s.body, nil); err != nil {
		return err
	}
	l.write("{%% endset %%}")
	s.value.args[0] = &expr{kind: exprName, text: blockBody, line: s.line}
	l.scopes = append(l.scopes, map[string]string{blockBody: body})
	defer func() { l.scopes = l.scopes[:len(l.scopes)-1] }()
	return l.output(s.line, s.value)
}

// macro binds arguments in bindMacro, which passes a mark for each that is missing.
func (l *lowerer) macro(s *stmt) error {
	fn := l.unique("m")
	args := make([]string, len(s.params))
	values := map[string]string{}
	for i := range s.params {
		args[i] = l.unique("p")
		values[s.params[i].name] = args[i]
	}
	l.write("{%% macro %s(%s) %%}{{_enter(%d)}}", fn, strings.Join(args, ","), s.line)
	for i, p := range s.params {
		l.write("{%% set %s = (", args[i])
		if p.value == nil {
			l.write("_undefined(%d)", s.line)
		} else {
			// A default may use the parameters before it.
			scope := map[string]string{}
			for j := range i {
				scope[s.params[j].name] = args[j]
			}
			l.scopes = append(l.scopes, scope)
			err := l.expr(p.value, true)
			l.scopes = l.scopes[:len(l.scopes)-1]
			if err != nil {
				return err
			}
		}
		l.write(" if _missing(%d,%s) else %s) %%}", s.line, args[i], args[i])
	}
	loops := l.loops
	l.loops = 0
	err := l.local(s.body, values)
	l.loops = loops
	if err != nil {
		return err
	}
	l.write("{{_leave(%d)}}{%% endmacro %%}{%% set %s = _macro(%d,%s,%s", s.line, l.name(s.text), s.line, fn, quote(s.text))
	for _, p := range s.params {
		l.write(",%s", quote(p.name))
	}
	l.write(") %%}")
	return nil
}

// quote writes a string literal of the library.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// notImplemented are names with a meaning in Jinja2 that this package lacks.
var notImplemented = []string{"loop", "caller", "varargs", "kwargs", "self", "super", "cycler", "joiner", "lipsum"}

// expr writes an expression. code says that it may end up in the output, so that
// control tokens in its strings are replaced; a string that content is compared
// with or searched for stays as it is.
func (l *lowerer) expr(e *expr, code bool) error {
	switch e.kind {
	case exprString:
		if code {
			l.write("%s", quote(l.code(e.text)))
		} else {
			l.write("%s", quote(e.text))
		}
	case exprInt:
		n, err := strconv.ParseInt(e.text, 0, 64)
		if err != nil {
			return faultAt(e.line, "the number %s is not implemented", e.text)
		}
		l.write("%d", n)
	case exprFloat:
		l.write("_float(%d,'%s')", e.line, e.text)
	case exprConst:
		l.write("%s", e.text)
	case exprName:
		if slices.Contains(notImplemented, e.text) {
			return faultAt(e.line, "%s is not implemented here", e.text)
		}
		l.write("%s", l.name(e.text))
	case exprNot:
		l.write("(not ")
		err := l.expr(e.args[0], false)
		l.write(")")
		return err
	case exprAnd, exprOr:
		return l.infix(e, map[exprKind]string{exprAnd: " and ", exprOr: " or "}[e.kind], code)
	case exprIf:
		return l.conditional(e, code)
	case exprCall:
		return l.call(e, code)
	default:
		return l.operation(e, code)
	}
	return nil
}

func (l *lowerer) infix(e *expr, op string, code bool) error {
	l.write("(")
	if err := l.expr(e.args[0], code); err != nil {
		return err
	}
	l.write("%s", op)
	if err := l.expr(e.args[1], code); err != nil {
		return err
	}
	l.write(")")
	return nil
}

func (l *lowerer) conditional(e *expr, code bool) error {
	l.write("(")
	if err := l.expr(e.args[1], code); err != nil {
		return err
	}
	l.write(" if ")
	if err := l.expr(e.args[0], false); err != nil {
		return err
	}
	if e.args[2] != nil {
		l.write(" else ")
		if err := l.expr(e.args[2], code); err != nil {
			return err
		}
	}
	l.write(")")
	return nil
}

// operation writes a call of the function that does an operation.
func (l *lowerer) operation(e *expr, code bool) error {
	switch e.kind {
	case exprAttr:
		if e.args[0].kind == exprName && e.args[0].text == "loop" {
			return l.loopAttr(e)
		}
		return l.op("_attr", e, quote(e.text), code)
	case exprItem:
		return l.op("_item", e, "", code, false)
	case exprSlice:
		return l.op("_slice", e, "", code, false)
	case exprUnary:
		return l.op("_unary", e, quote(e.text), false)
	case exprBinary:
		return l.op("_binary", e, quote(e.text), code)
	case exprCompare:
		return l.op("_compare", e, quote(e.text), false)
	case exprConcat:
		return l.op("_concat", e, "", code)
	case exprList:
		return l.op("_list", e, "", code)
	case exprTuple:
		return l.op("_tuple", e, "", code)
	case exprDict:
		return l.op("_dict", e, "", code)
	case exprFilter:
		if filters[e.text] == nil {
			return faultAt(e.line, "filter %q is not implemented", e.text)
		}
		written := e.text == "default" || e.text == "d" || e.text == "join"
		return l.op("_filter", e, quote(e.text)+","+strconv.Itoa(len(e.args)), code, code && written)
	default: // exprTest
		if tests[e.text] == nil {
			return faultAt(e.line, "test %q is not implemented", e.text)
		}
		return l.op("_test", e, quote(e.text), false)
	}
}

// op writes fn(line, head, args..., 'name', value...). codes say which arguments
// may end up in the output; the last holds for the rest.
func (l *lowerer) op(fn string, e *expr, head string, codes ...bool) error {
	l.write("%s(%d", fn, e.line)
	if head != "" {
		l.write(",%s", head)
	}
	for i, arg := range e.args {
		l.write(",")
		if arg == nil {
			l.write("none")
			continue
		}
		if err := l.expr(arg, codes[min(i, len(codes)-1)]); err != nil {
			return err
		}
	}
	for _, arg := range e.named {
		l.write(",%s,", quote(arg.name))
		if err := l.expr(arg.value, codes[len(codes)-1]); err != nil {
			return err
		}
	}
	l.write(")")
	return nil
}

// loopAttrs are what the library knows of a loop.
var loopAttrs = []string{"index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem"}

func (l *lowerer) loopAttr(e *expr) error {
	if !slices.Contains(loopAttrs, e.text) || l.loops == 0 {
		return faultAt(e.line, "loop.%s is not implemented here", e.text)
	}
	l.write("loop.%s", e.text)
	return nil
}

func (l *lowerer) call(e *expr, code bool) error {
	fn := e.args[0]
	if fn.kind == exprAttr {
		if fn.args[0].kind == exprName && fn.args[0].text == "loop" {
			return faultAt(e.line, "loop.%s is not implemented", fn.text)
		}
		object := &expr{line: e.line, args: append([]*expr{fn.args[0]}, e.args[1:]...), named: e.named}
		return l.op("_method", object, fmt.Sprintf("%s,%d", quote(fn.text), len(e.args)), code, code && fn.text == "join")
	}
	name := "the value"
	if fn.kind == exprName {
		name = fn.text
	}
	return l.op("_call", e, fmt.Sprintf("%s,%d", quote(name), len(e.args)), true)
}
