package sampler

// key is what a completion's random numbers are drawn from on the device: a hash
// of (seed, step, prompt, sample). The device adds the position.
func (d Draw) key(prompt uint64, sample int) [2]uint32 {
	h := uint64(d.Seed)
	for _, v := range []uint64{uint64(d.Step), prompt, uint64(sample)} {
		h = splitMix(h ^ splitMix(v))
	}
	return [2]uint32{uint32(h), uint32(h >> 32)}
}

// splitMix is the output function of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
func splitMix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}
