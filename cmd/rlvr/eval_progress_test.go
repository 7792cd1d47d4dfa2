package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/trainer/evaluation"
)

// TestEvalProgress: a plain line every ten seconds, whose estimate counts only what was
// done since the start, not what the file had already.
func TestEvalProgress(t *testing.T) {
	var out bytes.Buffer
	p := newEvalProgress(&out)
	now := time.Unix(0, 0)
	p.now = func() time.Time { return now }
	p.begin("test", 100, 60)
	problem := &evaluation.Problem{Completions: []evaluation.Completion{{Tokens: 30}, {Tokens: 20}}}
	for range 15 {
		now = now.Add(time.Second)
		p.add(problem)
	}
	p.end()
	// 10 problems in 10 s leave 50, 50 tokens each.
	if want := "test 50 of 100 problems, 50 tokens/s, eta 50s\n"; out.String() != want {
		t.Errorf("progress %q, want %q", out.String(), want)
	}
	p.terminal = true
	now = now.Add(time.Second)
	p.add(problem)
	p.end()
	if live := strings.TrimPrefix(out.String(), "test 50 of 100 problems, 50 tokens/s, eta 50s\n"); !strings.HasPrefix(live, "\rtest 56 of 100") || !strings.HasSuffix(live, " \r") {
		t.Errorf("live line %q", live)
	}
}
