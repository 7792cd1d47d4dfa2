package trainer

import (
	"math"
	"math/bits"

	"github.com/rlvr-go/rlvr/model"
)

// This file chooses the shapes of micro-batches. Each is an executable to compile,
// so there must be few of them, whatever lengths a policy comes to write.

// shape is that of a micro-batch: see data.MicroBatch.
type shape struct {
	R, S, N, T int
}

// packer chooses shapes and remembers them over a stage: one that holds a batch
// and is not much dearer than the best is used again.
type packer struct {
	padded bool
	// rounded makes a shape of the items alone, none that was used before.
	rounded bool
	// paired keeps every two responses together.
	paired      bool
	microTokens int
	// The model's layers, width and vocabulary, for costs.
	layers, hidden, vocab int
	// positions bounds a sequence, responses a batch.
	positions, responses int
	// shapes were used in the stage so far, oldest first.
	shapes []shape
}

func newPacker(a *model.Arch, o *StageOptions) packer {
	return packer{
		padded: o.Update.Packing == "padded", microTokens: o.Update.MicroBatchTokens,
		layers: a.NumHiddenLayers, hidden: a.HiddenSize, vocab: a.VocabSize,
		positions: a.MaxPositionEmbeddings, responses: o.NumPromptsPerStep * max(1, o.Rollout.NumGenerations),
	}
}

// limit cuts micro-batches to n tokens, 0 for no further limit.
func (p *packer) limit(n int) {
	if n > 0 {
		p.microTokens = min(p.microTokens, n)
	}
}

// apart is a packer that neither reads nor adds to the shapes of p: what it packs does
// not change how the stage's steps are packed, and is packed the same after a resume.
func (p *packer) apart() packer {
	out := *p
	out.rounded, out.paired, out.shapes = true, false, nil
	return out
}

// pairUp keeps every two responses together, in one row.
func (p *packer) pairUp() {
	p.paired = true
	p.responses *= p.unit()
}

// unit is how many responses stay together.
func (p *packer) unit() int {
	if p.paired {
		return 2
	}
	return 1
}

// allows reports whether a saved shape is one that choose could have made.
func (p *packer) allows(s shape) bool {
	widest, longest := powerOfTwo(max(packedRow, p.unit()*p.positions)), powerOfTwo(p.positions)
	return s.R >= 1 && s.S >= 1 && s.N >= 1 && s.T >= 1 && s.S <= widest && s.T <= longest &&
		s.N <= powerOfTwo(p.responses) && s.R <= max(1, p.microTokens/s.S)
}

const (
	// packedRow bounds the width of rows that hold several sequences: attention
	// costs grow with the square of the width.
	packedRow = 512
	// nearly is how much dearer than the best a shape may be that is used again. To
	// compile another costs as much as dozens of steps.
	nearly = 1.5
	// passCost is the cost of a pass over nothing, in multiplications: no shape is
	// worth compiling to save less.
	passCost = 1 << 20
	// manyShapes is when a shape that holds a batch is used again whatever it
	// costs. It leaves room, below the device's limit, for longer sequences.
	manyShapes = 16
)

// choose finds the shape of a batch's micro-batches.
func (p *packer) choose(items []item) shape {
	width, length := 0, 0
	for i := 0; i < len(items); i += p.unit() {
		whole := len(items[i].prompt)
		for j := range p.unit() {
			whole += items[i+j].length()
			length = max(length, len(items[i+j].tokens))
		}
		width = max(width, whole)
	}
	if p.rounded {
		best, _ := p.fitted(items, powerOfTwo(width), powerOfTwo(length))
		return best
	}
	best, bestLayout := p.cheapest(items, width, length)
	limit := nearly * p.cost(best, bestLayout)
	if len(p.shapes) >= manyShapes {
		limit = math.Inf(1)
	}
	found := -1
	for i, s := range p.shapes {
		if s.S < width || s.T < length {
			continue
		}
		l := p.lay(items, s.S, s.N, nil)
		if c := p.cost(s, l); c < limit || found < 0 && c == limit {
			found, limit = i, c
		}
	}
	if found >= 0 {
		return p.shapes[found]
	}
	if len(p.shapes) >= manyShapes {
		// The lengths are new: from here on they double.
		for _, s := range p.shapes {
			width, length = max(width, s.S), max(length, s.T)
		}
		best, _ = p.fitted(items, powerOfTwo(width), powerOfTwo(length))
	}
	p.shapes = append(p.shapes, best)
	return best
}

// cheapest is the best of the shapes that are as small as the items allow.
func (p *packer) cheapest(items []item, width, length int) (shape, layout) {
	length = powerOfTwo(length)
	best, bestLayout := p.fitted(items, rowWidth(width), length)
	if p.padded {
		return best, bestLayout
	}
	for w := rowWidth(best.S + 1); w <= min(packedRow, p.microTokens); w = rowWidth(w + 1) {
		if s, l := p.fitted(items, w, length); p.cost(s, l) < p.cost(best, bestLayout) {
			best, bestLayout = s, l
		}
	}
	return best, bestLayout
}

// fitted is the shape that holds the items in rows of a width, in as few
// micro-batches as the limit on their tokens allows.
func (p *packer) fitted(items []item, width, length int) (shape, layout) {
	l := p.lay(items, width, len(items), nil)
	rows, most := len(l), max(1, p.microTokens/width)
	micros := (rows + most - 1) / most
	s := shape{R: min(halfOctave((rows+micros-1)/micros), most), S: width, N: len(items), T: length}
	responses := 0
	for _, r := range l.cut(s) {
		n := 0
		for _, k := range l[r.lo:r.hi] {
			n += k
		}
		responses = max(responses, n)
	}
	s.N = halfOctave(responses)
	return s, l
}

// cost is the number of multiplications of a layout in micro-batches of a shape: in
// each layer 12 D^2 and attention of 4 D S a token, and the head of the responses.
func (p *packer) cost(s shape, l layout) float64 {
	d := float64(p.hidden)
	body := float64(p.layers*s.R*s.S) * 4 * d * float64(3*p.hidden+s.S)
	head := float64(s.N*s.T*p.vocab) * d
	return float64(len(l.cut(s))) * (passCost + body + head)
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
