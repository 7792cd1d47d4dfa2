package code_test

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
)

// BenchmarkJudgeCode is a step of 256 completions of 32 problems, judged as a trainer has
// them judged, with warm workers: programs like those to HumanEval, every fourth wrong.
func BenchmarkJudgeCode(b *testing.B) {
	for _, style := range []string{"host", "oracle", "stdio"} {
		b.Run(style, func(b *testing.B) {
			pool(b) // skips where there is none
			r, err := (&verifier.Options{Verifier: "code", TimeoutMS: 2000}).Open(slog.New(slog.DiscardHandler))
			if err != nil {
				b.Fatal(err)
			}
			defer r.Close()
			jobs := make([]verifier.Job, 256)
			for i := range jobs {
				jobs[i] = schoolProgram(b, style, i)
			}
			for b.Loop() {
				s := r.Start(b.Context(), len(jobs))
				for i := range jobs {
					s.Add(i, jobs[i])
				}
				scores := s.Scores()
				s.Close()
				for i, v := range scores.Verdicts {
					if want := i%4 != 3; (v.Kind == data.Correct) != want {
						b.Fatalf("%q: %+v", jobs[i].Completion, v)
					}
				}
			}
			b.ReportMetric(float64(len(jobs)*b.N)/b.Elapsed().Seconds(), "programs/s")
		})
	}
}

func schoolProgram(b *testing.B, style string, i int) verifier.Job {
	k := i / 8 // eight completions of a problem
	source := fmt.Sprintf("from typing import List\n\ndef rescale(numbers: List[int]) -> List[int]:\n    low = min(numbers)\n    return [(n - low) * %d for n in numbers]\n", k+1+i%4/3)
	tests := map[string]string{
		"host":   `{"asserts": ["assert rescale([3, 4, 5]) == [0, %d, %d]", "assert rescale([-1]) == [0]", "assert rescale([2, 2, 3]) == [0, 0, %[1]d]"]}`,
		"oracle": `{"asserts": ["assert sum(rescale([3, 4])) == %d and %d", "assert len(rescale([-1])) == 1"]}`,
		"stdio":  `{"stdio": [{"input": "3 4 5\n", "output": "0 %d %d\n"}]}`,
	}[style]
	if style == "stdio" {
		source += "\nprint(*rescale([int(x) for x in input().split()]))\n"
	}
	return verifier.Job{Example: example(b, fmt.Sprintf(tests, k+1, 2*(k+1))), Completion: "The numbers are moved and scaled.\n\n" + fenced(source)}
}
