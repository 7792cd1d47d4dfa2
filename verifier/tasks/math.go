package tasks

import "errors"

func init() {
	registerBenchmark(&benchmarkSet{
		name: "math", summary: "MATH (Hendrycks et al., 2021, arXiv 2103.03874), MATH-500 and sets of their form from your JSONL files: problem, and solution with a box, or answer",
		prompt: "qwen_math", text: "Problem: " + questionPlace + "\nAnswer:", read: readMATH,
		own: map[string]benchmarkPrompt{
			// lm-evaluation-harness's minerva_math, which has a prompt of its own.
			"minerva": {text: "Problem:\n" + questionPlace + "\n\nSolution:", answer: boxedAnswer},
		},
	})
}

// readMATH takes the field answer, or else the last box of the solution.
func readMATH(r *mathRow) (answer, solution string, err error) {
	solution = r.solutionText()
	if answer = r.answerText(); answer != "" {
		return answer, solution, nil
	}
	if answer = lastBox(solution); answer == "" {
		return "", "", errors.New("there is neither answer nor a solution with a box")
	}
	return answer, solution, nil
}
