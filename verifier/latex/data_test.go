package latex

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// problem is a row of a benchmark: its gold answer and, where there is one, a worked
// solution that marks it.
type problem struct {
	id, gold, solution string
}

// benchmarkSets read the sets that RLVR_DATA may have. None is part of the repository.
var benchmarkSets = []struct {
	path string
	read func(row map[string]any) problem
}{
	{"gsm8k/test.jsonl", gsm8kProblem},
	{"gsm8k/train.jsonl", gsm8kProblem},
	{"math500/test.jsonl", answerProblem},
	{"aime24/test.jsonl", answerProblem},
	{"aime25/test.jsonl", answerProblem},
	{"amc23/test.jsonl", answerProblem},
	{"olympiadbench/test.jsonl", olympiadProblem},
}

func gsm8kProblem(row map[string]any) problem {
	solution := row["answer"].(string)
	_, gold, _ := strings.Cut(solution, "####")
	return problem{gold: strings.TrimSpace(gold), solution: solution}
}

func answerProblem(row map[string]any) problem {
	p := problem{gold: fmt.Sprint(row["answer"])}
	if s, ok := row["solution"].(string); ok {
		p.solution = s
	}
	return p
}

func olympiadProblem(row map[string]any) problem {
	return problem{gold: row["final_answer"].([]any)[0].(string)}
}

func readProblems(t *testing.T, path string, read func(map[string]any) problem) []problem {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<22)
	var out []problem
	for lines.Scan() {
		var row map[string]any
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		p := read(row)
		p.id = fmt.Sprintf("%s:%d", filepath.Base(filepath.Dir(path)), len(out)+1)
		out = append(out, p)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestBenchmarkGolds: every gold answer verifies against itself, bare and in a box, and
// against its worked solution, and no neighbour's answer passes for it.
func TestBenchmarkGolds(t *testing.T) {
	folder := os.Getenv("RLVR_DATA")
	if folder == "" {
		t.Skip("RLVR_DATA names no folder with gsm8k, math500, aime24, aime25, amc23 and olympiadbench")
	}
	for _, set := range benchmarkSets {
		problems := readProblems(t, filepath.Join(folder, set.path), set.read)
		solutions := 0
		for i := range problems {
			p := &problems[i]
			for _, completion := range []string{p.gold, `So the answer is \boxed{` + strings.Trim(p.gold, "$") + "}."} {
				if r := Judge([]string{p.gold}, completion, &Options{}); r.Outcome != Equal {
					t.Errorf("%s: gold %q against itself in %q: %+v", p.id, p.gold, completion, r)
				}
			}
			if p.solution != "" {
				solutions++
				if r := Judge([]string{p.gold}, p.solution, &Options{}); r.Outcome != Equal {
					t.Errorf("%s: gold %q against its solution: %+v", p.id, p.gold, r)
				}
			}
		}
		pairs := checkNeighbours(t, problems)
		t.Logf("%s: %d golds, %d solutions, %d pairs of neighbours", set.path, len(problems), solutions, pairs)
	}
}

// checkNeighbours judges each gold answer against those of the next rows.
func checkNeighbours(t *testing.T, problems []problem) int {
	t.Helper()
	const window = 25
	pairs := 0
	for i := range problems {
		for k := i + 1; k < min(len(problems), i+1+window); k++ {
			a, b := problems[i].gold, problems[k].gold
			if simpleForm(a) == simpleForm(b) {
				continue
			}
			pairs++
			if r := Judge([]string{a}, `\boxed{`+strings.Trim(b, "$")+"}", &Options{}); r.Outcome == Equal {
				t.Errorf("%s, %s: %q passes for %q by %s", problems[i].id, problems[k].id, b, a, r.Rule)
			}
		}
	}
	return pairs
}

// simpleForm is a spelling that answers share which are the same for other reasons than
// this package's: the value of an assignment, a number with or without its unit.
func simpleForm(s string) string {
	if at := strings.LastIndex(s, "="); at >= 0 {
		s = s[at+1:]
	}
	if at := strings.Index(s, `\mbox`); at > 0 {
		s = s[:at]
	}
	switch s {
	case "52_8":
		return "42"
	case "z", "z$": // f(z)=z is f(n)=n
		return "n"
	}
	s = strings.NewReplacer(`^{\circ}`, "", `\frac`, "", `\dfrac`, "", `\tfrac`, "", "{", "", "}", "", "$", "", " ", "", `\!`, "", ",", "", `\left`, "", `\right`, "", `^\circ`, "", `\circ`, "", "^", "", `\`, "").Replace(s)
	return strings.TrimSuffix(s, ".0")
}
