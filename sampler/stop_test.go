package sampler

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model/device"
)

// pairStopper ends a completion at two tokens in a row whose sum divides by 7, and
// keeps what is before them: a string that may lie across two chunks.
type pairStopper struct {
	mu    sync.Mutex
	wrong []string        // violations of the interface's promise
	shown map[string]bool // completions as they were shown
}

func (p *pairStopper) find(tokens []int32) int {
	for i := 1; i < len(tokens); i++ {
		if (tokens[i-1]+tokens[i])%7 == 0 {
			return i - 1
		}
	}
	return -1
}

func (p *pairStopper) Stop(tokens []int32, seen int) (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	// What was seen of a completion is the longest beginning of it that was shown:
	// completions are cut at the same lengths.
	last := len(tokens) - 1
	for last > 0 && !p.shown[fmt.Sprint(tokens[:last])] {
		last--
	}
	if last != seen {
		p.wrong = append(p.wrong, fmt.Sprintf("%v: %d said to be seen, %d were", tokens, seen, last))
	}
	if p.shown == nil {
		p.shown = map[string]bool{}
	}
	p.shown[fmt.Sprint(tokens)] = true
	keep := p.find(tokens)
	return max(keep, 0), keep >= 0
}

// TestStopperCutsCompletions compares with cutting the completions of a run without
// stopper by hand: the same in all chunks, also where the end of sequence comes later
// in the chunk of the stop.
func TestStopperCutsCompletions(t *testing.T) {
	backends(t, func(t *testing.T, dev *device.Device) {
		p := testPolicy(t)
		o := Options{NumGenerations: 4, Temperature: 1, TopP: 1, MaxCompletionLength: 12, ChunkTokens: 8, MaxRows: 64}
		prompts, chunks := testPrompts(20, 2, 8), []int{1, 3, 8, 32}
		if dev.Name != "go" {
			prompts, chunks = prompts[:16], chunks[2:3] // few shapes to compile
		}
		full := sampleAll(t, dev, p, o, prompts, nil)
		for _, chunk := range chunks {
			o.ChunkTokens = chunk
			stopper := &pairStopper{}
			kinds := map[string]int{}
			for k, got := range sampleAll(t, dev, p, o, prompts, stopper) {
				want := full[k]
				kind := want.Finish.String()
				if i := stopper.find(want.Tokens); i >= 0 {
					kind += " after a stop"
					want.Tokens, want.LogProbs, want.Finish = want.Tokens[:i], want.LogProbs[:i], data.FinishStop
				}
				kinds[kind]++
				if !slices.Equal(got.Tokens, want.Tokens) || got.Finish != want.Finish || len(got.LogProbs) != len(want.LogProbs) {
					t.Errorf("chunks of %d, completion %v:\n got %v\nwant %v", chunk, k, got, want)
				}
				if dev.Name == "go" && !slices.Equal(got.LogProbs, want.LogProbs) {
					t.Errorf("chunks of %d, completion %v: log-probs differ", chunk, k)
				}
				if got.TruncatedLogProbs != nil {
					t.Errorf("completion %v: truncated log-probs, but nothing was truncated", k)
				}
			}
			for _, kind := range []string{"eos", "length", "eos after a stop", "length after a stop"} {
				if kinds[kind] == 0 {
					t.Errorf("chunks of %d: no completion of kind %q in %v", chunk, kind, kinds)
				}
			}
			for _, w := range stopper.wrong {
				t.Errorf("chunks of %d: %s", chunk, w)
			}
		}
	})
}

// TestStopperWithTruncation cuts all three arrays alike, down to nothing.
func TestStopperWithTruncation(t *testing.T) {
	dev := open(t, "go")
	p := testPolicy(t)
	o := Options{NumGenerations: 4, Temperature: 1, TopK: 5, TopP: 1, MaxCompletionLength: 9, ChunkTokens: 4, MaxRows: 64}
	prompts := testPrompts(12, 2, 8)
	full := sampleAll(t, dev, p, o, prompts, nil)
	stopper := &pairStopper{}
	nothing := 0
	for k, got := range sampleAll(t, dev, p, o, prompts, stopper) {
		want := full[k]
		if i := stopper.find(want.Tokens); i >= 0 {
			want.Tokens, want.LogProbs, want.TruncatedLogProbs = want.Tokens[:i], want.LogProbs[:i], want.TruncatedLogProbs[:i]
			want.Finish = data.FinishStop
			if i == 0 {
				nothing++
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("completion %v:\n got %v\nwant %v", k, got, want)
		}
	}
	if nothing == 0 {
		t.Error("no completion stopped at its first token")
	}
}

// TestLengthStop has limits at, around and below the chunk.
func TestLengthStop(t *testing.T) {
	backends(t, func(t *testing.T, dev *device.Device) {
		p := testPolicy(t)
		prompts := testPrompts(3, 2, 8)
		limits := []int{1, 2, 4, 5, 9}
		if dev.Name != "go" {
			limits = []int{1, 6}
		}
		for _, limit := range limits {
			o := Options{NumGenerations: 2, Temperature: 1, TopP: 1, MaxCompletionLength: limit, ChunkTokens: 4, MaxRows: 8}
			s, err := New(dev, p.Arch, o, nil, nil) // no end of sequence
			if err != nil {
				t.Fatal(err)
			}
			for k, r := range collect(t, s, p, prompts) {
				if len(r.Tokens) != limit || len(r.LogProbs) != limit || r.Finish != data.FinishLength {
					t.Errorf("limit %d, completion %v: %d tokens, %d log-probs, %v", limit, k, len(r.Tokens), len(r.LogProbs), r.Finish)
				}
			}
		}
	})
}

// TestEndOfSequenceIsTheLastToken: with any of several ids, kept as part of the
// completion, and with the last token allowed.
func TestEndOfSequenceIsTheLastToken(t *testing.T) {
	dev := open(t, "go")
	p := testPolicy(t)
	o := Options{NumGenerations: 8, Temperature: 1, TopP: 1, MaxCompletionLength: 3, ChunkTokens: 8, MaxRows: 64}
	eos := []int32{1, 5, 9, 13}
	s, err := New(dev, p.Arch, o, eos, nil)
	if err != nil {
		t.Fatal(err)
	}
	ends := map[string]int{}
	for k, r := range collect(t, s, p, testPrompts(20, 2, 8)) {
		n := len(r.Tokens)
		last := slices.Contains(eos, r.Tokens[n-1])
		if last != (r.Finish == data.FinishEOS) || slices.ContainsFunc(r.Tokens[:n-1], func(id int32) bool { return slices.Contains(eos, id) }) {
			t.Errorf("completion %v: %v, %v", k, r.Tokens, r.Finish)
		}
		ends[fmt.Sprint(n, last)]++
	}
	for _, kind := range []string{"1 true", "2 true", "3 true", "3 false"} {
		if ends[kind] == 0 {
			t.Errorf("no completion of kind %q in %v", kind, ends)
		}
	}
}
