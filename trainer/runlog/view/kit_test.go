package view

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// hostile is what a model may write to take over a page that shows it.
const hostile = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=2</script>\u202eabc\x1b[31m'\"&amp;"

// testConfig is a resolved config of two stages.
const testConfig = `seed: %d
model:
  path: ""
stages:
  - name: sft
    algorithm:
      name: sft
  - name: grpo
    algorithm:
      name: grpo
      options:
        epsilon: 0.2
        epsilon_high: 0.28
`

// writeRun makes a run folder as a run does, as far as steps: the first half is stage
// sft, the rest grpo, with a hostile completion in the last step.
func writeRun(t testing.TB, name string, seed, steps int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	d, err := runlog.OpenDir(path, runlog.Fresh, nil)
	must(t, err)
	must(t, d.WriteConfig(fmt.Appendf(nil, testConfig, seed)))
	l, err := runlog.New(d, runlog.DefaultOptions(), io.Discard)
	must(t, err)
	must(t, l.Eval(0, "", map[string]float64{"eval/test/avg@1": 0.01, "eval/test/num_problems": 500}))
	for step := 1; step <= steps; step++ {
		stage := "sft"
		if step > steps/2 {
			stage = "grpo"
		}
		must(t, l.Step(testRecord(step, seed, stage)))
		if stage == "grpo" {
			must(t, l.Samples(step, testSamples(step, step == steps)))
		}
		if step == steps/2 {
			must(t, l.Eval(step, stage, map[string]float64{"eval/test/avg@1": 0.6, "eval/test/num_problems": 500}))
		}
	}
	must(t, l.Eval(steps, "grpo", map[string]float64{"eval/test/avg@1": 0.95, "eval/test/num_problems": 500}))
	must(t, l.Final(runlog.Final{Checkpoint: "checkpoints/step-9"}))
	must(t, l.Close())
	must(t, d.Close())
	return path
}

func testRecord(step, seed int, stage string) runlog.Record {
	v := map[string]float64{
		"loss": 3 / float64(step), "grad_norm": 1 + float64(seed), "timing_s/gen": 0.2, "timing_s/update": 0.6, "timing_s/step": 0.8,
		"num_tokens": 100 * float64(step),
	}
	if stage == "grpo" {
		v["reward"] = 0.5 + 0.4*math.Sin(float64(step*seed))
	}
	if step == 3 {
		v["grad_norm"] = math.NaN()
	}
	return runlog.Record{Step: step, Stage: stage, Time: time.Unix(1.8e9+int64(step), 0), Values: v}
}

func testSamples(step int, last bool) []runlog.Sample {
	ex := data.Example{ID: "addition/12+07", Answers: []string{"91"}}
	texts, kinds := []string{"91", "92"}, []data.VerdictKind{data.Correct, data.Incorrect}
	if last {
		texts[1] = hostile
	}
	var out []runlog.Sample
	for i, text := range texts {
		row := data.Row{
			Rollout: &data.Rollout{Text: text}, Verdict: data.Verdict{Kind: kinds[i], Reason: "reason <b>" + text}, Reward: float64(1 - i),
			Mask: []bool{true, true}, RolloutLogProbs: []float32{-0.1, -2}, OldLogProbs: []float32{-0.1, -2}, Entropy: []float32{0.2, 1.5},
			Advantages: []float64{1, 1},
		}
		s := runlog.NewSample(step, "grpo", "12+07=", &ex, &row)
		s.Tokens = runlog.NewSampleTokens([]string{text, "<eos>"}, &row)
		s.Tokens.SetNew([]float32{0.2, -2.1}, []float32{0.1, 1.4})
		out = append(out, s)
	}
	return out
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// serve starts a server for run folders and returns its address.
func serve(t testing.TB, paths ...string) string {
	t.Helper()
	runs, err := Open(paths)
	must(t, err)
	s := httptest.NewUnstartedServer(nil)
	addr, ok := s.Listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal("no TCP address")
	}
	s.Config.Handler, err = Handler(runs, addr)
	must(t, err)
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

// ask gets an address and reads JSON into the value, unless that is nil.
func ask(t testing.TB, url string, into any) int {
	t.Helper()
	r, err := http.Get(url) //nolint:noctx // a test's own server
	must(t, err)
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	must(t, err)
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatalf("%s: %d %s", url, r.StatusCode, text)
		}
	}
	return r.StatusCode
}
