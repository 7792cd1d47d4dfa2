package runlog

import (
	"math"
	"strings"
	"testing"
)

func TestCheckBands(t *testing.T) {
	records := []Record{
		{Step: 0, Values: map[string]float64{"reward": 9}},
		{Step: 1, Values: map[string]float64{"reward": 0.25, "loss": math.NaN()}},
		{Step: 2, Values: map[string]float64{"reward": 0.75}},
		{Step: 3, Values: map[string]float64{"kl": 1}},
	}
	for _, c := range []struct {
		name string
		band Band
		at   int
		ok   bool
	}{
		{"last that has it", Band{"reward", 0, 0.5, 1}, 2, true},
		{"a step", Band{"reward", 1, 0.25, 0.25}, 1, true},
		{"below", Band{"reward", 1, 0.26, 1}, 1, false},
		{"above", Band{"reward", 2, 0, 0.74}, 2, false},
		{"no such record", Band{"reward", 3, 0, 1}, 0, false},
		{"no such metric", Band{"entropy", 0, -1, 1}, 0, false},
		{"not a number", Band{"loss", 0, -1e300, 1e300}, 1, false},
	} {
		r := CheckBands([]Band{c.band}, records)[0]
		if r.OK() != c.ok || r.At != c.at || r.Found != (c.at > 0) || r.Band != c.band {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

func TestBandValidate(t *testing.T) {
	good := Band{Metric: "eval/test/avg@1", Low: 0.5, High: 0.5}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	bad := Band{Metric: "entropi", Step: -1, Low: 1, High: 0}
	err := bad.Validate()
	if err == nil {
		t.Fatal("a band with three faults")
	}
	for _, want := range []string{"did you mean entropy?", "step", "at least low (1)"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}
