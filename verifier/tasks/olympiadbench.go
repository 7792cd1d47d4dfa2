package tasks

import (
	"errors"
	"strings"
)

func init() {
	registerBenchmark(&benchmarkSet{
		name: "olympiadbench", summary: "OlympiadBench's open questions in mathematics (He et al., 2024, arXiv 2402.14008) from your JSONL files: question, final_answer",
		prompt: "qwen_math", read: readOlympiadBench,
		own: map[string]benchmarkPrompt{"olympiadbench": {user: olympiadPrompt + "\n" + questionPlace + "\n" + boxInWords, fill: fillOlympiad, answer: boxedAnswer}},
	})
}

// readOlympiadBench takes the final answers, as one list where there are several. The
// field error, a tolerance that few rows have, is not honoured.
func readOlympiadBench(r *mathRow) (answer, solution string, err error) {
	if len(r.FinalAnswer) == 0 {
		return "", "", errors.New("final_answer is missing")
	}
	return strings.Join(r.FinalAnswer, ", "), r.solutionText(), nil
}

// olympiadPrompt is that of OlympiadBench's own evaluation of English open questions, with
// places for what depends on the row.
const olympiadPrompt = `The following is an open-ended problem from an International Math competition. {type}Please calculate the answer according to the given requirements and the information provided. ` +
	`Please use LaTeX format to represent the variables and formulas used in the solution process and results. Please end your solution with "So the final answer is {box}." and give the result explicitly{unit}.`

// fillOlympiad says of what kind the answer is.
func fillOlympiad(user string, r *mathRow) string {
	kinds := map[string]string{"Numerical": "a numerical value", "Expression": "an expression", "Equation": "an equation", "Interval": "an interval"}
	kind, box, unit := "", `\boxed{answer}`, ""
	switch what := kinds[r.AnswerType]; {
	case what == "": // a tuple, of which nothing is said
	case r.MultipleAnswer:
		kind = "The problem has multiple answers, each of them should be " + what + ". "
	default:
		kind = "The answer of The problem should be " + what + ". "
	}
	if r.MultipleAnswer {
		box = `\boxed{multiple answers connected with commas}`
	}
	if r.Unit != "" {
		box += "(unit)"
		unit = `, note that the unit of the answer should not be included in \boxed{}`
	}
	return strings.NewReplacer("{type}", kind, "{box}", box, "{unit}", unit).Replace(user)
}
