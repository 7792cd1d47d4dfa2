package runlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const lastStep = 12

// stageOf is the stage of a step in the run of these tests: 4 steps of sft, then grpo.
func stageOf(step int) string {
	switch {
	case step == 0:
		return ""
	case step <= 4:
		return "sft"
	default:
		return "grpo"
	}
}

// testRecord is what the run records of a step; the same whenever it is done.
func testRecord(step int) Record {
	r := Record{Step: step, Stage: stageOf(step), Time: noon.Add(time.Duration(step) * time.Second), Values: map[string]float64{
		"loss": math.Sin(float64(step)), "timing_s/step": 1,
	}}
	if r.Stage == "grpo" {
		r.Values = grpoValues()
		r.Values["reward"] = float64(step) / lastStep
	}
	if step == 2 || step == 8 {
		r.Values["eval/validation/avg@1"] = float64(step) / 10
		r.Values["eval/validation/num_problems"] = 200
	}
	return r
}

func testEval(score float64) map[string]float64 {
	return map[string]float64{"eval/test/avg@1": score, "eval/test/mean_length": 3.9, "eval/test/num_problems": 500}
}

func testSamples(step int) []Sample {
	var out []Sample
	for i := range 6 {
		out = append(out, Sample{Step: step, Stage: stageOf(step), ID: fmt.Sprint(i), Prompt: "12+07=", Completion: "910", Answer: "910", Reward: 1, Verdict: "correct", Reason: "match", Finish: "eos"})
	}
	return out
}

// testRun does the steps from first to last and the evaluations between.
func testRun(t *testing.T, l *Logger, first, last int) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	if first == 1 {
		check(l.Eval(0, "", testEval(0.004)))
	}
	for step := first; step <= last; step++ {
		switch {
		case step == 1:
			l.Stage(Stage{Name: "sft", Algorithm: "sft", Number: 1, Of: 2, First: 1, Last: 4})
		case step == 5 || step == first:
			l.Stage(Stage{Name: "grpo", Algorithm: "grpo", Number: 2, Of: 2, First: step, Last: lastStep, Notes: []string{"temperature 1"}})
		}
		check(l.Step(testRecord(step)))
		check(l.Samples(step, testSamples(step)))
		if step == 4 {
			check(l.Eval(4, "sft", testEval(0.61)))
		}
		if step == lastStep {
			check(l.Eval(step, "grpo", testEval(0.952)))
		}
	}
}

func testLogger(t *testing.T, d *Dir, out *bytes.Buffer) *Logger {
	t.Helper()
	o := DefaultOptions()
	o.CompletionsSteps, o.NumCompletions = 5, 2
	l, err := New(d, o, out)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func closeAll(t *testing.T, l *Logger, d *Dir) {
	t.Helper()
	if err := errors.Join(l.Close(), d.Close()); err != nil {
		t.Fatal(err)
	}
}

var final = Final{Checkpoint: "runs/x/checkpoints/step-12", Elapsed: 73 * time.Second, Next: []string{"rlvr sample x.yaml", "rlvr view runs/x"}}

// uninterrupted is the folder and the output of a whole run.
func uninterrupted(t *testing.T) (dir, out string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "run")
	d, err := OpenDir(dir, Fresh, nil)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	l := testLogger(t, d, &text)
	l.Printf("backend go: no plugin was found")
	testRun(t, l, 1, lastStep)
	if err := l.Final(final); err != nil {
		t.Fatal(err)
	}
	closeAll(t, l, d)
	return dir, text.String()
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestConsoleOfARun is what people see of a run, from the first line to the last.
func TestConsoleOfARun(t *testing.T) {
	dir, out := uninterrupted(t)
	golden(t, "run.txt", strings.Split(strings.TrimSuffix(out, "\n"), "\n"))
	if log := read(t, dir, LogFile); log != out {
		t.Errorf("log.txt is not what the console said:\n%s", cmp.Diff(out, log))
	}
}

// TestOneObjectAStep: an evaluation after a step joins that step's record.
func TestOneObjectAStep(t *testing.T) {
	dir, _ := uninterrupted(t)
	records, err := ReadMetrics(filepath.Join(dir, MetricsFile))
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != lastStep+1 {
		t.Fatalf("%d records, want %d", len(records), lastStep+1)
	}
	scores := map[int]float64{0: 0.004, 4: 0.61, 12: 0.952}
	for step, r := range records {
		want := map[string]float64{}
		if step > 0 {
			want = testRecord(step).Values
		}
		if score, ok := scores[step]; ok {
			for name, v := range testEval(score) {
				want[name] = v
			}
		}
		if diff := cmp.Diff(want, r.Values); r.Step != step || r.Stage != stageOf(step) || diff != "" {
			t.Errorf("record %d is step %d of %q (-want +got):\n%s", step, r.Step, r.Stage, diff)
		}
	}
	samples := strings.Split(strings.TrimSpace(read(t, dir, SamplesFile)), "\n")
	if len(samples) != 2*lastStep || !json.Valid([]byte(samples[0])) {
		t.Errorf("%d samples, want 2 a step: %s", len(samples), samples[0])
	}
	scalars, _ := decodeEvents(t, filepath.Join(dir, EventsDir))
	if len(scalars["loss"]) != lastStep || len(scalars["eval/test/avg@1"]) != 3 {
		t.Errorf("%d losses and %d test scores in the events", len(scalars["loss"]), len(scalars["eval/test/avg@1"]))
	}
}

// TestResumeGivesTheSameFiles: killed after any step, cut back to a checkpoint and
// done again, a run ends with the files of one that was never interrupted.
func TestResumeGivesTheSameFiles(t *testing.T) {
	whole, out := uninterrupted(t)
	for killed := 5; killed <= lastStep; killed++ {
		for checkpoint := 4; checkpoint <= killed; checkpoint += 3 {
			t.Run(fmt.Sprintf("killed at %d, resumed from %d", killed, checkpoint), func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "run")
				d := openDir(t, dir, Fresh)
				l := testLogger(t, d, &bytes.Buffer{})
				testRun(t, l, 1, killed)
				tear(t, dir)
				if err := errors.Join(l.closeFiles(), d.Close()); err != nil { // no Close: a killed process makes nothing durable
					t.Fatal(err)
				}

				d = openDir(t, dir, Resume)
				if err := d.CutBack(checkpoint); err != nil {
					t.Fatal(err)
				}
				var again bytes.Buffer
				l = testLogger(t, d, &again)
				testRun(t, l, checkpoint+1, lastStep)
				if err := l.Final(final); err != nil {
					t.Fatal(err)
				}
				closeAll(t, l, d)
				for _, name := range []string{MetricsFile, SamplesFile} {
					if diff := cmp.Diff(untimed(read(t, whole, name)), untimed(read(t, dir, name))); diff != "" {
						t.Errorf("%s (-uninterrupted +resumed):\n%s", name, diff)
					}
				}
				want, _ := decodeEvents(t, filepath.Join(whole, EventsDir))
				got, _ := decodeEvents(t, filepath.Join(dir, EventsDir))
				for tag := range want {
					if strings.HasPrefix(tag, "eval/test") {
						continue // their times are those of the evaluation
					}
					if diff := cmp.Diff(want[tag], got[tag]); diff != "" {
						t.Errorf("events of %s (-uninterrupted +resumed):\n%s", tag, diff)
					}
				}
				if !strings.HasSuffix(again.String(), reportOf(out)) {
					t.Errorf("the report differs:\n%s", again.String())
				}
			})
		}
	}
}

// tear leaves half a line and half an event behind, as a kill in the middle of a
// write does.
func tear(t *testing.T, dir string) {
	t.Helper()
	paths, err := eventFiles(filepath.Join(dir, EventsDir))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(paths, filepath.Join(dir, MetricsFile), filepath.Join(dir, SamplesFile)) {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.WriteString(`{"step":99,"loss`)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// untimed takes the times of step 0, which an evaluation alone makes, out of a file.
func untimed(text string) []string {
	lines := strings.Split(text, "\n")
	if strings.HasPrefix(lines[0], `{"step":0,`) {
		lines = lines[1:]
	}
	return lines
}

// reportOf is the end of a run's output, from the table of accuracies on.
func reportOf(out string) string { return out[strings.Index(out, "\naccuracy on"):] }

func TestLoggerRefuses(t *testing.T) {
	d := openDir(t, filepath.Join(t.TempDir(), "run"), Fresh)
	var out bytes.Buffer
	l := testLogger(t, d, &out)
	testRun(t, l, 1, 3)
	before := listing(t, d.Path())
	bad := testRecord(4)
	bad.Values["accuracies"] = 1
	for name, err := range map[string]error{
		"an undeclared metric":            l.Step(bad),
		"a step twice":                    l.Step(testRecord(3)),
		"an earlier step":                 l.Step(testRecord(1)),
		"an evaluation of a step before":  l.Eval(2, "sft", testEval(1)),
		"an undeclared evaluation metric": l.Eval(3, "sft", map[string]float64{"eval/test/avg": 1}),
	} {
		if err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if diff := cmp.Diff(before, listing(t, d.Path())); diff != "" {
		t.Errorf("a refusal changed the files (-before +after):\n%s", diff)
	}
	closeAll(t, l, d)
}

func TestReportToNothing(t *testing.T) {
	d := openDir(t, filepath.Join(t.TempDir(), "run"), Fresh)
	o := DefaultOptions()
	o.ReportTo, o.CompletionsSteps = nil, 0
	var out bytes.Buffer
	l, err := New(d, o, &out)
	if err != nil {
		t.Fatal(err)
	}
	testRun(t, l, 1, lastStep)
	if err := l.Final(final); err != nil {
		t.Fatal(err)
	}
	closeAll(t, l, d)
	names := keys(listing(t, d.Path()))
	slices.Sort(names)
	if diff := cmp.Diff([]string{lockFile, LogFile}, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if !strings.Contains(out.String(), "after grpo") {
		t.Errorf("no report:\n%s", out.String())
	}
}

func TestLoggingSteps(t *testing.T) {
	d := openDir(t, filepath.Join(t.TempDir(), "run"), Fresh)
	o := DefaultOptions()
	o.LoggingSteps, o.NumCompletions = 5, 0
	var out bytes.Buffer
	l, err := New(d, o, &out)
	if err != nil {
		t.Fatal(err)
	}
	testRun(t, l, 1, lastStep)
	closeAll(t, l, d)
	var steps []string
	for text := range strings.Lines(out.String()) {
		if head, _, _ := strings.Cut(text, "/"); strings.HasPrefix(text, "sft ") || strings.HasPrefix(text, "grpo ") {
			steps = append(steps, head)
		}
	}
	// First and last of a stage always; every fifth.
	if diff := cmp.Diff([]string{"sft 1", "sft 4", "grpo 5", "grpo 10", "grpo 12"}, steps); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if text := read(t, d.Path(), SamplesFile); text != "" {
		t.Errorf("samples although none are asked for: %s", text)
	}
}

// TestDiskFull: the run learns that what it records is lost, wherever that happens.
func TestDiskFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	defer full.Close()
	for name, spoil := range map[string]func(l *Logger){
		MetricsFile: func(l *Logger) { l.metrics.f = full },
		EventsDir:   func(l *Logger) { l.events.f = full },
		LogFile:     func(l *Logger) { l.console.log = full },
		SamplesFile: func(l *Logger) { l.samples = full },
	} {
		d := openDir(t, filepath.Join(t.TempDir(), "run"), Fresh)
		l := testLogger(t, d, &bytes.Buffer{})
		opened := l.files()
		spoil(l)
		if err := errors.Join(l.Step(testRecord(1)), l.Samples(1, testSamples(1))); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: %v, want no space left", name, err)
		}
		for _, f := range opened {
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
