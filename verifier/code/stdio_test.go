package code

import (
	"strings"
	"testing"
)

func TestSameOutput(t *testing.T) {
	for _, tt := range []struct {
		want, got string
		tolerance float64
		same      bool
	}{
		{"5\n", "5\n", 0, true},
		{"5\n", "5", 0, true},
		{"5", "5\n\n \n", 0, true},
		{"1 2\n3\n", "1 2  \r\n3\r\n", 0, true},
		{"1 2", "1   2", 0, true},
		{"1 2", "1\n2", 0, false},
		{"1\n2", "1\n\n2", 0, false},
		{"1", "\n1", 0, false},
		{"1\n2", "1", 0, false},
		{"1", "1\n2", 0, false},
		{"Yes", "yes", 0, false},
		{"1.50", "1.5", 0, true},
		{"1", "1.0", 0, true},
		{"0.1", "1e-1", 0, true},
		{"100", "1E+2", 0, true},
		{"0011", "11", 0, false},
		{"11", "0011", 0, false},
		{"007.0", "7", 0, false},
		{"1", "+1", 0, false},
		{"-0.0", "0", 0, true},
		{"0.30000000000000004", "0.3", 0, false},
		{"0.30000000000000004", "0.3", 1e-9, true},
		{"1000000", "1000000.5", 1e-6, true},
		{"1000000", "1000001.5", 1e-6, false},
		{"10", "11", 0.1, true},
		{"10", "12", 0.1, false},
		{"nan", "nan", 1, true}, // the same text
		{"1", "nan", 1, false},
		{"1", "inf", 1, false},
		{"1", "9e999999999", 1, false},
		{"9e999999999", "9.0e999999999", 0, false},
		{"", "", 0, true},
		{"", "\n", 0, true},
		{"", "x", 0, false},
		{"a.b", "a.b0", 1, false},
		{".", ".0", 0, false},
		{"1_000", "1000", 1, false},
		{"0x10", "16", 1, false},
	} {
		if got := sameOutput(tt.want, tt.got, tt.tolerance); got != tt.same {
			t.Errorf("want %q, got %q, tolerance %v: %v", tt.want, tt.got, tt.tolerance, got)
		}
	}
}

// FuzzSameOutput: no panic, and a text is itself, whatever blanks follow.
func FuzzSameOutput(f *testing.F) {
	f.Add("1 2\n3", "1 2.0\n3")
	f.Add("9e9999", "-.5e-9")
	f.Fuzz(func(t *testing.T, a, b string) {
		sameOutput(a, b, 0)
		if sameOutput(a, b, 0) && !sameOutput(a, b, 1e-9) {
			t.Errorf("%q and %q are less alike with a tolerance", a, b)
		}
		if !sameOutput(a, a+" \n", 0) && !strings.HasSuffix(a, "\r") {
			t.Errorf("%q is not itself with a blank", a)
		}
	})
}
