package code

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/rlvr-go/rlvr/data"
)

// Field is the field of a problem's row that has its tests.
const Field = "tests"

// Tests are what a solution must do: exactly one of Stdio, Calls and Asserts, in the
// field "tests" of a problem's row.
//
//	{"stdio": [{"input": "2 3\n", "output": "5\n"}], "tolerance": 1e-6}
//	{"calls": [{"function": "add", "args": [2, 3], "result": 5}]}
//	{"asserts": ["assert add(2, 3) == 5"], "prelude": "import math", "functions": ["add"]}
type Tests struct {
	// Stdio are inputs with the outputs that a whole program must print.
	Stdio []Stdio `json:"stdio,omitempty"`
	// Calls are calls of the solution's functions with their results.
	Calls []Call `json:"calls,omitempty"`
	// Asserts are Python texts; each runs in the same namespace, whatever became of the
	// ones before it. What they pass to the solution, and get from it, is plain data.
	Asserts []string `json:"asserts,omitempty"`
	// Prelude is Python text that solution and asserts begin with: imports, functions
	// that the problem gives, the beginning of the function to write. It must compile by
	// itself. A solution whose first line is indented goes on with it, in the solution's
	// process: it is then the text of a prompt.
	Prelude string `json:"prelude,omitempty"`
	// Functions are the solution's, for Asserts; default: the names that the asserts use
	// and nobody else defines.
	Functions []string `json:"functions,omitempty"`
	// Tolerance is how far a number may be from what is expected: absolute for numbers up
	// to 1, relative above. 0: equal. For Stdio and Calls.
	Tolerance float64 `json:"tolerance,omitempty"`
	// Format is where the code of this problem's completions is, if not where the
	// verifier's option says.
	Format Format `json:"format,omitempty"`
}

// Stdio is a test of a whole program.
type Stdio struct {
	Input  string `json:"input"`
	Output string `json:"output"`
}

// Call is a test of a function. Arguments and result are JSON: an array is a list, an
// object a dict; {"$tuple": [...]}, {"$set": [...]}, {"$dict": [[key, value], ...]},
// {"$float": "inf"}, {"$complex": [re, im]} and {"$bytes": "00ff"} are what JSON lacks. A
// number with a point or an exponent is a float, any other an int. A tuple that is
// returned equals an array, a set only a $set.
type Call struct {
	// Function is the name of a function, or Class.method of a new object.
	Function string                     `json:"function"`
	Args     []json.RawMessage          `json:"args"`
	Kwargs   map[string]json.RawMessage `json:"kwargs,omitempty"`
	Result   json.RawMessage            `json:"result"`
}

// errNoTests: the example has no tests.
var errNoTests = errors.New("no tests")

// testsOf are the tests of an example.
func testsOf(ex *data.Example) (*Tests, error) {
	raw, ok := ex.Extra[Field]
	if !ok || raw == nil {
		return nil, errNoTests
	}
	encoded, err := json.Marshal(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Field, err)
	}
	d := json.NewDecoder(bytes.NewReader(encoded))
	d.DisallowUnknownFields()
	t := &Tests{}
	if err := d.Decode(t); err != nil {
		return nil, fmt.Errorf("%s: %w", Field, err)
	}
	return t, t.check()
}

// check reports what no row may have.
func (t *Tests) check() error {
	kinds := 0
	for _, n := range []int{len(t.Stdio), len(t.Calls), len(t.Asserts)} {
		kinds += min(n, 1)
	}
	switch {
	case kinds == 0:
		return errNoTests
	case kinds > 1:
		return fmt.Errorf("%s: found more than one of stdio, calls and asserts, allowed: one", Field)
	case t.Tolerance < 0 || math.IsInf(t.Tolerance, 0) || math.IsNaN(t.Tolerance):
		return fmt.Errorf("%s: tolerance: found %v, allowed: 0 or more", Field, t.Tolerance)
	}
	if t.Format != "" && !t.Format.known() {
		return fmt.Errorf("%s: format: found %q, allowed: %s, %s or %s", Field, t.Format, Fenced, Any, Raw)
	}
	for i := range t.Calls {
		if c := &t.Calls[i]; c.Function == "" || c.Result == nil {
			return fmt.Errorf("%s: calls %d: function and result are required", Field, i)
		}
	}
	return nil
}
