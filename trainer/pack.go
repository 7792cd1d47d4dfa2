package trainer

import (
	"github.com/rlvr-go/rlvr/data"
)

// This file lays the rows of a step out for the model. A packed row holds whole
// sequences side by side; completions of one prompt share it, so that a group of
// eight costs its prompt once. The response that a token belongs to is found by
// Gather, and the loss never sees the packing.

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
	slots []slot
	// perRow is the number of responses in each row.
	perRow []int
}

// pack lays out the items and cuts them into micro-batches of one shape. arrays
// names the per-token inputs of the loss.
func (p *packer) pack(items []item, arrays map[string]func(*data.Row) []float32, counts data.Counts) *data.Batch {
	b := &data.Batch{Counts: counts}
	if len(items) == 0 {
		return b
	}
	s, l := p.choose(items)
	next := 0
	for _, rows := range l.cut(s) {
		n := 0
		for _, responses := range l.perRow[rows.lo:rows.hi] {
			n += responses
		}
		b.Micro = append(b.Micro, fill(items[next:next+n], l.slots[next:next+n], rows.lo, s, arrays))
		next += n
	}
	return b
}

// lay fills rows of one width in order, with at most most responses in each.
func (p *packer) lay(items []item, width, most int) layout {
	l := layout{slots: make([]slot, len(items))}
	used, group, prompt, last := width+1, -1, 0, -1
	for i := range items {
		it := &items[i]
		need := it.length()
		if p.padded || group != it.group || used+need > width || l.perRow[last] == most {
			need += len(it.prompt)
			if p.padded || used+need > width || l.perRow[last] == most {
				l.perRow = append(l.perRow, 0)
				used, last = 0, last+1
			}
			group, prompt = it.group, used
			used += len(it.prompt)
		}
		l.slots[i] = slot{row: last, prompt: prompt, start: used}
		used += it.length()
		l.perRow[last]++
	}
	return l
}

// rowRange are the rows lo to hi, hi excluded, of a micro-batch.
type rowRange struct{ lo, hi int }

// cut divides rows among micro-batches of a shape: a new one begins where rows or
// responses would be too many.
func (l *layout) cut(s shape) []rowRange {
	var out []rowRange
	lo, n := 0, 0
	for row, responses := range l.perRow {
		if row-lo == s.R || n+responses > s.N {
			out = append(out, rowRange{lo, row})
			lo, n = row, 0
		}
		n += responses
	}
	return append(out, rowRange{lo, len(l.perRow)})
}

// fill makes a micro-batch of the items that lie in rows from lo on.
func fill(items []item, slots []slot, lo int, s shape, arrays map[string]func(*data.Row) []float32) data.MicroBatch {
	rs, nt := s.R*s.S, s.N*s.T
	m := data.MicroBatch{
		R: s.R, S: s.S, N: s.N, T: s.T,
		Tokens: make([]int32, rs), Positions: make([]int32, rs), Segments: make([]int32, rs), Prefixes: make([]int32, rs),
		Gather: make([]int32, nt), Targets: make([]int32, nt), Mask: make([]float32, nt), Arrays: map[string][]float32{},
		Responses: len(items),
	}
	for i := range m.Segments {
		m.Segments[i], m.Prefixes[i] = -1, -1
	}
	for name := range arrays {
		m.Arrays[name] = make([]float32, nt)
	}
	for n := range items {
		place(&m, &items[n], slots[n], lo, n)
		for name, get := range arrays {
			masked(m.Arrays[name][n*s.T:], get(items[n].row), items[n].row.Mask)
		}
	}
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
