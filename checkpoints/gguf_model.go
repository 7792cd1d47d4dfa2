package checkpoints

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/checkpoints/gguf"
)

// ggufModel presents a GGUF file as the Hugging Face folder that it was made from.
type ggufModel struct {
	file     *gguf.File
	archName string
	arch     ggufArch
	shape    ggufShape
	// vocabSize is the number of rows of the embedding table.
	vocabSize int
	list      []TensorInfo
	where     map[string]ggufTensor
}

// openGGUF opens a GGUF file.
func openGGUF(path string) (*Model, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	m, err := presentGGUF(path, f)
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %s: %w", path, errors.Join(err, f.Close()))
	}
	return m, nil
}

// presentGGUF makes a model of an open file.
func presentGGUF(path string, f *gguf.File) (*Model, error) {
	g := &ggufModel{file: f, where: map[string]ggufTensor{}}
	files, err := g.present()
	return &Model{Path: path, Files: files, source: g}, err
}

// present maps the tensors and makes the small files.
func (g *ggufModel) present() (map[string][]byte, error) {
	m := &metadata{file: g.file, asked: map[string]bool{}}
	g.archName = m.text("general.architecture", "")
	var ok bool
	if g.arch, ok = ggufArchs[g.archName]; !ok {
		return nil, fmt.Errorf("architecture %q is not implemented, only %s", g.archName, strings.Join(slices.Sorted(maps.Keys(ggufArchs)), ", "))
	}
	if kind := m.text("general.type", "model"); kind != "model" {
		return nil, fmt.Errorf("general.type is %q, want a model", kind)
	}
	if n := m.integer("split.count", 1); n > 1 {
		return nil, fmt.Errorf("split.count is %d: one of several files; join them with llama.cpp's llama-gguf-split --merge", n)
	}
	embed, ok := g.file.Tensor("token_embd.weight")
	if !ok || len(embed.Shape) != 2 {
		return nil, fmt.Errorf("tensor %q: missing, or no matrix", "token_embd.weight")
	}
	g.vocabSize = embed.Shape[0]
	config, err := g.config(m)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	ids, err := g.addTokenizer(m, files)
	if err := errors.Join(err, m.err()); err != nil {
		return nil, err
	}
	if files[configFile], err = encodeFile(append(config, ids...)); err != nil {
		return nil, fmt.Errorf("%s: %w", configFile, err)
	}
	return files, g.mapTensors()
}

// encodeFile writes a small file as Python does it, indented and with a newline.
func encodeFile(v any) ([]byte, error) {
	out, err := encodeJSON(v, "  ")
	return append(out, '\n'), err
}

func (g *ggufModel) has(name string) bool {
	_, ok := g.file.Tensor(name)
	return ok
}

func (g *ggufModel) tensors() []TensorInfo {
	out := slices.Clone(g.list)
	for i := range out {
		out[i].Shape = slices.Clone(out[i].Shape)
	}
	return out
}

func (g *ggufModel) float32(name string) ([]float32, []int, error) {
	t, ok := g.where[name]
	if !ok {
		return nil, nil, fmt.Errorf("no tensor %q", name)
	}
	if t.expert >= 0 {
		x, info, err := g.file.Float32At(t.name, t.expert)
		if err != nil {
			return nil, nil, err
		}
		return x, slices.Clone(info.Shape[1:]), nil
	}
	x, info, err := g.file.Float32(t.name)
	if err != nil {
		return nil, nil, err
	}
	if t.heads > 0 {
		unpermute(x, t.heads, g.shape.headDim)
	}
	return x, slices.Clone(info.Shape), nil
}

// Close closes the file.
func (g *ggufModel) Close() error { return g.file.Close() }
