package trainer

import (
	"math/bits"

	"github.com/rlvr-go/rlvr/data"
)

// This file lays the rows of a step out for the model. A packed row holds whole
// sequences side by side; completions of one prompt share it, so that a group of
// eight costs its prompt once. The response that a token belongs to is found by
// Gather, and the loss never sees the packing.

// packedRow bounds the width of rows that hold several sequences: attention costs
// grow with the square of the width.
const packedRow = 512

// item is one response to lay out.
type item struct {
	row    *data.Row
	prompt []int32
	tokens []int32
	group  int
}

// length is the number of input tokens: the last response token predicts nothing.
func (i *item) length() int { return len(i.tokens) - 1 }

// slot is where an item lies.
type slot struct {
	row, prompt, start int // row; columns of the prompt and of the response's first input
}

// layout is a packing of items in rows of one width.
type layout struct {
	width, rows int
	slots       []slot
	most        int // responses in the fullest row
}

// packer chooses shapes and remembers them over a stage, so that executables are
// few: a shape that fits and is not much dearer is used again.
type packer struct {
	padded      bool
	microTokens int
	hidden      int
	// width, responses a row and response length used last.
	width, perRow, length int
}

// pack lays out the items and cuts them into micro-batches. arrays names the
// per-token inputs of the loss.
func (p *packer) pack(items []item, arrays map[string]func(*data.Row) []float32, counts data.Counts) *data.Batch {
	b := &data.Batch{Counts: counts}
	if len(items) == 0 {
		return b
	}
	l := p.choose(items)
	longest := 0
	for i := range items {
		longest = max(longest, len(items[i].tokens))
	}
	p.width, p.perRow, p.length = l.width, max(p.perRow, l.most), max(p.length, powerOfTwo(longest))
	perMicro := max(1, p.microTokens/l.width)
	micros := (l.rows + perMicro - 1) / perMicro
	rows := halfOctave((l.rows + micros - 1) / micros)
	if rows > perMicro {
		rows = perMicro
	}
	for lo := 0; lo < l.rows; lo += rows {
		b.Micro = append(b.Micro, p.fill(items, l, lo, rows, arrays))
	}
	return b
}

// choose finds the cheapest row width, or keeps the last one where that is nearly
// as cheap.
func (p *packer) choose(items []item) layout {
	single := 0
	for i := range items {
		single = max(single, len(items[i].prompt)+items[i].length())
	}
	if p.padded {
		return p.lay(items, max(rowWidth(single), p.width))
	}
	best := p.lay(items, rowWidth(single))
	for w := rowWidth(best.width + 1); w <= max(packedRow, best.width); w = rowWidth(w + 1) {
		if l := p.lay(items, w); p.cost(l) < p.cost(best) {
			best = l
		}
	}
	const nearly = 1.25
	if p.width >= single {
		if l := p.lay(items, p.width); p.cost(l) <= nearly*p.cost(best) {
			return l
		}
	}
	return best
}

// cost is proportional to the work of a layout: matrix products of 12 D^2 a token
// and attention of 4 D width.
func (p *packer) cost(l layout) float64 {
	return float64(l.rows*l.width) * float64(3*p.hidden+l.width)
}

// lay fills rows of one width in order.
func (p *packer) lay(items []item, width int) layout {
	l := layout{width: width, slots: make([]slot, len(items))}
	used, group, prompt, inRow := width+1, -1, 0, 0
	for i := range items {
		it := &items[i]
		need := it.length()
		if p.padded || group != it.group || used+need > width {
			need += len(it.prompt)
			if p.padded || used+need > width {
				l.rows++
				used, inRow = 0, 0
			}
			group, prompt = it.group, used
			used += len(it.prompt)
		}
		l.slots[i] = slot{row: l.rows - 1, prompt: prompt, start: used}
		used += it.length()
		inRow++
		l.most = max(l.most, inRow)
	}
	return l
}

// fill makes the micro-batch of rows [lo, lo+rows).
func (p *packer) fill(items []item, l layout, lo, rows int, arrays map[string]func(*data.Row) []float32) data.MicroBatch {
	r, s, n, t := rows, l.width, rows*p.perRow, p.length
	m := data.MicroBatch{
		R: r, S: s, N: n, T: t,
		Tokens: make([]int32, r*s), Positions: make([]int32, r*s), Segments: make([]int32, r*s), Prefixes: make([]int32, r*s),
		Gather: make([]int32, n*t), Targets: make([]int32, n*t), Mask: make([]float32, n*t), Arrays: map[string][]float32{},
	}
	for i := range m.Segments {
		m.Segments[i], m.Prefixes[i] = -1, -1
	}
	for name := range arrays {
		m.Arrays[name] = make([]float32, n*t)
	}
	response := 0
	for i := range items {
		at := l.slots[i]
		if at.row < lo || at.row >= lo+rows {
			continue
		}
		place(&m, &items[i], at, lo, response)
		for name, get := range arrays {
			masked(m.Arrays[name][response*t:], get(items[i].row), items[i].row.Mask)
		}
		response++
	}
	m.Responses = response
	return m
}

// place writes one item: its prompt (again, where it shares one: the same values)
// and its inputs into a row, and its response into line n.
func place(m *data.MicroBatch, it *item, at slot, lo, n int) {
	base := (at.row - lo) * m.S
	promptSegment, segment := int32(at.prompt), int32(at.start)
	for j, id := range it.prompt {
		c := base + at.prompt + j
		if m.Segments[c] < 0 {
			m.NumTokens++
		}
		m.Tokens[c], m.Positions[c], m.Segments[c], m.Prefixes[c] = id, int32(j), promptSegment, promptSegment
	}
	for j, id := range it.tokens {
		from := base + at.prompt + len(it.prompt) - 1
		if j > 0 {
			from = base + at.start + j - 1
		}
		k := n*m.T + j
		m.Gather[k], m.Targets[k] = int32(from), id
		if it.row.Mask[j] {
			m.Mask[k] = 1
		}
		if j == it.length() {
			break
		}
		c := base + at.start + j
		m.Tokens[c], m.Positions[c], m.Segments[c], m.Prefixes[c] = id, int32(len(it.prompt)+j), segment, promptSegment
		m.NumTokens++
	}
}

// masked copies values where the mask is set: what is not trained is 0, whatever
// it holds.
func masked(into, values []float32, mask []bool) {
	for i, v := range values {
		if mask[i] {
			into[i] = v
		}
	}
}

// rowWidth rounds up to a multiple of 4 below 32, then to four widths a doubling.
func rowWidth(n int) int {
	step := 4
	if n > 32 {
		step = 1 << (bits.Len(uint(n-1)) - 3)
	}
	return (n + step - 1) / step * step
}

// halfOctave rounds up to 1, 2, 3, 4, 6, 8, 12, 16, ...
func halfOctave(n int) int {
	p := powerOfTwo(n)
	if n <= p*3/4 && p >= 4 {
		return p * 3 / 4
	}
	return p
}

func powerOfTwo(n int) int {
	if n <= 1 {
		return 1
	}
	return 1 << bits.Len(uint(n-1))
}
