package trainer

import "testing"

// TestCompiles counts the executables of a whole run and lists them when they are
// not as many as they should be: a shape that is new in every step would be slow in
// silence.
func TestCompiles(t *testing.T) {
	sft, rl := kitStage("sft", "sft", 10), severalUpdates(30)
	sft.EvalSteps, rl.EvalSteps = 5, 5
	rl.Rollout.MaxCompletionLength = 8
	s, _ := kitSetup(t, openDevice(t, "go"), sft, rl)
	verify(evenStart).judgeBy(&s)
	s.Eval.MaxCompletionLength = 8
	runAll(t, s)
	got := map[string]int{}
	for _, c := range s.Device.Compiles() {
		got[c.Exec]++
	}
	want := map[string]int{
		"empty cache": 2, "prefill": 2, "decode": 2, // the stage's and the evaluation's
		"grad:sft": 1, "grad:grpo": 3, "score": 2, "adamw": 2,
	}
	for exec, n := range got {
		if n > want[exec] {
			t.Errorf("%d executables of %s, at most %d are wanted", n, exec, want[exec])
		}
	}
	if t.Failed() || testing.Verbose() {
		for _, c := range s.Device.Compiles() {
			t.Logf("%s: %s", c.Exec, c.Shapes)
		}
	}
}
