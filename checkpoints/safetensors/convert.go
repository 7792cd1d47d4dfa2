package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Float32 reads a tensor of F32, F16, BF16 or F64 as float32, rounding F64 to
// nearest. The slice is new and outlives the file, and the system may take back the
// pages that were read.
func (f *File) Float32(name string) ([]float32, Info, error) {
	info, data, err := f.Tensor(name)
	if err != nil {
		return nil, info, err
	}
	out, err := ToFloat32(info.DType, data)
	if err != nil {
		return nil, info, fmt.Errorf("safetensors: %s: tensor %q: %w", f.path, name, err)
	}
	f.release(info)
	return out, info, nil
}

// Int64 reads a tensor of I64, I32, I16, I8 or U8 as int64. The slice is new and
// outlives the file.
func (f *File) Int64(name string) ([]int64, Info, error) {
	info, data, err := f.Tensor(name)
	if err != nil {
		return nil, info, err
	}
	out, err := toInt64(info.DType, data)
	if err != nil {
		return nil, info, fmt.Errorf("safetensors: %s: tensor %q: %w", f.path, name, err)
	}
	return out, info, nil
}

// Int32 is Int64 for values that fit an int32; any other value is an error.
func (f *File) Int32(name string) ([]int32, Info, error) {
	wide, info, err := f.Int64(name)
	if err != nil {
		return nil, info, err
	}
	out := make([]int32, len(wide))
	for i, v := range wide {
		if v < math.MinInt32 || v > math.MaxInt32 {
			return nil, info, fmt.Errorf("safetensors: %s: tensor %q: element %d is %d, which is no int32", f.path, name, i, v)
		}
		out[i] = int32(v)
	}
	return out, info, nil
}

// ToFloat32 converts the bytes of a tensor of F32, F16, BF16 or F64 to float32,
// rounding F64 to nearest. Other types are an error.
func ToFloat32(d DType, data []byte) ([]float32, error) {
	size := d.Size()
	if size == 0 || len(data)%size != 0 {
		return nil, fmt.Errorf("%d bytes of %s: no whole number of elements", len(data), d)
	}
	out := make([]float32, len(data)/size)
	switch d {
	case F32:
		for i := range out {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
	case BF16:
		for i := range out {
			out[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(data[2*i:])) << 16)
		}
	case F16:
		for i := range out {
			out[i] = halfToFloat32(binary.LittleEndian.Uint16(data[2*i:]))
		}
	case F64:
		for i := range out {
			out[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:])))
		}
	default:
		return nil, fmt.Errorf("dtype %s, want F32, F16, BF16 or F64", d)
	}
	return out, nil
}

// halfToFloat32 is exact: every IEEE 754 binary16 value is a float32.
func halfToFloat32(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exponent := uint32(h>>10) & 0x1f
	fraction := uint32(h) & 0x3ff
	switch exponent {
	case 0: // zero and subnormals: fraction * 2^-24
		magnitude := float32(fraction) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(magnitude) | sign)
	case 0x1f: // infinities and NaN keep their payload
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	default: // the exponents' biases are 15 and 127
		return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
	}
}

// toInt64 widens the signed integers and bytes.
func toInt64(d DType, data []byte) ([]int64, error) {
	size := d.Size()
	out := make([]int64, len(data)/size)
	switch d {
	case I64:
		for i := range out {
			out[i] = int64(binary.LittleEndian.Uint64(data[8*i:]))
		}
	case I32:
		for i := range out {
			out[i] = int64(int32(binary.LittleEndian.Uint32(data[4*i:])))
		}
	case I16:
		for i := range out {
			out[i] = int64(int16(binary.LittleEndian.Uint16(data[2*i:])))
		}
	case I8:
		for i := range out {
			out[i] = int64(int8(data[i]))
		}
	case U8:
		for i := range out {
			out[i] = int64(data[i])
		}
	default:
		return nil, fmt.Errorf("dtype %s, want I64, I32, I16, I8 or U8", d)
	}
	return out, nil
}
