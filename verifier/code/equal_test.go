package code

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// python is the interpreter of the tests that need one without a sandbox.
func python(t *testing.T, source string) []byte {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3 to compare with")
	}
	cmd := exec.CommandContext(t.Context(), path, "-I", "-")
	cmd.Stdin = strings.NewReader(source)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if ok := asExit(err, &exit); ok {
			t.Fatalf("%v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	return out
}

func asExit(err error, into **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError) //nolint:errorlint // it comes from Output as it is
	*into = e
	return ok
}

// TestEqualityIsPythons compares every pair of a list of values with what Python says.
func TestEqualityIsPythons(t *testing.T) {
	script, err := os.ReadFile("testdata/equality.py")
	if err != nil {
		t.Fatal(err)
	}
	var peer struct {
		Values []json.RawMessage `json:"values"`
		Shown  []string          `json:"shown"`
		Truth  []bool            `json:"truth"`
		Equal  [][]int           `json:"equal"`
		Lost   []string          `json:"lost"`
	}
	if err := json.Unmarshal(python(t, wireSource+"\n"+string(script)), &peer); err != nil {
		t.Fatal(err)
	}
	if len(peer.Lost) > 0 {
		t.Errorf("changed on the way: %q", peer.Lost)
	}
	values := make([]value, len(peer.Values))
	for i, raw := range peer.Values {
		if values[i], err = parseValue(raw); err != nil {
			t.Fatalf("%s: %s: %v", peer.Shown[i], raw, err)
		}
		if got := values[i].isTrue(); got != peer.Truth[i] {
			t.Errorf("bool(%s) is %v", peer.Shown[i], got)
		}
	}
	want := map[[2]int]bool{}
	for _, p := range peer.Equal {
		want[[2]int{p[0], p[1]}] = true
	}
	for i := range values {
		for j := range values {
			if got := equal(values[i], values[j]); got != want[[2]int{i, j}] {
				t.Errorf("%s == %s is %v", peer.Shown[i], peer.Shown[j], got)
			}
		}
	}
	if len(values) < 100 || len(want) < len(values) {
		t.Errorf("%d values, %d equal pairs: the script is not what it was", len(values), len(want))
	}
}

func TestHostileValues(t *testing.T) {
	for _, raw := range []string{
		``, `{}`, `[]`, `[1]`, `["?"]`, `["l", {}]`, `["d", 1]`, `["d", [1]]`, `["f", "x"]`, `["f"]`, `["i", "zz"]`, `["q", "1", "0"]`,
		`["n", "1e999999999"]`, `["n", "x"]`, `["r", 1, 2]`, `["r", "a", 1, 1]`, `["c", "1"]`, `["o", "x"]`, `["o", "x", 1]`, `1 2`, `1e5`, `["u"]`,
		strings.Repeat(`["l",`, 5000) + "1" + strings.Repeat("]", 5000), `["b", 1]`, `["f", 1]`, `nul`,
	} {
		if v, err := parseValue(json.RawMessage(raw)); err == nil {
			t.Errorf("%.40s is %+v", raw, v)
		}
	}
	// A hostile encoder lists members and keys twice.
	for _, p := range [][2]string{{`["s",1,1,2]`, `["s",2,1]`}, {`["d",[1,2],[1,3]]`, `["d",[1,3]]`}} {
		a, errA := parseValue(json.RawMessage(p[0]))
		b, errB := parseValue(json.RawMessage(p[1]))
		if errA != nil || errB != nil || !equal(a, b) || !equal(b, a) {
			t.Errorf("%s and %s are not what Python makes of them: %v %v", p[0], p[1], errA, errB)
		}
	}
}

func TestNear(t *testing.T) {
	for _, tt := range []struct {
		want, got string
		tolerance float64
		near      bool
	}{
		{`["l",1,2]`, `["t",1,2]`, 0, true},
		{`["t",1,2]`, `["l",1,2]`, 0, false},
		{`["l",["l",1]]`, `["t",["t",1]]`, 0, true},
		{`["l",1]`, `["s",1]`, 0, false},
		{`["f","0x1p0"]`, `1`, 0, true},
		{`1`, `["f","0x1.00001p0"]`, 0, false},
		{`1`, `["f","0x1.00001p0"]`, 1e-5, true},
		{`1000000`, `1000001`, 1e-6, true},
		{`1000000`, `1000002`, 1e-6, false},
		{`["f","inf"]`, `1`, 1, false},
		{`["f","inf"]`, `["f","inf"]`, 1, true},
		{`["f","nan"]`, `["f","nan"]`, 1, false},
		{`1`, `["f","nan"]`, 1, false},
		{`1`, `["f","inf"]`, 1, false},
		{`["d",["a",["l",1]]]`, `["d",["a",["t",["f","0x1.00001p0"]]]]`, 1e-4, true},
		{`"1"`, `1`, 1, false},
	} {
		a, errA := parseValue(json.RawMessage(tt.want))
		b, errB := parseValue(json.RawMessage(tt.got))
		if errA != nil || errB != nil {
			t.Fatal(tt, errA, errB)
		}
		if got := near(a, b, tt.tolerance); got != tt.near {
			t.Errorf("near(%s, %s, %v) is %v", tt.want, tt.got, tt.tolerance, got)
		}
	}
}

func FuzzParseValue(f *testing.F) {
	for _, s := range []string{`["l",1,["f","0x1p0"]]`, `["d",["a",["s",1]]]`, `["n","1e5"]`, `["r",0,3,1]`, `["o","x",true]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := parseValue(json.RawMessage(s))
		if err != nil {
			return
		}
		v.isTrue()
		_, _ = v.key()
		if k, ok := v.key(); ok && !equal(v, v) && v.kind != opaque && v.kind != iterator {
			t.Errorf("%s has the key %q and is not itself", s, k)
		}
		near(v, v, 1e-3)
	})
}
