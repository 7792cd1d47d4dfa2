package algotest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/data"
)

// ShaperCase is a shaper with an example of what it does.
type ShaperCase struct {
	// Name is its registered name, Algorithm a preset that applies it and no other.
	Name      string
	Algorithm algos.Options
	// Scored makes the rows to shape; Want turns fresh ones into what they must be.
	Scored func() *data.Scored
	Want   func(s *data.Scored)
}

// RunShaper fails t unless the shaper makes of the rows what the case wants, leaves
// lengths as they are and takes an empty batch. It records the proof.
func RunShaper(t *testing.T, c ShaperCase) {
	t.Helper()
	a, err := algos.Resolve(c.Algorithm)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Shapers) == 0 {
		t.Fatalf("%s has no shaper", a.Name)
	}
	got, want := c.Scored(), c.Scored()
	c.Want(want)
	for _, shaper := range a.Shapers { // those beside it are off
		if err := shaper.Shape(got); err != nil {
			t.Fatalf("shaper %s: %v", c.Name, err)
		}
	}
	for i := range want.Rows {
		if !reflect.DeepEqual(got.Rows[i], want.Rows[i]) {
			t.Errorf("shaper %s: row %d is %+v, want %+v", c.Name, i, got.Rows[i], want.Rows[i])
		}
	}
	for _, shaper := range a.Shapers {
		if err := shaper.Shape(&data.Scored{}); err != nil {
			t.Errorf("shaper %s: an empty batch: %v", c.Name, err)
		}
	}
	record("shaper "+c.Name, proof{})
}

// SelectorCase is a selector with an example of what it keeps.
type SelectorCase struct {
	// Name is its registered name, Algorithm a preset that applies it and no other.
	Name      string
	Algorithm algos.Options
	Scored    *data.Scored
	Keep      []bool
	Refill    int
}

// RunSelector fails t unless the selector keeps what the case wants and takes an empty
// batch. It records the proof.
func RunSelector(t *testing.T, c SelectorCase) {
	t.Helper()
	a, err := algos.Resolve(c.Algorithm)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Selectors) == 0 {
		t.Fatalf("%s has no selector", a.Name)
	}
	keep, refill, err := selectAll(a, c.Scored)
	if err != nil || refill != c.Refill || fmt.Sprint(keep) != fmt.Sprint(c.Keep) {
		t.Errorf("selector %s: keeps %v, refills %d, error %v; want %v and %d", c.Name, keep, refill, err, c.Keep, c.Refill)
	}
	if keep, _, err := selectAll(a, &data.Scored{}); err != nil || len(keep) != 0 {
		t.Errorf("selector %s: an empty batch keeps %v, error %v", c.Name, keep, err)
	}
	record("selector "+c.Name, proof{})
}

// selectAll keeps what all selectors keep; those beside the one in question are off.
func selectAll(a *algos.Algorithm, s *data.Scored) (keep []bool, refill int, err error) {
	keep = slices.Repeat([]bool{true}, len(s.Groups))
	for _, selector := range a.Selectors {
		some, n, err := selector.Select(s)
		if err != nil {
			return nil, 0, err
		}
		for i := range keep {
			keep[i] = keep[i] && some[i]
		}
		refill += n
	}
	return keep, refill, nil
}
