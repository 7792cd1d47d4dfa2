package checkpoints

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rlvr-go/rlvr/checkpoints/gguf"
)

// outerNames are Hugging Face's names of the tensors outside of the blocks.
var outerNames = map[string]string{
	"token_embd.weight":  "model.embed_tokens.weight",
	"output_norm.weight": "model.norm.weight",
	"output.weight":      "lm_head.weight",
}

// blockNames are Hugging Face's names of the parts of a block, without weight or
// bias.
var blockNames = map[string]string{
	"attn_norm":     "input_layernorm",
	"attn_q":        "self_attn.q_proj",
	"attn_k":        "self_attn.k_proj",
	"attn_v":        "self_attn.v_proj",
	"attn_output":   "self_attn.o_proj",
	"attn_q_norm":   "self_attn.q_norm",
	"attn_k_norm":   "self_attn.k_norm",
	"ffn_norm":      "post_attention_layernorm",
	"ffn_gate":      "mlp.gate_proj",
	"ffn_up":        "mlp.up_proj",
	"ffn_down":      "mlp.down_proj",
	"ffn_gate_inp":  "mlp.gate",
	"ffn_gate_exps": "gate_proj",
	"ffn_up_exps":   "up_proj",
	"ffn_down_exps": "down_proj",
}

// everyBlock are the parts that each architecture has.
var everyBlock = []string{"attn_norm.weight", "attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_output.weight", "ffn_norm.weight"}

// expertSuffix ends the parts that stack the matrices of all experts.
const expertSuffix = "_exps"

// ggufTensor says where a tensor of Hugging Face's name is in the file.
type ggufTensor struct {
	name string
	// expert is the slice of a stack; -1: the whole tensor.
	expert int
	// heads: the rows are permuted within so many heads; 0: they are not.
	heads int
}

// biasGroups are parts that a family has all of or none.
var biasGroups = [][]string{
	{"attn_q.bias", "attn_k.bias", "attn_v.bias", "attn_output.bias"},
	{"ffn_gate.bias", "ffn_up.bias", "ffn_down.bias"},
}

// mapTensors fills g.list and g.where with every tensor of the file.
func (g *ggufModel) mapTensors() error {
	blocks := map[string]int{} // by part
	for _, info := range g.file.Tensors() {
		if !info.Type.Readable() {
			return fmt.Errorf("tensor %q: type %v is not implemented", info.Name, info.Type)
		}
		if info.Size() == 0 {
			return fmt.Errorf("tensor %q: shape %v has no elements", info.Name, info.Shape)
		}
		if info.Name == ropeDivisors {
			continue
		}
		if name, ok := outerNames[info.Name]; ok {
			g.addTensor(name, ggufTensor{name: info.Name, expert: -1}, info, info.Shape)
			continue
		}
		part, err := g.mapBlock(info)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", info.Name, err)
		}
		blocks[part]++
	}
	return g.checkParts(blocks)
}

// checkParts demands that every block has the same parts: config.json says of the
// whole model what there is, so that a tensor of one block alone would be ignored.
func (g *ggufModel) checkParts(blocks map[string]int) error {
	for _, part := range slices.Concat(everyBlock, g.arch.tensors) {
		want := g.shape.layers
		for _, group := range biasGroups {
			if slices.Contains(group, part) && blocks[group[0]] == 0 {
				want = 0
			}
		}
		if blocks[part] != want {
			return fmt.Errorf("tensors blk.*.%s: in %d blocks of %d, want %d", part, blocks[part], g.shape.layers, want)
		}
	}
	return nil
}

func (g *ggufModel) addTensor(name string, t ggufTensor, info gguf.Info, shape []int) {
	g.where[name] = t
	g.list = append(g.list, TensorInfo{Name: name, DType: info.Type.String(), Shape: slices.Clone(shape)})
}

// mapBlock maps a tensor blk.LAYER.PART, where the part ends in weight or bias.
func (g *ggufModel) mapBlock(info gguf.Info) (part string, err error) {
	rest, isBlock := strings.CutPrefix(info.Name, "blk.")
	number, part, ok := strings.Cut(rest, ".")
	layer, err := strconv.Atoi(number)
	if !isBlock || !ok || err != nil || strconv.Itoa(layer) != number ||
		!slices.Contains(everyBlock, part) && !slices.Contains(g.arch.tensors, part) {
		return part, fmt.Errorf("is not known for architecture %q", g.archName)
	}
	if layer < 0 || layer >= g.shape.layers {
		return part, fmt.Errorf("block %d of %d", layer, g.shape.layers)
	}
	stem, kind, _ := strings.Cut(part, ".")
	prefix := fmt.Sprintf("model.layers.%d.", layer)
	if strings.HasSuffix(stem, expertSuffix) {
		if len(info.Shape) != 3 || info.Shape[0] != g.shape.experts {
			return part, fmt.Errorf("shape %v, want matrices of %d experts", info.Shape, g.shape.experts)
		}
		for e := range g.shape.experts {
			name := fmt.Sprintf("%smlp.experts.%d.%s.%s", prefix, e, blockNames[stem], kind)
			g.addTensor(name, ggufTensor{name: info.Name, expert: e}, info, info.Shape[1:])
		}
		return part, nil
	}
	t := ggufTensor{name: info.Name, expert: -1}
	if g.arch.permuted {
		t.heads = map[string]int{"attn_q": g.shape.heads, "attn_k": g.shape.kvHeads}[stem]
	}
	if t.heads > 0 && (len(info.Shape) < 1 || info.Shape[0] != t.heads*g.shape.headDim || g.shape.headDim%2 != 0) {
		return part, fmt.Errorf("shape %v, want %d heads of %d rows", info.Shape, t.heads, g.shape.headDim)
	}
	g.addTensor(prefix+blockNames[stem]+"."+kind, t, info, info.Shape)
	return part, nil
}

// unpermute undoes, in place, what the converter does to the rows of q and k: rows
// 2j and 2j+1 of a head are rows j and j + half of it in Hugging Face's order.
func unpermute(x []float32, heads, headDim int) {
	size, half := len(x)/heads, headDim/2
	width := size / headDim
	before := make([]float32, size)
	for h := range heads {
		head := x[h*size : (h+1)*size]
		copy(before, head)
		for j := range half {
			copy(head[j*width:(j+1)*width], before[2*j*width:])
			copy(head[(j+half)*width:(j+half+1)*width], before[(2*j+1)*width:])
		}
	}
}
