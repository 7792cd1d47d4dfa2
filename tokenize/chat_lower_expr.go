package tokenize

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

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
