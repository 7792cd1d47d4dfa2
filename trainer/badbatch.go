package trainer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
	"github.com/rlvr-go/rlvr/data"
)

// badBatch saves the batch of a non-finite step for inspection and says where.
func (t *Trainer) badBatch(b *data.Batch, cause error) error {
	if !errors.Is(cause, ErrNonFinite) {
		return cause
	}
	where := "not saved: the run has no folder"
	if dir := t.setup.BadBatchDir; dir != "" {
		where = filepath.Join(dir, fmt.Sprintf("step-%d.safetensors", t.state.Step+1))
		if err := saveBatch(where, b); err != nil {
			where = fmt.Sprintf("not saved: %v", err)
		}
	}
	return fmt.Errorf("trainer: step %d: %w; the weights are those before it; batch: %s", t.state.Step+1, cause, where)
}

// saveBatch writes a batch's arrays as tensors "0.tokens", "0.arrays.advantages",
// and so on, one number for each micro-batch, and its counts as metadata. A format
// of text would have no word for the NaN that one looks for.
func saveBatch(path string, b *data.Batch) error {
	var tensors []safetensors.Tensor
	for i := range b.Micro {
		m := &b.Micro[i]
		rows, responses := []int{m.R, m.S}, []int{m.N, m.T}
		add := func(name string, d safetensors.DType, shape []int, values any) error {
			raw, err := binary.Append(nil, binary.LittleEndian, values)
			tensors = append(tensors, safetensors.Tensor{Name: fmt.Sprintf("%d.%s", i, name), DType: d, Shape: shape, Data: raw})
			return err
		}
		err := errors.Join(
			add("tokens", safetensors.I32, rows, m.Tokens), add("positions", safetensors.I32, rows, m.Positions),
			add("segments", safetensors.I32, rows, m.Segments), add("prefixes", safetensors.I32, rows, m.Prefixes),
			add("gather", safetensors.I32, responses, m.Gather), add("targets", safetensors.I32, responses, m.Targets),
			add("mask", safetensors.F32, responses, m.Mask))
		for _, name := range slices.Sorted(maps.Keys(m.Arrays)) {
			err = errors.Join(err, add("arrays."+name, safetensors.F32, responses, m.Arrays[name]))
		}
		if err != nil {
			return err
		}
	}
	var file bytes.Buffer
	if err := safetensors.Write(&file, tensors, map[string]string{
		"format": "pt", "num_tokens": strconv.Itoa(b.Counts.Tokens), "num_sequences": strconv.Itoa(b.Counts.Sequences),
	}); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, file.Bytes(), 0o644)
}
