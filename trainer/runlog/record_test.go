package runlog

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 5e6, time.UTC)

func TestRecordLine(t *testing.T) {
	r := Record{Step: 12, Stage: `a "stage"`, Time: noon.In(time.FixedZone("", 3600)), Values: map[string]float64{
		"perf/mfu": 0.25, "timing_s/step": 1.5, "reward": 0.1, "loss": math.NaN(), "kl": math.Inf(-1),
		"num_tokens": 123456789, "learning_rate": 1e-7, "eval/test/avg@1": 1, "eval/test/avg@16": 0.5, "eval/b/avg@1": 0,
		"rewards/b/mean": 2, "rewards/a/mean": 1.0 / 3,
	}}
	want := `{"step":12,"stage":"a \"stage\"","time":"2026-11-24T12:00:00.005Z","reward":0.1,` +
		`"rewards/a/mean":0.3333333333333333,"rewards/b/mean":2,"num_tokens":123456789,"loss":null,"kl":null,"learning_rate":1e-7,` +
		`"eval/b/avg@1":0,"eval/test/avg@1":1,"eval/test/avg@16":0.5,"timing_s/step":1.5,"perf/mfu":0.25,` +
		`"non_finite":{"loss":"NaN","kl":"-Inf"}}` + "\n"
	for range 10 { // the order of a map differs from time to time
		got, err := r.encode()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Fatalf("line (-want +got):\n%s", diff)
		}
	}
	if !json.Valid([]byte(want)) {
		t.Error("not JSON")
	}
}

func TestRecordRefusesUndeclared(t *testing.T) {
	r := Record{Values: map[string]float64{"los": 1, "reward": 2, "accuracies": 3}}
	_, err := r.encode()
	want := "runlog: metric \"accuracies\" is not declared; did you mean accuracy?\nrunlog: metric \"los\" is not declared; did you mean loss?"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want\n%s", err, want)
	}
}

// TestRecordRoundTrip: every float64 comes back bit for bit, whatever it is.
func TestRecordRoundTrip(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		r := Record{Step: random.IntN(1e6), Stage: "grpo", Time: noon, Values: map[string]float64{
			"loss": math.Float64frombits(random.Uint64()), "entropy": random.NormFloat64(), "kl": math.Copysign(0, -1),
		}}
		line, err := r.encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeRecord(line)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, got, cmpopts.EquateNaNs()); diff != "" {
			t.Fatalf("record (-first +again):\n%s", diff)
		}
		if math.Signbit(got.Values["kl"]) != true {
			t.Fatal("-0 came back as 0")
		}
	}
}

func TestDecodeRecord(t *testing.T) {
	got, err := decodeRecord([]byte(`{"step":3,"stage":"s","time":"2026-11-24T12:00:00.005Z","renamed":2,"note":"text","list":[1],"loss":null}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Record{Step: 3, Stage: "s", Time: noon, Values: map[string]float64{"renamed": 2}}, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"", "{", "[]", "3", `{"loss":1}`, `{"step":-1}`, `{"step":"1"}`, `{"step":1.5}`, `{"step":1,"non_finite":{"loss":"many"}}`} {
		if r, err := decodeRecord([]byte(bad)); err == nil {
			t.Errorf("%s is read as %+v", bad, r)
		}
	}
}

func TestDeterministic(t *testing.T) {
	r := Record{Values: map[string]float64{"loss": 1, "timing_s/step": 2, "perf/mfu": 3, "eval/test/avg@1": 4, "verifier/time_ms": 5}}
	if diff := cmp.Diff(map[string]float64{"loss": 1, "eval/test/avg@1": 4}, r.Deterministic()); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add(`{"step":12,"stage":"a","time":"2026-11-24T12:00:00.005Z","reward":0.1,"loss":null,"non_finite":{"loss":"NaN"}}`)
	f.Add(`{"step":0}`)
	f.Add(strings.Repeat("[", 100))
	f.Fuzz(func(t *testing.T, line string) {
		r, err := decodeRecord([]byte(line))
		if err == nil && (r.Step < 0 || r.Values == nil) {
			t.Errorf("%q gives %+v", line, r)
		}
	})
}
