package verifier_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
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
	if len(list) == 0 || list[0].Name != "exact" || list[0].Summary == "" {
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

func TestSelfTest(t *testing.T) {
	v, err := verifier.New("exact", nil)
	if err != nil {
		t.Fatal(err)
	}
	good := []data.Example{answers("1"), answers("2", "3")}
	if err := verifier.SelfTest(t.Context(), v, good); err != nil {
		t.Errorf("good answers: %v", err)
	}
	bad := append(good, answers(" "), data.Example{ID: "none"}, answers("4", ""))
	err = verifier.SelfTest(t.Context(), v, bad)
	if !errors.Is(err, verifier.ErrSelfTest) {
		t.Fatalf("bad answers: %v", err)
	}
	want := `verifier: self-test of exact: reference answers do not pass: 3 of 7: example test/ , answer " ": error (no_gold); example none, answer "": error (no_gold); example test/4|, answer "": incorrect (empty)`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}

// TestSelfTestNamesTheFirst: a broken verifier on a large set gives a short message.
func TestSelfTestNamesTheFirst(t *testing.T) {
	rejects := stub(func(context.Context, *data.Example, string) data.Verdict {
		return data.Verdict{Kind: data.Incorrect, Reason: "mismatch"}
	})
	err := verifier.SelfTest(t.Context(), rejects, make([]data.Example, 1000))
	if err == nil || !strings.Contains(err.Error(), "1000 of 1000") || strings.Count(err.Error(), "answer") != 6 {
		t.Errorf("got %v", err)
	}
}

func TestSelfTestUsesDemonstration(t *testing.T) {
	v := stub(func(_ context.Context, _ *data.Example, completion string) data.Verdict {
		if completion == "def f(): pass" {
			return right
		}
		return data.Verdict{Kind: data.Incorrect, Reason: "mismatch"}
	})
	if err := verifier.SelfTest(t.Context(), v, []data.Example{{ID: "code", Completion: "def f(): pass"}}); err != nil {
		t.Error(err)
	}
}

func TestSelfTestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v, err := verifier.New("exact", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.SelfTest(ctx, v, []data.Example{answers("1")}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
