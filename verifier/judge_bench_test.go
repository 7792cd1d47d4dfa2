package verifier

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/data"
)

// BenchmarkJudge is a step of 256 completions whose verdict costs nothing: what judging
// itself takes.
func BenchmarkJudge(b *testing.B) {
	v, _ := New("exact", nil)
	j := NewJudge(v, 0, 2*time.Second)
	ex := &data.Example{ID: "a", Answers: []string{"910"}}
	jobs := make([]Job, 256)
	for i := range jobs {
		jobs[i] = Job{ex, "910"}
	}
	for b.Loop() {
		j.Verdicts(context.Background(), jobs)
	}
}

// BenchmarkJudgeMath is a step of 256 completions as long as those to GSM8K (100 to 150
// words, of which the answer is the last), judged by math as a trainer has them judged.
func BenchmarkJudgeMath(b *testing.B) {
	r, err := (&Options{Verifier: "math", TimeoutMS: 2000}).Open(slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	jobs := make([]Job, 256)
	for i := range jobs {
		jobs[i] = schoolJob(i)
	}
	for b.Loop() {
		s := r.Start(context.Background(), len(jobs))
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
	b.ReportMetric(float64(len(jobs)*b.N)/b.Elapsed().Seconds(), "verdicts/s")
}

// schoolJob is a word problem's solution; every fourth is wrong.
func schoolJob(i int) Job {
	price, weeks := 12+i, 3+i%7
	total := price * weeks
	said := total
	if i%4 == 3 {
		said++
	}
	text := ""
	for w := 1; w <= weeks+4; w++ {
		text += fmt.Sprintf("In week %d she sells %d cakes at $%d.00 each, so that week brings %d*%d = %d dollars. ", w, 2*w, price, 2*w, price, 2*w*price)
	}
	end := []string{"So she makes \\boxed{%d} dollars.", "The answer is %d.", "#### %d", "That makes $%d in total."}[i/4%4]
	// A reference answer is a worked solution, as the set has it, or the bare number.
	gold := fmt.Sprintf("She makes %d*%d = <<%d*%d=%d>>%d dollars.\n#### %d", price, weeks, price, weeks, total, total, total)
	if i%2 == 0 {
		gold = fmt.Sprint(total)
	}
	return Job{&data.Example{ID: fmt.Sprint(i), Answers: []string{gold}}, text + fmt.Sprintf(end, said)}
}
