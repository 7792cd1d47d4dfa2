package model

// Axis is the logical name of a tensor's axis: what a sharding plan maps to the
// axes of a device mesh.
type Axis string

// The logical axes.
const (
	AxisVocab   Axis = "vocab"
	AxisEmbed   Axis = "embed"
	AxisHeads   Axis = "heads"
	AxisKV      Axis = "kv_heads"
	AxisMLP     Axis = "mlp"
	AxisExperts Axis = "experts"
	AxisNone    Axis = ""
)

// Init says how a weight starts when a policy is made at random.
type Init uint8

// As HF initialises: matrices from a normal distribution of standard deviation
// initializer_range, biases zero, norms one.
const (
	InitNormal Init = iota
	InitZeros
	InitOnes
)

// Weight describes one tensor.
type Weight struct {
	// Name is Hugging Face's, or, of a tensor that stacks several of a checkpoint's,
	// theirs without the number.
	Name string
	// Parts are Hugging Face's names of the tensors that are stacked along axis 0,
	// one for each expert: a checkpoint holds them. Nil where Name is in the file.
	Parts []string
	// Shape, row-major; matrices are [out, in] as in HF files.
	Shape []int
	// Axes are the logical axes, one for each of Shape.
	Axes []Axis
	Init Init
	// part is the layer's slot the tensor fills, and layer its number (-1: none).
	part  part
	layer int
}

// Size is the number of elements.
func (w *Weight) Size() int {
	n := 1
	for _, d := range w.Shape {
		n *= d
	}
	return n
}

// part names a tensor's place in the decoder.
type part uint8

const (
	partEmbed part = iota
	partInputNorm
	partQ
	partK
	partV
	partO
	partQBias
	partKBias
	partVBias
	partOBias
	partQNorm
	partKNorm
	partPostNorm
	partGate
	partUp
	partDown
	partGateBias
	partUpBias
	partDownBias
	partRouter
	partExpertGate
	partExpertUp
	partExpertDown
	partFinalNorm
	partHead
)
