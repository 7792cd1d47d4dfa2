package tokenize

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ardanlabs/jinja"
)

// global is a function that every template may call.
type global func(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error)

var globals = map[string]global{
	"dict":            globalDict,
	"namespace":       globalNamespace,
	"raise_exception": globalRaise,
	"range":           globalRange,
	"strftime_now":    globalStrftime,
}

// maxMessage is how much of a template's message is kept, in bytes.
const maxMessage = 2000

// raisedError is what a template says by raise_exception.
type raisedError struct{ message string }

func (e *raisedError) Error() string { return "the template refuses this chat: " + e.message }

func globalRaise(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	bound, err := bind(args, named, "message")
	if err != nil || bound[0] == nil {
		return jinja.Undefined(), errors.Join(err, errors.New("raise_exception wants a message"))
	}
	message, err := r.str(*bound[0])
	if err != nil {
		return jinja.Undefined(), err
	}
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "..."
	}
	return jinja.Undefined(), &raisedError{message}
}

func globalRange(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if len(args) < 1 || len(args) > 3 || len(named) > 0 {
		return jinja.Undefined(), errors.New("range wants one to three integers")
	}
	bounds := [3]int64{0, 0, 1}
	for i, arg := range args {
		n, ok := integer(arg)
		if !ok {
			return jinja.Undefined(), fmt.Errorf("range of a value of type %s", r.typeOf(arg))
		}
		if bounds[i] = n; len(args) == 1 {
			bounds = [3]int64{0, n, 1}
		}
	}
	start, stop, step := bounds[0], bounds[1], bounds[2]
	if step == 0 {
		return jinja.Undefined(), errors.New("range with step 0")
	}
	var out []jinja.Value
	for i := start; step > 0 && i < stop || step < 0 && i > stop; {
		if len(out) == maxRange {
			return jinja.Undefined(), fmt.Errorf("range of more than %d integers", maxRange)
		}
		out = append(out, jinja.NewInt(i))
		next := i + step
		if (next > i) != (step > 0) {
			break // beyond 64 bits, so beyond stop
		}
		i = next
	}
	return r.list(out, 0)
}

func globalDict(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	out := jinja.NewDict()
	if len(args) > 1 || len(args) == 1 && (!args[0].IsDict() || r.markOf(args[0]) != 0) {
		return jinja.Undefined(), errors.New("dict of values other than one dict is not implemented")
	}
	if len(args) == 1 {
		for _, key := range args[0].AsDict().Keys {
			out.AsDict().Set(key, args[0].AsDict().Data[key])
		}
	}
	for _, n := range named {
		out.AsDict().Set(n.name, n.value)
	}
	return out, r.charge(out.AsDict().Len(), 0)
}

func globalNamespace(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	out, err := globalDict(r, args, named)
	if err != nil {
		return jinja.Undefined(), err
	}
	for _, key := range out.AsDict().Keys {
		if strings.HasPrefix(key, "_") {
			return jinja.Undefined(), fmt.Errorf("a namespace with an attribute %s, which begins with an underscore", key)
		}
	}
	r.mark(out.AsDict(), markNamespace)
	return out, nil
}

func globalStrftime(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	bound, err := bind(args, named, "format")
	if err != nil || bound[0] == nil || !bound[0].IsString() {
		return jinja.Undefined(), errors.Join(err, errors.New("strftime_now wants a format"))
	}
	if err := r.charge(1, 16*len(bound[0].AsString())); err != nil {
		return jinja.Undefined(), err
	}
	s, err := strftime(r.now(), bound[0].AsString())
	if err != nil {
		return jinja.Undefined(), err
	}
	return r.text(s)
}

// directives are the directives of strftime in Go's layouts, in the C locale.
var directives = map[string]string{
	"a": "Mon", "A": "Monday", "b": "Jan", "B": "January", "d": "02", "-d": "2", "e": "_2", "H": "15", "I": "03", "-I": "3",
	"j": "002", "m": "01", "-m": "1", "M": "04", "-M": "4", "p": "PM", "S": "05", "-S": "5", "y": "06", "Y": "2006",
	"F": "2006-01-02", "T": "15:04:05",
}

func strftime(t time.Time, format string) (string, error) {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(format, "%")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		width := 1
		if strings.HasPrefix(after, "-") {
			width = 2
		}
		width = min(width, len(after))
		layout, ok := directives[after[:width]]
		switch {
		case strings.HasPrefix(after, "%"):
			out.WriteByte('%')
		case ok:
			out.WriteString(t.Format(layout))
		default:
			return "", fmt.Errorf("strftime_now: directive %%%s is not implemented", after[:width])
		}
		format = after[width:]
	}
}
