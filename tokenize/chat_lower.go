package tokenize

import (
	"fmt"
	"maps"
	"slices"
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
		switch s.kind { //nolint:exhaustive // the others assign nothing in this scope
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
