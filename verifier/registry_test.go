package verifier_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/verifier"
)

// names are those of all verifiers.
func names() []string {
	var out []string
	for _, info := range verifier.List() {
		out = append(out, info.Name)
	}
	return out
}

func TestOptionsValidate(t *testing.T) {
	defaults := verifier.DefaultOptions()
	if err := defaults.Validate(); err != nil {
		t.Errorf("defaults: %v", err)
	}
	bad := verifier.Options{Verifier: "exakt", TimeoutMS: 0, MaxFaultFraction: 1.5}
	want := `verifier: found "exakt", allowed: ` + fault.OneOf("exakt", names()) + `
timeout_ms: found 0, allowed: 1 to 3600000
max_fault_fraction: found 1.5, allowed: 0 (any fault stops the run) to 1 (none does)`
	if diff := cmp.Diff(want, bad.Validate().Error()); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	bad = verifier.DefaultOptions()
	bad.Options = map[string]any{"b": 1, "a": true}
	want = `options.a: found true, allowed: no options: verifier exact has none
options.b: found 1, allowed: no options: verifier exact has none`
	if diff := cmp.Diff(want, bad.Validate().Error()); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestRegister(t *testing.T) {
	list := verifier.List()
	if !slices.ContainsFunc(list, func(i verifier.Info) bool { return i.Name == "exact" && i.Summary != "" }) {
		t.Errorf("list: %+v", list)
	}
	build := func(map[string]any) (verifier.Verifier, error) { return nil, nil }
	for _, tt := range []struct {
		name, summary string
		build         verifier.Constructor
	}{{"exact", "again", build}, {"", "no name", build}, {"x", "", build}, {"x", "no constructor", nil}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Register(%q, %q) does not panic", tt.name, tt.summary)
				}
			}()
			verifier.Register(tt.name, tt.summary, tt.build)
		}()
	}
}

// checkFaults compares faults with the beginnings of their lines.
func checkFaults(t *testing.T, err error, want []string) {
	t.Helper()
	var got []string
	for _, f := range fault.Of(err) {
		got = append(got, f.Error())
	}
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("fault %d is missing: %s", i, want[i])
		case i >= len(want):
			t.Errorf("fault %d is too many: %s", i, got[i])
		case !strings.HasPrefix(got[i], want[i]):
			t.Errorf("fault %d:\n%s, want\n%s", i, got[i], want[i])
		}
	}
}
