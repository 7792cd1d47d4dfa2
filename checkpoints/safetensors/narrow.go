package safetensors

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
)

// AppendFloat32 appends the bytes of x as elements of F32, F16 or BF16, rounding to
// nearest, ties to even; what is too large becomes infinite, NaN stays NaN. Other
// types are an error.
func AppendFloat32(dst []byte, d DType, x []float32) ([]byte, error) {
	switch d {
	case F32:
		for _, v := range x {
			dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
		}
	case BF16:
		for _, v := range x {
			dst = binary.LittleEndian.AppendUint16(dst, float32ToBrain(v))
		}
	case F16:
		for _, v := range x {
			dst = binary.LittleEndian.AppendUint16(dst, float32ToHalf(v))
		}
	default:
		return nil, fmt.Errorf("dtype %s, want F32, F16 or BF16", d)
	}
	return dst, nil
}

// WriteFloat32 writes x as AppendFloat32 spells it, in pieces, so that no second copy
// of a large tensor is made.
func WriteFloat32(w io.Writer, d DType, x []float32) error {
	const piece = 1 << 16
	var buffer []byte
	for part := range slices.Chunk(x, piece) {
		var err error
		if buffer, err = AppendFloat32(buffer[:0], d, part); err != nil {
			return err
		}
		if _, err := w.Write(buffer); err != nil {
			return err
		}
	}
	return nil
}

// float32ToBrain keeps the upper half of the bits, rounded.
func float32ToBrain(v float32) uint16 {
	b := math.Float32bits(v)
	if v != v {
		return uint16(b>>16) | 0x40 // quiet, so that no payload rounds to infinity
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

// float32ToHalf rounds to an IEEE 754 binary16.
func float32ToHalf(v float32) uint16 {
	b := math.Float32bits(v)
	sign, magnitude := uint16(b>>16)&0x8000, b&0x7fffffff
	switch {
	case magnitude > 0x7f800000: // NaN: the upper bits of its payload, quiet
		return sign | 0x7e00 | uint16(magnitude>>13)&0x3ff
	case magnitude >= 0x477ff000: // 65520 and more round to infinity
		return sign | 0x7c00
	case magnitude < 0x38800000: // below 2^-14: a multiple of 2^-24
		units := math.RoundToEven(float64(math.Float32frombits(magnitude)) * (1 << 24))
		return sign | uint16(units) // 1024 units are the smallest normal number
	default: // the exponents' biases are 127 and 15
		magnitude -= (127 - 15) << 23
		return sign | uint16((magnitude+0xfff+magnitude>>13&1)>>13)
	}
}
