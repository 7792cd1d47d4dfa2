package gguf

import (
	"encoding/binary"
	"math"
	"runtime"
	"sync"
)

// The functions of this file and of dequantize_k.go expand whole blocks. Each
// product is rounded to float32 before it is added to, as numpy does it: the
// conversions keep the compiler from fusing the two, which would round once.

// parallelElements is the number of elements below which goroutines do not pay.
const parallelElements = 1 << 18

// expandParallel expands the blocks of src on as many goroutines as pay.
func expandParallel(dst []float32, src []byte, l layout) {
	blocks := len(src) / l.size
	workers := min(runtime.GOMAXPROCS(0), len(dst)/parallelElements)
	if workers < 2 {
		l.expand(dst, src)
		return
	}
	var wait sync.WaitGroup
	for w := range workers {
		from, to := blocks*w/workers, blocks*(w+1)/workers
		wait.Go(func() { l.expand(dst[from*l.block:to*l.block], src[from*l.size:to*l.size]) })
	}
	wait.Wait()
}

func expandF32(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

func expandF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = half(src[2*i:])
	}
}

func expandBF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
}

// half widens the two bytes of an IEEE 754 binary16, which is exact.
func half(b []byte) float32 {
	h := binary.LittleEndian.Uint16(b)
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10)&0x1f, uint32(h)&0x3ff
	switch exponent {
	case 0: // zero and subnormals: fraction * 2^-24
		magnitude := float32(fraction) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(magnitude) | sign)
	case 0x1f: // infinities and NaN
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	default: // the exponents' biases are 15 and 127
		return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
	}
}

// expandQ4_0: d, 16 bytes of nibbles; the low ones are elements 0 to 15.
func expandQ4_0(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[18:] {
		d, q, out := half(src), (*[16]byte)(src[2:]), (*[32]float32)(dst)
		for i, b := range q {
			out[i] = d * float32(int(b&15)-8)
			out[i+16] = d * float32(int(b>>4)-8)
		}
	}
}

// expandQ4_1: d, m, nibbles.
func expandQ4_1(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[20:] {
		d, m, q, out := half(src), half(src[2:]), (*[16]byte)(src[4:]), (*[32]float32)(dst)
		for i, b := range q {
			out[i] = float32(d*float32(b&15)) + m
			out[i+16] = float32(d*float32(b>>4)) + m
		}
	}
}

// expandQ5_0: d, 32 fifth bits, nibbles.
func expandQ5_0(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[22:] {
		d, high, q, out := half(src), binary.LittleEndian.Uint32(src[2:]), (*[16]byte)(src[6:]), (*[32]float32)(dst)
		for i, b := range q {
			out[i] = d * float32(int(uint32(b&15)|high>>i<<4&16)-16)
			out[i+16] = d * float32(int(uint32(b>>4)|high>>(i+16)<<4&16)-16)
		}
	}
}

// expandQ5_1: d, m, fifth bits, nibbles.
func expandQ5_1(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[24:] {
		d, m, high := half(src), half(src[2:]), binary.LittleEndian.Uint32(src[4:])
		q, out := (*[16]byte)(src[8:]), (*[32]float32)(dst)
		for i, b := range q {
			out[i] = float32(d*float32(uint32(b&15)|high>>i<<4&16)) + m
			out[i+16] = float32(d*float32(uint32(b>>4)|high>>(i+16)<<4&16)) + m
		}
	}
}

// expandQ8_0: d, 32 signed bytes.
func expandQ8_0(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[34:] {
		d, q, out := half(src), (*[32]byte)(src[2:]), (*[32]float32)(dst)
		for i, b := range q {
			out[i] = float32(int8(b)) * d
		}
	}
}
