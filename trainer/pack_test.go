package trainer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/data"
)

// packCase is a random set of responses to lay out.
type packCase struct {
	groups, perGroup        int
	maxPrompt, maxResponse  int
	microTokens             int
	padded, paired          bool
	maskedTokens, maskedRow bool
}

// makeItems draws items: prompts of at least one token, responses of at least one,
// token ids from 1 so that padding shows.
func makeItems(c packCase, rng *rand.Rand) []item {
	var items []item
	for g := range c.groups {
		prompt := randomTokens(1+rng.IntN(c.maxPrompt), rng)
		for range c.perGroup {
			it := item{prompt: prompt, tokens: randomTokens(1+rng.IntN(c.maxResponse), rng), group: g}
			it.row = &data.Row{Group: g, Mask: make([]bool, len(it.tokens)), Weights: make([]float32, len(it.tokens))}
			for j := range it.tokens {
				it.row.Mask[j] = !c.maskedTokens || rng.IntN(3) > 0
				it.row.Weights[j] = rng.Float32() + 1
			}
			if c.maskedRow && rng.IntN(4) == 0 {
				clear(it.row.Mask)
			}
			items = append(items, it)
		}
	}
	return items
}

func randomTokens(n int, rng *rand.Rand) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(1 + rng.IntN(1000))
	}
	return out
}

// packArrays is one array of the loss, whose values are nowhere 0.
func packArrays() []array {
	return []array{{name: "weights", host: func(into []float32, r *data.Row) { copy(into, r.Weights) }}}
}

// checkBatch demands that every response of items is in the batch once, in order,
// and that each of its tokens is predicted from exactly the tokens before it.
func checkBatch(items []item, b *data.Batch, p *packer) error {
	next := 0
	for k := range b.Micro {
		m := &b.Micro[k]
		if err := checkShape(m, p); err != nil {
			return fmt.Errorf("micro-batch %d: %w", k, err)
		}
		for n := range m.Responses {
			if next == len(items) {
				return fmt.Errorf("micro-batch %d has more responses than there are", k)
			}
			if err := checkResponse(m, n, &items[next]); err != nil {
				return fmt.Errorf("micro-batch %d, response %d (item %d): %w", k, n, next, err)
			}
			next++
		}
		if err := checkUnused(m, items[next-m.Responses:next]); err != nil {
			return fmt.Errorf("micro-batch %d: %w", k, err)
		}
	}
	if next != len(items) {
		return fmt.Errorf("%d responses packed, there are %d", next, len(items))
	}
	return nil
}

func checkShape(m *data.MicroBatch, p *packer) error {
	inputs := [][]int32{m.Tokens, m.Positions, m.Segments, m.Prefixes}
	if slices.ContainsFunc(inputs, func(x []int32) bool { return len(x) != m.R*m.S }) {
		return fmt.Errorf("an input is not [%d, %d]", m.R, m.S)
	}
	if n := m.N * m.T; len(m.Gather) != n || len(m.Targets) != n || len(m.Mask) != n || len(m.Arrays["weights"]) != n {
		return fmt.Errorf("an array is not [%d, %d]", m.N, m.T)
	}
	if m.R > 1 && m.R*m.S > p.microTokens {
		return fmt.Errorf("%d rows of %d tokens: the limit is %d", m.R, m.S, p.microTokens)
	}
	if p.paired && (m.N%2 != 0 || m.Responses%2 != 0) {
		return fmt.Errorf("a pair is parted: %d responses in %d lines", m.Responses, m.N)
	}
	if m.Responses < 1 || m.Responses > m.N || p.padded && m.Responses > m.R*p.unit() {
		return fmt.Errorf("%d responses in %d lines, %d rows", m.Responses, m.N, m.R)
	}
	return nil
}

// checkResponse compares line n with an item. The tokens that the attention mask
// shows to the token that predicts j must be the prompt and the response before j.
func checkResponse(m *data.MicroBatch, n int, it *item) error {
	for j, want := range it.tokens {
		k := n*m.T + j
		from := int(m.Gather[k])
		if from < 0 || from >= m.R*m.S {
			return fmt.Errorf("token %d: gathered from %d, outside of the rows", j, from)
		}
		seen, positions := visible(m, from)
		context := append(slices.Clone(it.prompt), it.tokens[:j]...)
		if !slices.Equal(seen, context) {
			return fmt.Errorf("token %d: predicted from %v, want %v", j, seen, context)
		}
		for i, p := range positions {
			if int(p) != i {
				return fmt.Errorf("token %d: positions %v", j, positions)
			}
		}
		trained := it.row.Mask[j]
		if m.Targets[k] != want || (m.Mask[k] != 0) != trained || m.Mask[k] != 0 && m.Mask[k] != 1 {
			return fmt.Errorf("token %d: target %d, mask %v; want %d, %v", j, m.Targets[k], m.Mask[k], want, trained)
		}
		value := float32(0)
		if trained {
			value = it.row.Weights[j]
		}
		if m.Arrays["weights"][k] != value {
			return fmt.Errorf("token %d: weight %v, want %v", j, m.Arrays["weights"][k], value)
		}
	}
	return nil
}

// visible are the tokens that the token at flat index from attends to, as
// model.SegmentsGraph masks them, and their positions.
func visible(m *data.MicroBatch, from int) (tokens, positions []int32) {
	for c := from / m.S * m.S; c <= from; c++ {
		if s := m.Segments[c]; s == m.Segments[from] || s == m.Prefixes[from] {
			tokens, positions = append(tokens, m.Tokens[c]), append(positions, m.Positions[c])
		}
	}
	return tokens, positions
}

// checkUnused demands that what no response fills is padding, and that tokens are
// counted right: a row holds a group's prompt at most once if packed.
func checkUnused(m *data.MicroBatch, items []item) error {
	used := 0
	for i, s := range m.Segments {
		if s >= 0 {
			used++
		} else if m.Tokens[i] != 0 || m.Prefixes[i] != -1 {
			return fmt.Errorf("padding at %d holds token %d, prefix %d", i, m.Tokens[i], m.Prefixes[i])
		}
	}
	most := 0
	for i := range items {
		most += len(items[i].prompt) + items[i].length()
	}
	if used != m.NumTokens || used > most {
		return fmt.Errorf("%d tokens in the rows, NumTokens %d, at most %d are wanted", used, m.NumTokens, most)
	}
	trained, want := 0, 0
	for i := range m.Mask {
		if m.Mask[i] != 0 {
			trained++
		}
		if g := m.Gather[i]; g < 0 || int(g) >= m.R*m.S {
			return fmt.Errorf("line entry %d is gathered from %d", i, g)
		}
	}
	for i := range items {
		want += items[i].row.NumTrained()
	}
	if trained != want {
		return fmt.Errorf("%d trained tokens, want %d", trained, want)
	}
	return nil
}

var packCases = map[string]packCase{
	"one token":           {groups: 1, perGroup: 1, maxPrompt: 1, maxResponse: 1, microTokens: 64},
	"one response":        {groups: 1, perGroup: 1, maxPrompt: 7, maxResponse: 9, microTokens: 64},
	"quickstart":          {groups: 32, perGroup: 8, maxPrompt: 6, maxResponse: 4, microTokens: 16384},
	"quickstart padded":   {groups: 32, perGroup: 8, maxPrompt: 6, maxResponse: 4, microTokens: 16384, padded: true},
	"one-token answers":   {groups: 9, perGroup: 8, maxPrompt: 6, maxResponse: 1, microTokens: 256},
	"long prompts":        {groups: 5, perGroup: 4, maxPrompt: 300, maxResponse: 10, microTokens: 1024},
	"long responses":      {groups: 3, perGroup: 5, maxPrompt: 10, maxResponse: 700, microTokens: 2048},
	"rows over the limit": {groups: 3, perGroup: 3, maxPrompt: 50, maxResponse: 50, microTokens: 16},
	"groups of one":       {groups: 40, perGroup: 1, maxPrompt: 12, maxResponse: 12, microTokens: 512},
	"pairs":               {groups: 31, perGroup: 2, maxPrompt: 12, maxResponse: 20, microTokens: 512, paired: true},
	"pairs of long ones":  {groups: 5, perGroup: 2, maxPrompt: 50, maxResponse: 500, microTokens: 256, paired: true},
	"pairs padded":        {groups: 31, perGroup: 2, maxPrompt: 12, maxResponse: 20, microTokens: 512, paired: true, padded: true},
	"two pairs a prompt":  {groups: 9, perGroup: 4, maxPrompt: 12, maxResponse: 20, microTokens: 128, paired: true},
	"masked":              {groups: 8, perGroup: 6, maxPrompt: 9, maxResponse: 20, microTokens: 512, maskedTokens: true, maskedRow: true},
	"masked padded":       {groups: 8, perGroup: 6, maxPrompt: 9, maxResponse: 20, microTokens: 512, padded: true, maskedTokens: true, maskedRow: true},
}

// TestPack lays out random responses and looks for every token, with a packer that
// is new and one that remembers.
func TestPack(t *testing.T) {
	for name, c := range packCases {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 1))
			p := &packer{padded: c.padded, paired: c.paired, microTokens: c.microTokens, layers: 2, hidden: 64, vocab: 22}
			longest := 0
			for step := range 20 {
				items := makeItems(c, rng)
				for i := 0; i < len(items); i += p.unit() {
					whole := len(items[i].prompt)
					for j := range p.unit() {
						whole += items[i+j].length()
					}
					longest = max(longest, whole)
				}
				counts := data.Counts{Tokens: step, Sequences: 2 * step}
				b := p.pack(items, packArrays(), counts)
				if err := checkBatch(items, b, p); err != nil {
					t.Fatalf("step %d: %v", step, err)
				}
				// Nothing but a single sequence may be over the limit.
				if m := &b.Micro[0]; m.R*m.S > max(c.microTokens, powerOfTwo(longest)) {
					t.Errorf("step %d: %d rows of %d tokens, the limit is %d", step, m.R, m.S, c.microTokens)
				}
				if b.Counts != counts {
					t.Errorf("counts %v, want %v", b.Counts, counts)
				}
			}
		})
	}
}

func TestPackNothing(t *testing.T) {
	b := (&packer{microTokens: 64}).pack(nil, packArrays(), data.Counts{Tokens: 3})
	if len(b.Micro) != 0 || b.Counts.Tokens != 3 {
		t.Errorf("batch of nothing: %+v", b)
	}
}

// TestPackSharesPrompts: a group that fits into one row holds its prompt once.
func TestPackSharesPrompts(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	items := makeItems(packCase{groups: 1, perGroup: 8, maxPrompt: 40, maxResponse: 6}, rng)
	want := len(items[0].prompt)
	for i := range items {
		want += items[i].length()
	}
	for _, padded := range []bool{false, true} {
		b := (&packer{padded: padded, microTokens: 4096, layers: 2, hidden: 1024}).pack(items, nil, data.Counts{})
		got := 0
		for i := range b.Micro {
			got += b.Micro[i].NumTokens
		}
		if !padded && got != want || padded && got != want+7*len(items[0].prompt) {
			t.Errorf("padded %v: %d tokens, the group has %d with one prompt of %d", padded, got, want, len(items[0].prompt))
		}
	}
}

// shapesOf packs steps of items and counts the shapes that come up.
func shapesOf(p *packer, steps int, items func(step int) []item) map[shape]int {
	seen := map[shape]int{}
	for step := range steps {
		b := p.pack(items(step), nil, data.Counts{})
		for i := range b.Micro {
			m := &b.Micro[i]
			seen[shape{m.R, m.S, m.N, m.T}]++
		}
	}
	return seen
}

// TestPackShapesStayFew: a shape is an executable to compile. There are few over a
// stage whose lengths are drawn from one distribution.
func TestPackShapesStayFew(t *testing.T) {
	for name, most := range map[string]int{
		"quickstart": 5, "quickstart padded": 2, "one-token answers": 6, "groups of one": 4, "masked": 5,
		"long prompts": manyShapes, // five of 1 to 300 tokens: no two steps are alike
	} {
		c := packCases[name]
		rng := rand.New(rand.NewPCG(3, 3))
		p := &packer{padded: c.padded, microTokens: c.microTokens, layers: 2, hidden: 256, vocab: 500}
		seen := shapesOf(p, 300, func(int) []item { return makeItems(c, rng) })
		if len(seen) > most {
			t.Errorf("%s: %d shapes in 300 steps, want at most %d: %v", name, len(seen), most, seen)
		}
	}
}

// maxExecutables is the number of shapes at which the device gives up.
const maxExecutables = 32

// TestPackShapesAreBounded: a policy that comes to write ever longer completions,
// or comes to write short ones, does not run into the device's limit on shapes.
func TestPackShapesAreBounded(t *testing.T) {
	const steps = 150
	for name, length := range map[string]func(step int) int{
		"growing":   func(step int) int { return 1 + step*20 },
		"shrinking": func(step int) int { return 1 + (steps-step)*20 },
		"wild":      func(step int) int { return 1 << (step * 7 % 12) },
	} {
		for _, padded := range []bool{false, true} {
			rng := rand.New(rand.NewPCG(5, 5))
			p := &packer{padded: padded, microTokens: 16384, layers: 4, hidden: 256, vocab: 1000}
			seen := shapesOf(p, steps, func(step int) []item {
				return makeItems(packCase{groups: 1 + rng.IntN(12), perGroup: 4, maxPrompt: 60, maxResponse: length(step)}, rng)
			})
			if len(seen) > maxExecutables {
				t.Errorf("%s, padded %v: %d shapes, the device allows %d", name, padded, len(seen), maxExecutables)
			}
			t.Logf("%s, padded %v: %d shapes", name, padded, len(seen))
		}
	}
}

// FuzzPack lays out responses of lengths that the fuzzer chooses, twice.
func FuzzPack(f *testing.F) {
	f.Add([]byte{1, 1}, uint16(64), uint16(64), false)
	f.Add([]byte{6, 4, 0, 4, 0, 3, 12, 200, 0, 1}, uint16(16), uint16(8), false)
	f.Add([]byte{6, 4, 0, 4, 0, 3, 12, 200, 0, 1}, uint16(512), uint16(4096), true)
	f.Fuzz(func(t *testing.T, lengths []byte, micro, hidden uint16, padded bool) {
		if len(lengths) > 200 {
			return
		}
		rng := rand.New(rand.NewPCG(4, 4))
		var items []item
		prompt, group := randomTokens(3, rng), 0
		for i := 0; i+1 < len(lengths); i += 2 {
			if n := int(lengths[i]); n > 0 { // else another response to the same prompt
				prompt, group = randomTokens(n, rng), group+1
			}
			it := item{prompt: prompt, tokens: randomTokens(1+int(lengths[i+1]), rng), group: group}
			it.row = &data.Row{Mask: make([]bool, len(it.tokens)), Weights: make([]float32, len(it.tokens))}
			for j := range it.tokens {
				it.row.Mask[j], it.row.Weights[j] = rng.IntN(4) > 0, 1+rng.Float32()
			}
			items = append(items, it)
		}
		p := &packer{padded: padded, microTokens: max(16, int(micro)), layers: 1, hidden: int(hidden), vocab: 99}
		for range 2 {
			if len(items) == 0 {
				return
			}
			if err := checkBatch(items, p.pack(items, packArrays(), data.Counts{}), p); err != nil {
				t.Fatal(err)
			}
			items = items[len(items)/2:]
		}
	})
}
