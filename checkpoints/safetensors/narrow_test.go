package safetensors

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
)

// TestNarrowIsInverse: every value of 16 bits comes back with its bits; a signalling
// NaN comes back quiet.
func TestNarrowIsInverse(t *testing.T) {
	for _, c := range []struct {
		dtype DType
		quiet uint16 // the bit that makes a NaN quiet
	}{{BF16, 0x40}, {F16, 0x200}} {
		for h := range 1 << 16 {
			raw := binary.LittleEndian.AppendUint16(nil, uint16(h))
			wide, err := ToFloat32(c.dtype, raw)
			if err != nil {
				t.Fatal(err)
			}
			got, err := AppendFloat32(nil, c.dtype, wide)
			if err != nil {
				t.Fatal(err)
			}
			if wide[0] != wide[0] {
				binary.LittleEndian.PutUint16(raw, uint16(h)|c.quiet)
			}
			if !bytes.Equal(got, raw) {
				t.Fatalf("%s %#04x: %v became %x", c.dtype, h, wide[0], got)
			}
		}
	}
}

// nearest16 finds the nearest value of 16 bits by comparing distances to the two
// neighbours, in float64; on a tie the even one.
func nearest16(v float32, widen func(uint16) float32) uint16 {
	sign, x := uint16(0), float64(v)
	if math.Signbit(x) {
		sign, x = 0x8000, -x
	}
	low, high := uint16(0), uint16(0x7fff) // the largest that is not above x
	for low < high {
		mid := low + (high-low+1)/2
		if w := float64(widen(mid)); w <= x {
			low = mid
		} else {
			high = mid - 1
		}
	}
	below, above := float64(widen(low)), float64(widen(low+1))
	if math.IsInf(below, 0) {
		return sign | low
	}
	if math.IsInf(above, 0) { // what the next step would be, were there one
		above = below + (below - float64(widen(low-1)))
	}
	switch d := (x - below) - (above - x); {
	case d > 0 || d == 0 && low%2 == 1:
		return sign | (low + 1)
	default:
		return sign | low
	}
}

// TestNarrowRoundsToNearestEven compares with a search, on random bits, on values
// half way between neighbours, and next to those.
func TestNarrowRoundsToNearestEven(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	widenBrain := func(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }
	for range 200_000 {
		bits := rng.Uint32()
		switch rng.IntN(4) {
		case 0: // half way for bfloat16, and around
			bits = bits&^0xffff | 0x8000 + uint32(rng.IntN(3)) - 1
		case 1: // half way for float16
			bits = bits&^0x1fff | 0x1000 + uint32(rng.IntN(3)) - 1
		case 2: // in the range of float16
			bits = bits&0x807fffff | uint32(127-26+rng.IntN(45))<<23
		}
		v := math.Float32frombits(bits)
		if v != v {
			continue
		}
		if got, want := float32ToHalf(v), nearest16(v, halfToFloat32); got != want {
			t.Fatalf("float16 of %v (%#08x): %#04x, want %#04x", v, bits, got, want)
		}
		if got, want := float32ToBrain(v), nearest16(v, widenBrain); got != want {
			t.Fatalf("bfloat16 of %v (%#08x): %#04x, want %#04x", v, bits, got, want)
		}
	}
	for v, want := range map[float32]uint16{65519: 0x7bff, 65520: 0x7c00, 1e30: 0x7c00, -1e30: 0xfc00, 3e-8: 1, 2.9802322e-8: 0, 6.1e-5: 0x3ff} {
		if got := float32ToHalf(v); got != want {
			t.Errorf("float16 of %v: %#04x, want %#04x", v, got, want)
		}
	}
}

func TestNarrowRefuses(t *testing.T) {
	if _, err := AppendFloat32(nil, I64, []float32{1}); err == nil {
		t.Error("int64 taken")
	}
}
