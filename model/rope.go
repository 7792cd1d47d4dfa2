package model

import (
	"math"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// RopeScaling says how rotary frequencies are scaled (config.json's rope_scaling, or
// rope_parameters as transformers 5 writes it). Its zero value leaves them as they
// are.
type RopeScaling struct {
	// RopeType is empty or default, linear, dynamic, llama3, yarn, or explicit.
	RopeType string `yaml:"rope_type"`
	// Factor is the ratio of the new context length to the old one (all types but
	// explicit); 0, with yarn: max_position_embeddings over the original one.
	Factor float64 `yaml:"factor"`
	// OriginalMaxPositionEmbeddings is the context length before scaling (llama3,
	// yarn); 0: max_position_embeddings.
	OriginalMaxPositionEmbeddings int `yaml:"original_max_position_embeddings"`
	// LowFreqFactor and HighFreqFactor bound, in turns within the original context,
	// the frequencies that llama3 interpolates.
	LowFreqFactor  float64 `yaml:"low_freq_factor"`
	HighFreqFactor float64 `yaml:"high_freq_factor"`
	// AttentionFactor multiplies cos and sin (yarn); 0: 0.1 ln(Factor) + 1, with
	// MScale and MScaleAllDim, where both are given, as DeepSeek has it.
	AttentionFactor float64 `yaml:"attention_factor"`
	MScale          float64 `yaml:"mscale"`
	MScaleAllDim    float64 `yaml:"mscale_all_dim"`
	// BetaFast and BetaSlow bound, in turns within the original context, the
	// frequencies that yarn interpolates; 0: 32 and 1.
	BetaFast float64 `yaml:"beta_fast"`
	BetaSlow float64 `yaml:"beta_slow"`
	// NoTruncate leaves these bounds where they fall between dimensions, as
	// config.json's truncate: false.
	NoTruncate bool `yaml:"no_truncate"`
	// InverseFrequencyDivisors divide the inverse frequencies (explicit), [E/2]: what
	// GGUF files hold as rope_freqs.weight.
	InverseFrequencyDivisors []float64 `yaml:"inverse_frequency_divisors"`
}

// RopeExplicit is the rope_type of our own whose frequencies are divided by numbers
// that the config gives.
const RopeExplicit = "explicit"

// scaling is how a rope_type changes the inverse frequencies.
type scaling struct {
	// keys are the fields that it has, by their names in config.json.
	keys []string
	// needsFactor reports whether factor is required.
	needsFactor bool
	// original reports whether original_max_position_embeddings counts.
	original bool
	// apply changes the inverse frequencies in place and returns what multiplies
	// cos and sin.
	apply func(a *Arch, inverse []float64) float64
	// check reports faults of its own.
	check func(a *Arch, l *fault.List)
}

// scalings are the supported values of rope_type beside default. The functions that
// they refer to refer to no scaling, so that this is no cycle.
var scalings = map[string]scaling{
	"linear":     {keys: []string{"factor"}, needsFactor: true, apply: linearScaling},
	"dynamic":    {keys: []string{"factor"}, needsFactor: true, apply: unscaled, check: checkDynamic},
	"llama3":     {keys: []string{"factor", "original_max_position_embeddings", "low_freq_factor", "high_freq_factor"}, needsFactor: true, original: true, apply: llama3Scaling, check: checkLlama3},
	"yarn":       {keys: []string{"factor", "original_max_position_embeddings", "attention_factor", "mscale", "mscale_all_dim", "beta_fast", "beta_slow", "truncate"}, original: true, apply: yarnScaling, check: checkYarn},
	RopeExplicit: {keys: []string{"inverse_frequency_divisors"}, apply: explicitScaling, check: checkExplicit},
}

// ropeTypes lists what rope_type may be.
func ropeTypes() string {
	names := []string{"default"}
	for name := range scalings {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// withDefaults fills what positions, max_position_embeddings, implies.
func (r RopeScaling) withDefaults(positions int) RopeScaling {
	if r.RopeType == "default" {
		r.RopeType = ""
	}
	s := scalings[r.RopeType]
	if s.original && r.OriginalMaxPositionEmbeddings == 0 {
		r.OriginalMaxPositionEmbeddings = positions
	}
	if r.RopeType == "yarn" && r.Factor == 0 && r.OriginalMaxPositionEmbeddings > 0 {
		r.Factor = float64(positions) / float64(r.OriginalMaxPositionEmbeddings)
	}
	if len(r.InverseFrequencyDivisors) == 0 {
		r.InverseFrequencyDivisors = nil
	}
	return r
}

// validate reports every field out of range; r and a have their defaults.
func (r *RopeScaling) validate(a *Arch) error {
	var l fault.List
	if r.RopeType == "" {
		l.Check(r.Factor == 0 && len(r.InverseFrequencyDivisors) == 0, "rope_type", r.RopeType, "a type, as other fields are given: %s", ropeTypes())
		return l.Err()
	}
	s, ok := scalings[r.RopeType]
	if l.Check(ok, "rope_type", r.RopeType, "%s", ropeTypes()); !ok {
		return l.Err()
	}
	for _, x := range []struct {
		name  string
		value float64
	}{
		{"factor", r.Factor}, {"low_freq_factor", r.LowFreqFactor}, {"high_freq_factor", r.HighFreqFactor},
		{"attention_factor", r.AttentionFactor}, {"mscale", r.MScale}, {"mscale_all_dim", r.MScaleAllDim},
		{"beta_fast", r.BetaFast}, {"beta_slow", r.BetaSlow},
	} {
		l.Check(x.value >= 0 && finite(x.value), x.name, x.value, "a number that is not negative")
	}
	l.Check(!s.needsFactor || r.Factor > 0, "factor", r.Factor, "above 0")
	l.Check(!s.original || r.OriginalMaxPositionEmbeddings >= 1, "original_max_position_embeddings", r.OriginalMaxPositionEmbeddings, "at least 1")
	if s.check != nil {
		s.check(a, &l)
	}
	return l.Err()
}

// rotaryFrequencies are the angles of a step of one position, [E/2] in float64, and
// what multiplies cos and sin.
func (a *Arch) rotaryFrequencies() (inverse []float64, attention float64) {
	inverse = make([]float64, a.HeadDim/2)
	for j := range inverse {
		inverse[j] = math.Pow(a.RopeTheta, -2*float64(j)/float64(a.HeadDim))
	}
	if s, ok := scalings[a.RopeScaling.RopeType]; ok {
		return inverse, s.apply(a, inverse)
	}
	return inverse, 1
}

// AtLength is the architecture whose rotary frequencies transformers takes in one
// pass over n tokens. It is a itself but for rope_type dynamic (NTK-aware scaling by
// the length of the sequence) beyond max_position_embeddings. There a token's angles
// depend on tokens to come, so prefill and decoding, which go by positions alone,
// cannot agree with such a pass and are not meant to go there: the sampler and the
// trainer keep sequences within max_position_embeddings, where dynamic scales nothing.
func (a *Arch) AtLength(n int) *Arch {
	if a.RopeScaling.RopeType != "dynamic" || n <= a.MaxPositionEmbeddings {
		return a
	}
	long := *a
	e, factor := float64(a.HeadDim), a.RopeScaling.Factor
	long.RopeTheta *= math.Pow(factor*float64(n)/float64(a.MaxPositionEmbeddings)-(factor-1), e/(e-2))
	return &long
}

func unscaled(*Arch, []float64) float64 { return 1 }

func checkDynamic(a *Arch, l *fault.List) {
	l.Check(a.HeadDim > 2, "rope_type", "dynamic", "a head_dim above 2")
}

// linearScaling interpolates positions (kaiokendev).
func linearScaling(a *Arch, inverse []float64) float64 {
	for j := range inverse {
		inverse[j] /= a.RopeScaling.Factor
	}
	return 1
}

func checkLlama3(a *Arch, l *fault.List) {
	r := &a.RopeScaling
	l.Check(r.LowFreqFactor > 0, "low_freq_factor", r.LowFreqFactor, "above 0")
	l.Check(r.HighFreqFactor > r.LowFreqFactor, "high_freq_factor", r.HighFreqFactor, "above low_freq_factor (%g)", r.LowFreqFactor)
}

// llama3Scaling divides low frequencies by the factor, leaves high ones, and goes
// from one to the other in between (Llama 3.1).
func llama3Scaling(a *Arch, inverse []float64) float64 {
	r := &a.RopeScaling
	original := float64(r.OriginalMaxPositionEmbeddings)
	for j, f := range inverse {
		turns := original * f / (2 * math.Pi)
		switch {
		case turns < r.LowFreqFactor:
			inverse[j] = f / r.Factor
		case turns <= r.HighFreqFactor:
			smooth := (turns - r.LowFreqFactor) / (r.HighFreqFactor - r.LowFreqFactor)
			inverse[j] = (1-smooth)*f/r.Factor + smooth*f
		}
	}
	return 1
}

func checkYarn(a *Arch, l *fault.List) {
	l.Check(a.RopeScaling.Factor > 0, "factor", a.RopeScaling.Factor, "above 0")
	l.Check(a.RopeTheta > 1, "rope_type", "yarn", "a rope_theta above 1")
}

// yarnScaling is YaRN (Peng et al., arXiv 2309.00071): high frequencies stay, low
// ones are divided by the factor, with a ramp over the dimensions in between.
func yarnScaling(a *Arch, inverse []float64) float64 {
	r := &a.RopeScaling
	dim, original := float64(a.HeadDim), float64(r.OriginalMaxPositionEmbeddings)
	// boundary is the dimension that makes so many turns in the original context.
	boundary := func(turns, otherwise float64) float64 {
		if turns == 0 {
			turns = otherwise
		}
		return dim * math.Log(original/(turns*2*math.Pi)) / (2 * math.Log(a.RopeTheta))
	}
	low, high := boundary(r.BetaFast, 32), boundary(r.BetaSlow, 1)
	if !r.NoTruncate {
		low, high = math.Floor(low), math.Ceil(high)
	}
	low, high = max(low, 0), min(high, dim-1)
	if low == high {
		high += 0.001 // as transformers, to divide by something
	}
	for j, f := range inverse {
		ramp := min(max((float64(j)-low)/(high-low), 0), 1)
		inverse[j] = f/r.Factor*ramp + f*(1-ramp)
	}
	return r.yarnAttention()
}

// yarnAttention is what multiplies cos and sin, at every length.
func (r *RopeScaling) yarnAttention() float64 {
	scale := func(m float64) float64 {
		if r.Factor <= 1 {
			return 1
		}
		return 0.1*m*math.Log(r.Factor) + 1
	}
	switch {
	case r.AttentionFactor > 0:
		return r.AttentionFactor
	case r.MScale > 0 && r.MScaleAllDim > 0:
		return scale(r.MScale) / scale(r.MScaleAllDim)
	}
	return scale(1)
}

func checkExplicit(a *Arch, l *fault.List) {
	d := a.RopeScaling.InverseFrequencyDivisors
	l.Check(len(d) == a.HeadDim/2, "inverse_frequency_divisors", len(d), "half of head_dim (%d) numbers", a.HeadDim)
	bad := slices.IndexFunc(d, func(x float64) bool { return !(x > 0) || !finite(x) })
	l.Check(bad < 0, "inverse_frequency_divisors", d, "numbers above 0")
}

// explicitScaling divides each inverse frequency by its own number.
func explicitScaling(a *Arch, inverse []float64) float64 {
	for j := range inverse {
		inverse[j] /= a.RopeScaling.InverseFrequencyDivisors[j]
	}
	return 1
}
