package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/configs/fault"
)

func TestListCollectsAndPrefixes(t *testing.T) {
	var inner fault.List
	inner.Check(true, "fine", 1, "anything")
	inner.Check(false, "epsilon", -0.5, "%d to %d", 0, 1)
	inner.Add("name", "grop", "one of %s", "grpo, sft")
	inner.Add("", 3, "a mapping")

	var outer fault.List
	outer.Add("seed", nil, "required")
	outer.Merge("stages.1.algorithm", inner.Err())
	outer.Merge("stages.2", nil)

	want := []string{
		"seed: required",
		"stages.1.algorithm.epsilon: found -0.5, allowed: 0 to 1",
		`stages.1.algorithm.name: found "grop", allowed: one of grpo, sft`,
		"stages.1.algorithm: found 3, allowed: a mapping",
	}
	var got []string
	for _, f := range fault.Of(outer.Err()) {
		got = append(got, f.Error())
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("faults (-want +got):\n%s", d)
	}
	if d := cmp.Diff("epsilon", fault.Of(inner.Err())[0].Path); d != "" {
		t.Errorf("Merge changed the merged fault (-want +got):\n%s", d)
	}
}

func TestEmptyListIsNoError(t *testing.T) {
	var l fault.List
	l.Merge("a", nil)
	if err := l.Err(); err != nil {
		t.Errorf("Err() = %v, want nil", err)
	}
	if got := fault.Of(nil); got != nil {
		t.Errorf("Of(nil) = %v, want nil", got)
	}
}

func TestOfKeepsForeignErrors(t *testing.T) {
	err := errors.Join(&fault.Fault{Path: "a", Allowed: "b"}, fmt.Errorf("disk %d", 7))
	got := fault.Of(err)
	if len(got) != 2 || got[1].Path != "" || got[1].Allowed != "disk 7" {
		t.Errorf("Of = %+v", got)
	}
}

func TestLongValuesAreCut(t *testing.T) {
	f := &fault.Fault{Path: "name", Value: strings.Repeat("x", 1e6), Allowed: "a name"}
	if got := f.Error(); len(got) > 200 || !strings.Contains(got, "1000000 bytes") {
		t.Errorf("%d bytes: %.200s", len(got), got)
	}
}
