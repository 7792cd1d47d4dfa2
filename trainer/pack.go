package trainer

import (
	"github.com/rlvr-go/rlvr/data"
)

// This file lays the rows of a step out for the model. A packed row holds whole
// sequences side by side; completions of one prompt share it, so that a group of
// eight costs its prompt once, and so does a pair, whose two responses are never parted.
// The response that a token belongs to is found by
// Gather, and the loss never sees the packing.

// item is one response to lay out.
type item struct {
	row    *data.Row
	prompt []int32
	tokens []int32
	group  int
	// whole lays out the last response token too.
	whole bool
}

// length is the number of input tokens: the last response token predicts nothing.
func (i *item) length() int {
	if i.whole {
		return len(i.tokens)
	}
	return len(i.tokens) - 1
}

// slot is where an item lies.
type slot struct {
	row, prompt, start int // row; columns of the prompt and of the response's first input
}

// layout is a packing of items in rows of one width: the number of responses in each.
type layout []int

// pack lays out the items and cuts them into micro-batches of one shape. arrays
// names the per-token inputs of the loss.
func (p *packer) pack(items []item, arrays []array, counts data.Counts) *data.Batch {
	b := &data.Batch{Counts: counts}
	if len(items) == 0 {
		return b
	}
	s := p.choose(items)
	slots := make([]slot, len(items))
	l := p.lay(items, s.S, s.N, slots)
	next := 0
	for _, rows := range l.cut(s) {
		n := 0
		for _, responses := range l[rows.lo:rows.hi] {
			n += responses
		}
		b.Micro = append(b.Micro, fill(items[next:next+n], slots[next:next+n], rows.lo, s, arrays))
		next += n
	}
	return b
}

// lay fills rows of one width in order, with at most most responses in each, and
// says in slots, unless it is nil, where each item lies.
func (p *packer) lay(items []item, width, most int, slots []slot) layout {
	var l layout
	used, group, prompt, last := width+1, -1, 0, -1
	unit := p.unit()
	for i := 0; i < len(items); i += unit {
		it, need := &items[i], 0
		for j := range unit {
			need += items[i+j].length()
		}
		if p.padded || group != it.group || used+need > width || l[last] == most {
			need += len(it.prompt)
			if p.padded || used+need > width || l[last] == most {
				l = append(l, 0)
				used, last = 0, last+1
			}
			group, prompt = it.group, used
			used += len(it.prompt)
		}
		for j := range unit {
			if slots != nil {
				slots[i+j] = slot{row: last, prompt: prompt, start: used}
			}
			used += items[i+j].length()
			l[last]++
		}
	}
	return l
}

// rowRange are the rows lo to hi, hi excluded, of a micro-batch.
type rowRange struct{ lo, hi int }

// cut divides rows among micro-batches of a shape: a new one begins where rows or
// responses would be too many.
func (l layout) cut(s shape) []rowRange {
	var out []rowRange
	lo, n := 0, 0
	for row, responses := range l {
		if row-lo == s.R || n+responses > s.N {
			out = append(out, rowRange{lo, row})
			lo, n = row, 0
		}
		n += responses
	}
	return append(out, rowRange{lo, len(l)})
}

// fill makes a micro-batch of the items that lie in rows from lo on.
func fill(items []item, slots []slot, lo int, s shape, arrays []array) data.MicroBatch {
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
	for n := range items {
		place(&m, &items[n], slots[n], lo, n)
	}
	for _, a := range arrays {
		into := make([]float32, nt)
		for n := range items {
			row := items[n].row
			line := into[n*s.T:][:len(row.Mask)]
			a.host(line, row)
			keepMasked(line, row.Mask)
		}
		m.Arrays[a.name] = into
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

// keepMasked clears values where the mask is not set: what is not trained is 0,
// whatever it holds.
func keepMasked(values []float32, mask []bool) {
	for i, m := range mask {
		if !m {
			values[i] = 0
		}
	}
}
