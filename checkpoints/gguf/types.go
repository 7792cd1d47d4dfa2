package gguf

import "fmt"

// Type is how a tensor's elements are stored; the numbers are ggml's.
type Type uint32

// The types that [File.Float32] reads.
const (
	F32  Type = 0
	F16  Type = 1
	Q4_0 Type = 2
	Q4_1 Type = 3
	Q5_0 Type = 6
	Q5_1 Type = 7
	Q8_0 Type = 8
	Q2K  Type = 10
	Q3K  Type = 11
	Q4K  Type = 12
	Q5K  Type = 13
	Q6K  Type = 14
	BF16 Type = 30
)

// layout is how a type packs elements.
type layout struct {
	name string
	// block is the number of elements that size bytes hold.
	block, size int
	// expand turns the bytes of whole blocks into elements; nil: not implemented.
	expand func(dst []float32, src []byte)
}

// layouts are ggml's types. Those without expand have a name and a size, so that a
// file that holds one can be opened and the tensor named.
var layouts = map[Type]layout{
	F32:  {"F32", 1, 4, expandF32},
	F16:  {"F16", 1, 2, expandF16},
	Q4_0: {"Q4_0", 32, 18, expandQ4_0},
	Q4_1: {"Q4_1", 32, 20, expandQ4_1},
	Q5_0: {"Q5_0", 32, 22, expandQ5_0},
	Q5_1: {"Q5_1", 32, 24, expandQ5_1},
	Q8_0: {"Q8_0", 32, 34, expandQ8_0},
	9:    {"Q8_1", 32, 40, nil},
	Q2K:  {"Q2_K", 256, 84, expandQ2K},
	Q3K:  {"Q3_K", 256, 110, expandQ3K},
	Q4K:  {"Q4_K", 256, 144, expandQ4K},
	Q5K:  {"Q5_K", 256, 176, expandQ5K},
	Q6K:  {"Q6_K", 256, 210, expandQ6K},
	15:   {"Q8_K", 256, 292, nil},
	16:   {"IQ2_XXS", 256, 66, nil},
	17:   {"IQ2_XS", 256, 74, nil},
	18:   {"IQ3_XXS", 256, 98, nil},
	19:   {"IQ1_S", 256, 50, nil},
	20:   {"IQ4_NL", 32, 18, nil},
	21:   {"IQ3_S", 256, 110, nil},
	22:   {"IQ2_S", 256, 82, nil},
	23:   {"IQ4_XS", 256, 136, nil},
	24:   {"I8", 1, 1, nil},
	25:   {"I16", 1, 2, nil},
	26:   {"I32", 1, 4, nil},
	27:   {"I64", 1, 8, nil},
	28:   {"F64", 1, 8, nil},
	29:   {"IQ1_M", 256, 56, nil},
	BF16: {"BF16", 1, 2, expandBF16},
	34:   {"TQ1_0", 256, 54, nil},
	35:   {"TQ2_0", 256, 66, nil},
	39:   {"MXFP4", 32, 17, nil},
	40:   {"NVFP4", 64, 36, nil},
	41:   {"Q1_0", 128, 18, nil},
}

// String is ggml's name of the type.
func (t Type) String() string {
	if l, ok := layouts[t]; ok {
		return l.name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// Readable reports whether [File.Float32] reads tensors of the type.
func (t Type) Readable() bool { return layouts[t].expand != nil }
