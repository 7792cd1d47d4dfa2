package compare

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// The ends that rlvr train gives log.txt.
const (
	finishedLog = "backend go: x\nrun folder runs/x; qwen3, 5 parameters\ngrpo 1/2 loss 1\n\ntime        1s\ncheckpoint  runs/x/checkpoints/step-2\nnext        rlvr sample x\n"
	stoppedLog  = "run folder runs/x; qwen3, 5 parameters\nstopped: trainer: step 3: loss is not finite\n"
)

// write makes a run folder with the lines of metrics.jsonl and a log.
func write(t *testing.T, dir string, seed int, log string, lines ...string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"config.yaml": fmt.Sprintf("seed: %d\noutput_dir: x\nstages:\n  - seed: no\n", seed), "log.txt": log, "metrics.jsonl": strings.Join(lines, "\n") + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// lines are of a run of two stages: a warm-up step that compiles, and three steps, of
// which the first compiles, with the validation scores and the test score at the end.
func lines(scores [3]float64, test float64) []string {
	const head = `{"step":%d,"stage":"%s","time":"2026-01-02T03:04:05.000Z","timing_s/step":%g,"perf/compiles":%d,"num_tokens":%d,"entropy":%g,"loss":1,"grad_norm":1`
	return []string{
		fmt.Sprintf(head, 1, "sft", 5.0, 2, 100, 3.0) + "}",
		fmt.Sprintf(head, 2, "grpo", 2.0, 4, 200, 2.0) + fmt.Sprintf(`,"timing_s/eval":0.25,"eval/validation/avg@1":%g}`, scores[0]),
		fmt.Sprintf(head, 3, "grpo", 0.5, 4, 260, 0.5) + fmt.Sprintf(`,"timing_s/eval":0.25,"eval/validation/avg@1":%g}`, scores[1]),
		fmt.Sprintf(head, 4, "grpo", 0.5, 4, 320, 0.75) + fmt.Sprintf(`,"timing_s/eval":0.25,"eval/validation/avg@1":%g,"eval/test/avg@1":%g,"eval/test/num_problems":400}`, scores[2], test),
	}
}

var target = Target{"eval/validation/avg@1", 0.9}

func TestMeasure(t *testing.T) {
	r, err := ReadRun(write(t, t.TempDir(), 7, finishedLog, lines([3]float64{0.95, 0.7, 0.8}, 0.75)...))
	if err != nil {
		t.Fatal(err)
	}
	got := measure(r, "eval/test/avg@1", target)
	want := &RunReport{
		Dir: r.Dir, Seed: 7, State: Finished, Score: 0.75, Problems: 400, TargetStep: 2, TargetSeconds: 7.25, WorstFall: 0.25, LeastEntropy: 0.5,
		// The compiling step of grpo took 1.5 s more than the others; sft has no other.
		StepSeconds: 0.5, TokensPerSecond: 120, CompileSeconds: 6.5, Seconds: 8.75, Steps: 4,
	}
	near := cmp.Comparer(func(a, b Number) bool { return math.Abs(float64(a-b)) < 1e-12 })
	if d := cmp.Diff(want, got, near, cmp.FilterPath(func(p cmp.Path) bool {
		name := p.Last().String()
		return name == ".curve" || name == ".best" || name == ".scores"
	}, cmp.Ignore()), cmp.AllowUnexported(RunReport{})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Point{{2, 0.95}, {3, 0.7}, {4, 0.8}}, got.curve); d != "" {
		t.Error(d)
	}
}

func TestMeasureNonFinite(t *testing.T) {
	all := lines([3]float64{0.1, 0.2, 0.3}, 0.3)[:3]
	all[2] = strings.TrimSuffix(all[2], "}") + `,"grad_norm":null,"non_finite":{"grad_norm":"NaN"}}`
	dir := write(t, t.TempDir(), 1, stoppedLog, all...)
	for i := range 2 {
		if err := os.MkdirAll(filepath.Join(dir, "bad_batch", fmt.Sprint("step-", i)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r, err := ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := measure(r, "eval/test/avg@1", target)
	if m.State != Failed || m.Reason != "trainer: step 3: loss is not finite" || m.NonFinite != 2 || !math.IsNaN(float64(m.Score)) || !math.IsInf(float64(m.TargetStep), 1) {
		t.Errorf("%+v", m)
	}
}

// arms are two of three seeds, of which gspo is ahead by .1 on each but fails once.
func arms(t *testing.T) []*Arm {
	t.Helper()
	root := t.TempDir()
	for seed := 1; seed <= 3; seed++ {
		base := 0.7 + 0.02*float64(seed)
		write(t, filepath.Join(root, "grpo", fmt.Sprint("seed-", seed)), seed, finishedLog, lines([3]float64{0.5, 0.9, 0.95}, base)...)
		if seed < 3 {
			write(t, filepath.Join(root, "gspo", fmt.Sprint("seed-", seed)), seed, finishedLog, lines([3]float64{0.9, 0.6, 0.95}, base+0.1)...)
		}
	}
	write(t, filepath.Join(root, "gspo", "seed-3"), 3, stoppedLog, lines([3]float64{0.5, 0.1, 0}, 0)[:3]...)
	var out []*Arm
	for _, name := range []string{"grpo", "gspo"} {
		arm, err := ReadArm(name, filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, arm)
	}
	return out
}

func TestCompare(t *testing.T) {
	r, err := Compare(arms(t), Options{Target: target})
	if err != nil {
		t.Fatal(err)
	}
	base, other := &r.Arms[0], &r.Arms[1]
	if r.Metric != "eval/test/avg@1" || r.Base != "grpo" || base.Difference != nil || len(base.Runs) != 3 {
		t.Errorf("%+v", r)
	}
	d := other.Difference
	if d == nil || d.Pairs != 2 || math.Abs(float64(d.Value)-0.1) > 1e-12 || d.ByProblem || !(d.Low > 0 && d.Low < 0.1 && d.High > 0.1 && d.High < 0.2) {
		t.Errorf("difference %+v", d)
	}
	// Step 2 instead of 3, 7.25 s instead of 8.
	if math.Abs(float64(d.TargetSteps)-2.0/3) > 1e-12 || math.Abs(float64(d.TargetSeconds)-7.25/8) > 1e-12 || d.StepSeconds != 1 {
		t.Errorf("ratios %+v", d)
	}
	if other.Failed != 1 || other.Reached != 2 || other.TargetStep != 2 || other.WorstFall != 0.4 || base.Failed != 0 || base.Reached != 3 {
		t.Errorf("%+v\n%+v", base, other)
	}
}

// TestComparePairsProblems: kept scores of problems make the interval narrower, over
// the problems that both runs have.
func TestComparePairsProblems(t *testing.T) {
	all := arms(t)
	for i, arm := range all {
		for _, r := range arm.Runs {
			var file strings.Builder
			file.WriteString(`{"rlvr_eval":1}` + "\n")
			for p := range 400 {
				verdict, id := "incorrect", fmt.Sprint(p)
				if p < 300 || i == 1 && p < 340 {
					verdict = "correct"
				}
				if p == 399 { // a problem that the other arm does not have
					id = arm.Name
				}
				fmt.Fprintf(&file, `{"set":"test","id":"%s","completions":[{"sample":0,"verdict":"%s","vote":-1},{"sample":1,"verdict":"error","masked":true,"vote":-1}]}`+"\n", id, verdict)
			}
			if err := os.WriteFile(filepath.Join(r.Dir, ProblemsFile), []byte(file.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			again, err := ReadRun(r.Dir)
			if err != nil {
				t.Fatal(err)
			}
			*r = *again
			if want := r.State == Finished; r.Scored("test") != want || r.Scored("validation") {
				t.Errorf("%s: scored %v, want %v", r.Dir, r.Scored("test"), want)
			}
		}
	}
	r, err := Compare(all, Options{Target: target})
	if err != nil {
		t.Fatal(err)
	}
	d := r.Arms[1].Difference
	if want := Number(40.0 / 399); !d.ByProblem || math.Abs(float64(d.Value-want)) > 1e-12 || !(d.Low > 0.07 && d.High < 0.14) {
		t.Errorf("%+v", d)
	}
}

func TestCompareSeeds(t *testing.T) {
	single := func(seed int, score float64) *Arm {
		arm, err := ReadArm(fmt.Sprint("s", seed), write(t, t.TempDir(), seed, finishedLog, lines([3]float64{0, 0, 0}, score)...))
		if err != nil {
			t.Fatal(err)
		}
		return arm
	}
	r, err := Compare([]*Arm{single(1, 0.5), single(2, 0.6)}, Options{Target: target})
	if err != nil || !r.Arms[1].Difference.OtherSeeds || r.Arms[1].Difference.Pairs != 1 || !strings.Contains(r.Text(80), "another seed") {
		t.Errorf("two runs with a seed each: %+v, %v", r, err)
	}
	both := single(1, 0.5)
	both.Runs = append(both.Runs, single(3, 0.5).Runs...)
	r, err = Compare([]*Arm{both, single(2, 0.6)}, Options{Target: target})
	if err != nil || r.Arms[1].Difference.Pairs != 0 || !math.IsNaN(float64(r.Arms[1].Difference.Low)) || !strings.Contains(r.Text(80), "no runs with the same seed") {
		t.Errorf("no seed in common: %+v, %v", r, err)
	}
}

func TestCompareRefuses(t *testing.T) {
	if _, err := Compare(nil, Options{}); err == nil {
		t.Error("nothing is compared")
	}
	_, err := Compare(arms(t), Options{Metric: "eval/test/avg@8"})
	if err == nil || !strings.Contains(err.Error(), "eval/test/avg@8; all have eval/test/avg@1, ") {
		t.Errorf("%v", err)
	}
	none, err := ReadArm("a", write(t, t.TempDir(), 1, finishedLog, `{"step":1,"loss":1}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Compare([]*Arm{none}, Options{}); err == nil || !strings.Contains(err.Error(), "in common") {
		t.Errorf("%v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	twice := t.TempDir()
	write(t, filepath.Join(twice, "a"), 4, finishedLog, `{"step":1}`)
	write(t, filepath.Join(twice, "b"), 4, finishedLog, `{"step":1}`)
	seedless := write(t, t.TempDir(), 1, finishedLog, `{"step":1}`)
	if err := os.WriteFile(filepath.Join(seedless, "config.yaml"), []byte("stages: []\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ dir, want string }{
		"again":      {write(t, t.TempDir(), 1, finishedLog+stoppedLog+"run folder x; y\n", `{"step":1}`), "not finished"},
		"killed":     {write(t, t.TempDir(), 1, "run folder x; y\n", `{"step":1}`), "not finished"},
		"two":        {twice, "both have seed 4"},
		"seedless":   {seedless, "names no seed"},
		"torn":       {write(t, t.TempDir(), 1, finishedLog, `{"step":`), "metrics.jsonl:1"},
		"no metrics": {write(t, t.TempDir(), 1, finishedLog, ``)[:0], ErrNoRun.Error()},
		"empty":      {t.TempDir(), ErrNoRun.Error()},
	} {
		if c.dir == "" {
			c.dir = t.TempDir()
		}
		if _, err := ReadArm(name, c.dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := ReadArm("x", filepath.Join(twice, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestText(t *testing.T) {
	all := arms(t)
	all[1].Name = "a-name-that-is-longer-than-half-of-a-terminal-|-and\x1b[31m-ends-so"
	r, err := Compare(all, Options{Target: target})
	if err != nil {
		t.Fatal(err)
	}
	text := r.Text(80)
	for i, line := range strings.Split(text, "\n") {
		note := strings.Contains(line, "failed:") || strings.Contains(line, "fewer than")
		if n := utf8.RuneCountInString(line); n > 80 && !note {
			t.Errorf("line %d has %d characters: %s", i, n, line)
		}
	}
	for _, want := range []string{"a-name-t", "+0.100", "1 of 3", "loss is not finite", "0.667", "fewer than 5 pairs"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	markdown := r.Markdown()
	if strings.ContainsRune(text+markdown, '\x1b') || !strings.Contains(markdown, `terminal-\|-and?`) || !strings.Contains(markdown, "failed: trainer: step 3") {
		t.Errorf("Markdown:\n%s", markdown)
	}
	encoded, err := json.Marshal(r)
	if err != nil || !json.Valid(encoded) || !strings.Contains(string(encoded), `"score":null`) {
		t.Errorf("%v\n%s", err, encoded)
	}
}

func TestSVG(t *testing.T) {
	all := arms(t)
	all[1].Name = "<script>"
	r, err := Compare(all, Options{Target: target})
	if err != nil {
		t.Fatal(err)
	}
	svg := r.SVG()
	// Three of the base, then again behind the three of the other.
	if n := strings.Count(svg, "<polyline"); n != 9 || strings.Count(svg, `stroke="#bbb"`) != 3 || strings.Contains(svg, "<script>") {
		t.Errorf("%d lines in\n%s", n, svg)
	}
	if want := `points="100.0,60.0 150.0,12.0 200.0,6.0"`; !strings.Contains(svg, want) {
		t.Errorf("no %s in\n%s", want, svg)
	}
}

// FuzzReadRun: whatever is in the files of a run folder, reading says so or reads.
func FuzzReadRun(f *testing.F) {
	f.Add([]byte("seed: 1\n"), []byte(finishedLog), []byte(strings.Join(lines([3]float64{0, 0.5, 1}, 1), "\n")+"\n"))
	f.Add([]byte("seed: x\n"), []byte(stoppedLog), []byte(`{"step":1e99}`+"\n"))
	f.Add([]byte("seed: 9\nseed: 8"), []byte("checkpoint  "), []byte(`{"step":1,"perf/compiles":-1,"timing_s/step":-1e308,"eval/test/num_problems":1e300,"eval/test/avg@1":-5}`+"\n"))
	f.Fuzz(func(t *testing.T, config, log, metrics []byte) {
		dir := t.TempDir()
		for name, text := range map[string][]byte{"config.yaml": config, "log.txt": log, "metrics.jsonl": metrics} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		arm, err := ReadArm("x", dir)
		if err != nil {
			return
		}
		// Without the intervals, which take long.
		r := &Report{Arms: []ArmReport{{Name: "x", Difference: &Difference{}}}}
		for _, run := range arm.Runs {
			r.Arms[0].Runs = append(r.Arms[0].Runs, *measure(run, "eval/test/avg@1", target))
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
		_, _, _ = r.Text(80), r.Markdown(), r.SVG()
	})
}
