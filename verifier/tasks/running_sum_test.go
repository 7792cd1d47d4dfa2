package tasks_test

import "testing"

// TestRunningSum: each digit is that of the sum so far, from an addition of its own.
func TestRunningSum(t *testing.T) {
	task, _ := open1(t, "running_sum", map[string]any{"length": 30})
	for _, ex := range examples(t, task, "train") {
		total := 0
		for i := range 30 {
			total += int(ex.Prompt[i] - '0')
			if got := int(ex.Answers[0][i] - '0'); got != total-10*(total/10) {
				t.Fatalf("%s: digit %d of %s", ex.Prompt, i, ex.Answers[0])
			}
		}
		if len(ex.Answers[0]) != 30 || ex.Prompt[30:] != ">" {
			t.Fatalf("%+v", ex)
		}
	}
}
