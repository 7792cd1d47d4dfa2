package verifier

import (
	"context"
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
