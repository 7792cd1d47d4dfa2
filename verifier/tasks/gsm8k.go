package tasks

import (
	"errors"
	"regexp"
	"strings"
)

func init() {
	registerBenchmark(&benchmarkSet{
		name: "gsm8k", summary: "GSM8K (Cobbe et al., 2021, arXiv 2110.14168) from your JSONL files: question, and answer that ends in \"#### 18\"",
		prompt: "verl", text: "Question: " + questionPlace + "\nAnswer:", read: readGSM8K,
		own: map[string]benchmarkPrompt{
			"verl":       {user: questionPlace + ` Let's think step by step and output the final answer after "####".`, answer: hashAnswer},
			promptLMEval: {text: "Question: " + questionPlace + "\nAnswer:", answer: hashAnswer},
		},
	})
}

// calculation is GSM8K's note of a calculator within a solution, <<48/2=24>>.
var calculation = regexp.MustCompile(`<<[^<>]*>>`)

// readGSM8K takes the answer from behind "####", without commas, as harnesses do.
func readGSM8K(r *mathRow) (answer, solution string, err error) {
	const mark = "####"
	text := r.answerText()
	i := strings.LastIndex(text, mark)
	if i < 0 {
		return "", "", errors.New(`answer: there is no "#### " in it`)
	}
	solution = strings.TrimSpace(calculation.ReplaceAllString(text[:i], ""))
	return strings.ReplaceAll(text[i+len(mark):], ",", ""), solution, nil
}
