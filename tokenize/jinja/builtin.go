package jinja

import (
	"fmt"
	"strings"
)

// builtin is a filter, a test, a method or a global function.
type builtin struct {
	name     string // for errors
	params   []string
	required int
	// do gets the value before the filter, test or method and the arguments in the order
	// of params.
	do action
	// rest is there instead of do where there may be any arguments.
	rest func(r *run, v Value, args []Value, named *Dict) Value
}

type action = func(r *run, v Value, a []Value) Value

// define makes a builtin of its name and parameters, as "name old new count?": a ? marks
// one that may be left out, a * one without a name.
func define(what, signature string, do action) (name string, b *builtin) {
	fields := strings.Fields(signature)
	b = &builtin{name: what + fields[0], do: do}
	for _, p := range fields[1:] {
		p, optional := strings.CutSuffix(p, "?")
		if !optional {
			b.required++
		}
		b.params = append(b.params, p)
	}
	return fields[0], b
}

// builtins makes a table of names, parameters and what is done.
func builtins(what string, table map[string]action) map[string]*builtin {
	out := make(map[string]*builtin, len(table))
	for signature, do := range table {
		name, b := define(what, signature, do)
		out[name] = b
	}
	return out
}

func (b *builtin) call(r *run, v Value, args []Value, named *Dict) (out Value) {
	if !r.charge(1, 0) {
		return nil
	}
	if b.rest != nil {
		out = b.rest(r, v, args, named)
	} else if args = r.bind(b.params, args, named); r.err == nil {
		if b.required > 0 && args[b.required-1] == (absent{}) {
			r.fail("argument %s is missing", strings.Trim(b.params[b.required-1], "*"))
		} else {
			out = b.do(r, v, args)
		}
	}
	if r.err != nil {
		return r.within(b.name)
	}
	return out
}

// within says where the error is from.
func (r *run) within(name string) Value {
	if name != "" {
		r.err = fmt.Errorf("%s: %w", name, r.err)
	}
	return undefined{}
}

// bind puts arguments in the order of parameters, with absent{} for those left out.
func (r *run) bind(params []string, args []Value, named *Dict) []Value {
	if len(args) > len(params) {
		r.fail("%d arguments, want at most %d", len(args), len(params))
	}
	out := make([]Value, len(params))
	copy(out, args)
	used := 0
	for i := range params {
		v, given := named.Get(params[i])
		switch {
		case given && i < len(args):
			r.fail("two arguments for %s", params[i])
		case given:
			out[i] = v
			used++
		case i >= len(args):
			out[i] = absent{}
		}
	}
	if used < named.Len() {
		r.fail("an argument by a name that is none here")
	}
	return out
}

// given says that an argument is neither left out nor None.
func given(v Value) bool { return v != nil && v != absent{} }

// optional is an integer argument, which is otherwise if it is not given.
func (r *run) optional(v Value, otherwise int64) int64 {
	n, ok := integer(v)
	switch {
	case !given(v):
		return otherwise
	case !ok:
		r.fail("an argument of type %s, want an integer", typeOf(v))
	}
	return n
}

// globals are the functions that every template may call.
var globals = func() map[string]*function {
	table := builtins("", map[string]action{
		"raise_exception message":    globalRaise,
		"range *start *stop? *step?": globalRange,
		"strftime_now format":        globalStrftime,
	})
	table["dict"] = &builtin{rest: func(r *run, _ Value, args []Value, named *Dict) Value { return r.dict(args, named) }}
	table["namespace"] = &builtin{rest: globalNamespace}
	out := map[string]*function{}
	for name, b := range table {
		b.name = "" // their messages say it
		out[name] = &function{builtin: b}
	}
	return out
}()

// maxMessage is how much of a template's message is kept, in bytes.
const maxMessage = 2000

func globalRaise(r *run, _ Value, a []Value) Value {
	message := r.str(a[0])
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "..."
	}
	return r.fail("the template refuses this chat: %s", message)
}

// maxRange is Jinja2's own limit in its sandbox.
const maxRange = 100_000

func globalRange(r *run, _ Value, a []Value) Value {
	start, stop, step := int64(0), r.optional(a[0], 0), int64(1)
	if a[1] != (absent{}) {
		start, stop = stop, r.optional(a[1], 0)
	}
	if a[2] != (absent{}) {
		step = r.optional(a[2], 0)
	}
	if step == 0 || a[0] == nil || a[1] == nil {
		return r.fail("range of None, or with step 0")
	}
	var out span
	for i := start; step > 0 && i < stop || step < 0 && i > stop; {
		if len(out) == maxRange {
			return r.fail("range of more than %d integers", maxRange)
		}
		out = append(out, i)
		next := i + step
		if (next > i) != (step > 0) {
			break // beyond 64 bits, so beyond stop
		}
		i = next
	}
	r.charge(len(out), 0)
	return out
}

func (r *run) dict(args []Value, named *Dict) *Dict {
	out := &Dict{}
	if len(args) > 0 {
		first, ok := args[0].(*Dict)
		if len(args) > 1 || !ok {
			r.fail("dict of values other than one dict is not implemented")
			return out
		}
		for key, v := range first.All() {
			out.Set(key, v)
		}
	}
	for key, v := range named.All() {
		out.Set(key, v)
	}
	r.charge(out.Len(), 0)
	return out
}

func globalNamespace(r *run, _ Value, args []Value, named *Dict) Value {
	d := r.dict(args, named)
	for key := range d.All() {
		if strings.HasPrefix(key, "_") {
			r.fail("a namespace with an attribute %s, which begins with an underscore", key)
		}
	}
	return &namespace{*d}
}

// directives are the directives of strftime in Go's layouts, in the C locale.
var directives = map[string]string{
	"a": "Mon", "A": "Monday", "b": "Jan", "B": "January", "d": "02", "-d": "2", "e": "_2", "H": "15", "I": "03", "-I": "3",
	"j": "002", "m": "01", "-m": "1", "M": "04", "-M": "4", "p": "PM", "S": "05", "-S": "5", "y": "06", "Y": "2006",
	"F": "2006-01-02", "T": "15:04:05",
}

func globalStrftime(r *run, _ Value, a []Value) Value {
	format, ok := a[0].(string)
	if !ok || !r.charge(1, 16*len(format)) {
		return r.fail("strftime_now wants a format")
	}
	now := r.now()
	var out strings.Builder
	for {
		before, after, found := strings.Cut(format, "%")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		width := min(1, len(after))
		if strings.HasPrefix(after, "-") {
			width = min(2, len(after))
		}
		layout, ok := directives[after[:width]]
		switch {
		case strings.HasPrefix(after, "%"):
			out.WriteByte('%')
		case ok:
			out.WriteString(now.Format(layout))
		default:
			return r.fail("strftime_now: directive %%%s is not implemented", after[:width])
		}
		format = after[width:]
	}
}
