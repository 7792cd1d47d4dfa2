package checkpoints

import (
	"fmt"
	"math"
)

// ropeDivisors is the tensor whose values divide the rotary frequencies.
const ropeDivisors = "rope_freqs.weight"

// addRope adds the rotary embedding's base and scaling.
func (g *ggufModel) addRope(m *metadata, c *object) error {
	key := func(rest string) string { return g.archName + ".rope." + rest }
	theta := m.float(key("freq_base"), 10000)
	factor := m.float(key("scaling.factor"), 0)
	if old := m.float(key("scale_linear"), 0); factor == 0 {
		factor = old // the spelling of older files, which means linear
	}
	kind := m.text(key("scaling.type"), "")
	if kind == "" && factor != 0 && factor != 1 {
		kind = "linear" // llama.cpp's default
	}
	if factor == 0 {
		factor = 1
	}
	m.only(key("scaling.attn_factor"), 0, 1)
	m.only(key("scaling.yarn_attn_factor"), 0, 1)
	m.only(key("scaling.yarn_ext_factor"), 1)
	original := m.integer(key("scaling.original_context_length"), 0)
	fast, slow := m.float(key("scaling.yarn_beta_fast"), 32), m.float(key("scaling.yarn_beta_slow"), 1)

	scaling := object{}
	switch kind {
	case "", "none":
	case "linear":
		scaling = object{{"rope_type", "linear"}, {"factor", single(factor)}}
	case "yarn":
		scaling = object{{"rope_type", "yarn"}, {"factor", single(factor)}, {"beta_fast", single(fast)}, {"beta_slow", single(slow)}}
		if original != 0 {
			scaling.add("original_max_position_embeddings", original)
		}
	default:
		m.fault(key("scaling.type"), "%q is not implemented", kind)
	}
	if g.has(ropeDivisors) {
		if len(scaling) > 0 {
			return fmt.Errorf("tensor %q beside rope scaling %q is not implemented", ropeDivisors, kind)
		}
		divisors, info, err := g.file.Float32(ropeDivisors)
		if err != nil {
			return err
		}
		if len(divisors) != g.shape.headDim/2 {
			return fmt.Errorf("tensor %q: shape %v, want half of %d dimensions", ropeDivisors, info.Shape, g.shape.headDim)
		}
		for i, d := range divisors {
			if !(d > 0) || math.IsInf(float64(d), 0) {
				return fmt.Errorf("tensor %q: element %d is %v, want a divisor above 0", ropeDivisors, i, d)
			}
		}
		scaling = divisorScaling(divisors, theta)
	}
	c.add("rope_theta", single(theta))
	if len(scaling) > 0 {
		// A reader of rope_parameters looks for the base there.
		c.add("rope_parameters", append(scaling, field{"rope_theta", single(theta)}))
	}
	return nil
}

// divisorScaling is the rope scaling that divides the frequencies by the divisors:
// none if they are 1, llama3's if that makes these very divisors, so that other
// readers know it too, else the divisors themselves.
func divisorScaling(divisors []float32, theta float32) object {
	l := llama3{factor: float64(divisors[len(divisors)-1]), low: 1, high: 4, original: 8192}
	all := true
	for i, d := range divisors {
		all = all && d == 1
		l.fits = (l.fits || i == 0) && l.divides(d, i, len(divisors), float64(theta))
	}
	switch {
	case all:
		return nil
	case l.fits:
		return object{{"rope_type", "llama3"}, {"factor", l.factor}, {"low_freq_factor", l.low}, {"high_freq_factor", l.high},
			{"original_max_position_embeddings", l.original}}
	default:
		return object{{"rope_type", "explicit"}, {"inverse_frequency_divisors", divisors}}
	}
}

// llama3 is the rope scaling of Llama 3.1 and later, with the constants that all of
// them share but for the factor.
type llama3 struct {
	factor, low, high float64
	original          int
	fits              bool
}

// divisorTolerance is relative: the converter computes a divisor from float32
// frequencies in a few operations, each of which rounds by 6e-8.
const divisorTolerance = 2e-6

// divides reports whether the scaling divides the i-th of n frequencies by d.
func (l *llama3) divides(d float32, i, n int, theta float64) bool {
	length := 2 * math.Pi * math.Pow(theta, float64(i)/float64(n)) // of the wave, in positions
	original := float64(l.original)
	want := 1.0
	switch {
	case length > original/l.low:
		want = l.factor
	case length >= original/l.high:
		smooth := (original/length - l.low) / (l.high - l.low)
		want = 1 / ((1-smooth)/l.factor + smooth)
	}
	return math.Abs(float64(d)-want) <= divisorTolerance*want
}
