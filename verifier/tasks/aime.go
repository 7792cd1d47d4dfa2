package tasks

import (
	"fmt"
	"strconv"
)

func init() {
	registerBenchmark(&benchmarkSet{
		name: "aime", summary: "AIME problems from your JSONL files: problem (or question), and answer from 0 to 999",
		prompt: "qwen_math", text: "Question: " + questionPlace + "\nAnswer:", read: readAIME,
	})
}

// readAIME demands an answer that the contest allows; 073 is 73.
func readAIME(r *mathRow) (answer, solution string, err error) {
	const largest = 999
	text, solution, err := readMATH(r)
	if err != nil {
		return "", "", err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > largest {
		return "", "", fmt.Errorf("answer: found %.40q, allowed: 0 to %d", text, largest)
	}
	return strconv.Itoa(n), solution, nil
}
