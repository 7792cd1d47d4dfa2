package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// metrics are of a run with two SFT steps and four GRPO steps 100 ms apart, of
// which the last evaluates for 40 ms.
const metrics = `{"step":0,"stage":"","time":"2026-01-02T03:04:05.000Z","eval/test/avg@1":0.01,"eval/test/num_problems":500}
{"step":1,"stage":"sft","time":"2026-01-02T03:04:06.000Z","num_tokens":10,"timing_s/step":0.5}
{"step":2,"stage":"sft","time":"2026-01-02T03:04:07.000Z","num_tokens":20,"timing_s/step":0.5,"eval/test/avg@1":0.6,"eval/test/num_problems":500}
{"step":3,"stage":"grpo","time":"2026-01-02T03:04:08.000Z","num_tokens":30,"timing_s/gen":0.5,"timing_s/old_log_prob":0,"timing_s/update":0.4,"timing_s/host":0.5,"timing_s/step":1}
{"step":4,"stage":"grpo","time":"2026-01-02T03:04:08.100Z","num_tokens":40,"timing_s/gen":0.02,"timing_s/old_log_prob":0.01,"timing_s/update":0.03,"timing_s/host":0.008,"timing_s/step":0.08}
{"step":5,"stage":"grpo","time":"2026-01-02T03:04:08.200Z","num_tokens":50,"timing_s/gen":0.04,"timing_s/old_log_prob":0.01,"timing_s/update":0.04,"timing_s/host":0.045,"timing_s/step":0.09}
{"step":6,"stage":"grpo","time":"2026-01-02T03:04:08.300Z","num_tokens":60,"timing_s/gen":0.01,"timing_s/old_log_prob":0.01,"timing_s/update":0.02,"timing_s/host":0.01,"timing_s/step":0.04,"timing_s/eval":0.04,"eval/test/avg@1":0.95,"eval/test/num_problems":500}
`

func TestMeasureOurs(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "metrics.jsonl"), []byte(metrics), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := measureOurs(&process{wall: 7 * time.Second, rss: 3 << 20}, dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	isMeasured(t, m, &measurement{
		step: 0.08, generation: 0.02, update: 0.04, host: 0.25, kept: (0.1 + 0.1 + 0.06) / 3, wall: 7, run: 7, rssMiB: 3,
		sftSteps: 2, tokens: 60, accuracy: []float64{0.01, 0.6, 0.95},
	})
	if _, err := measureOurs(&process{}, dir, 4); err == nil {
		t.Error("nothing is left after the warm-up, and no error")
	}
}

func TestMeasurePeer(t *testing.T) {
	p := &process{wall: 7 * time.Second, rss: 3 << 20, output: []byte(`{"import_s": 2.5, "sft_steps": 2, "tokens": 60, "accuracy": [0, 0.5, 1],
		"grpo_steps": [[9, 9, 9], [0.1, 0.02, 0.07], [0.3, 0.05, 0.2], [0.2, 0.04, 0.1], [0.2, 0.03, 0.1]]}`)}
	m, err := measurePeer(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	isMeasured(t, m, &measurement{
		step: 0.2, generation: 0.035, update: 0.1, host: math.NaN(), kept: 0.2, wall: 7, run: 4.5, rssMiB: 3,
		sftSteps: 2, tokens: 60, accuracy: []float64{0, 0.5, 1},
	})
	if _, err := measurePeer(&process{output: []byte("Killed")}, 1); err == nil {
		t.Error("no JSON, and no error")
	}
}

// isMeasured compares up to the rounding of a few additions.
func isMeasured(t *testing.T, got, want *measurement) {
	t.Helper()
	near := cmp.Comparer(func(a, b float64) bool {
		return math.Abs(a-b) < 1e-12 || math.IsNaN(a) && math.IsNaN(b)
	})
	if d := cmp.Diff(want, got, cmp.AllowUnexported(measurement{}), near); d != "" {
		t.Error(d)
	}
}

func TestReadRecordsRefuses(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "torn": `{"step":1}` + "\n" + `{"step":2,`} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "metrics.jsonl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readRecords(dir); err == nil || !strings.Contains(err.Error(), "metrics.jsonl") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestComparison(t *testing.T) {
	runs := func(steps ...float64) (out []*measurement) {
		for _, s := range steps {
			out = append(out, &measurement{step: s, generation: s / 4, update: s / 2, host: math.NaN(), kept: s, wall: 100 * s, run: 100*s - 1, rssMiB: 512, accuracy: []float64{0, s}})
		}
		return out
	}
	programs := []*program{
		{kind: "go", label: "rlvr go", runs: runs(0.2, 0.1, 0.4)},
		{kind: "torch", peer: true, label: "torch 1-thread", runs: runs(0.2, 0.4, 0.4)},
		{kind: "torch", peer: true, label: "torch 2-thread", runs: runs(0.1, 0.3, 0.9)},
	}
	var b strings.Builder
	printComparison(&b, programs)
	for _, want := range []string{
		"of 3 repetition(s)",
		"by torch 2-thread", // the better median
		// Ratios are of the same repetition: 2, 1/3, 4/9.
		"| rlvr go | GRPO step | 0.333 **0.444** 2 |",
		"| rlvr go | whole run, without Python's imports | 0.31 **0.438** 2.11 |",
		"| rlvr go | peak memory | 1 **1** 1 |",
		"| torch 1-thread | 0.4 | 0.1 | 0.2 | 0.1 | - | 0.4 | 40 | 1 | 512 |",
		"| 0.000 0.200 |",
	} {
		if !strings.Contains(packed(b.String()), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
	if strings.Contains(b.String(), "by torch 1-thread") {
		t.Errorf("the slower number of threads is compared:\n%s", &b)
	}
}

// packed is a text with one space where there are several.
func packed(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 0.0123456: "0.0123", 1.005: "1", 12.345: "12.3", 123.456: "123", 9.999: "10", 712345: "712345", 0.000012: "0.0000",
		99.96: "100", math.Inf(1): "-",
	} {
		if got := number(v); got != want {
			t.Errorf("%g is written %q, want %q", v, got, want)
		}
	}
	if got := number(math.NaN()); got != "-" {
		t.Errorf("NaN is written %q", got)
	}
}

func TestVerdict(t *testing.T) {
	// outcomes have seeds from 1; those named miss the goal.
	outcomes := func(n int, missing ...int) (out []*outcome) {
		for i := range n {
			out = append(out, &outcome{seed: i + 1, accuracy: []float64{0, 0.6, 0.9}, problems: 500})
		}
		for _, s := range missing {
			out[s-1].accuracy[2] = 0.898
		}
		return out
	}
	for _, c := range []struct {
		name string
		all  []*outcome
		text string
		ok   bool
	}{
		{"all", outcomes(10), "10 of 10 seeds reach 0.90", true},
		{"one may miss", outcomes(10, 7), "9 of 10 seeds reach 0.90; missed: 7", true},
		{"two may not", outcomes(10, 7, 9), "8 of 10 seeds reach 0.90; missed: 7, 9", false},
		{"not seed 3", outcomes(10, 3), "9 of 10 seeds reach 0.90; missed: 3", false},
		{"one of nine is more than one in ten", outcomes(9, 9), "8 of 9 seeds reach 0.90; missed: 9", false},
		{"two of twenty", outcomes(20, 9, 10), "18 of 20 seeds reach 0.90; missed: 9, 10", true},
	} {
		text, err := verdict(c.all, 0.9)
		if text != c.text || (err == nil) != c.ok {
			t.Errorf("%s: %q, %v", c.name, text, err)
		}
	}
}

func TestSeedTable(t *testing.T) {
	got := seedTable([]*outcome{
		{seed: 1, accuracy: []float64{0, 0.6, 0.94}, problems: 500, sftSteps: 300, tokens: 700000, wall: 90 * time.Second, rss: 200 << 20},
		{seed: 2, accuracy: []float64{0, 0.7, 0.92}, problems: 500, sftSteps: 400, tokens: 800000, wall: 91 * time.Second, rss: 202 << 20},
	}).String()
	for _, want := range []string{
		"0.940 [0.916, 0.958] | +0.340 | 300 | 700000 | 90 | 200 |", // Wilson: 470 of 500
		"| median | 0.000 | 0.650 | 0.930 | +0.280 | 350 | 750000 | 90.5 | 201 |",
	} {
		if !strings.Contains(packed(got), want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestParseSeeds(t *testing.T) {
	got, err := parseSeeds("1-3,7,9-9")
	if d := cmp.Diff([]int{1, 2, 3, 7, 9}, got); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
}
