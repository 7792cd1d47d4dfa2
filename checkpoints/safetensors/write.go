package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// alignment is that of the data's first byte, so that a mapped tensor can be used
// in place.
const alignment = 8

// Tensor is a tensor in memory.
type Tensor struct {
	Name  string
	DType DType
	// Shape has no element for a scalar.
	Shape []int
	// Data are the elements, little-endian and row-major.
	Data []byte
}

// Write writes a whole file to w. The header names the tensors in the order given;
// their data are ordered by falling element size (else as given), which aligns
// every tensor to its elements. Equal input gives equal bytes. Readers in Python
// want metadata {"format": "pt"}.
//
// Nothing is written if a name is empty, reserved, not UTF-8 or used twice, or if
// a tensor's data does not have the length that its shape needs.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	if err := checkTensors(tensors); err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	order := make([]int, len(tensors))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return tensors[b].DType.Size() - tensors[a].DType.Size()
	})
	head, err := encodeHeader(tensors, order, metadata)
	if err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	if _, err := w.Write(head); err != nil {
		return fmt.Errorf("safetensors: write header: %w", err)
	}
	for _, i := range order {
		if _, err := w.Write(tensors[i].Data); err != nil {
			return fmt.Errorf("safetensors: write tensor %q: %w", tensors[i].Name, err)
		}
	}
	return nil
}

func checkTensors(tensors []Tensor) error {
	seen := make(map[string]bool, len(tensors))
	for i := range tensors {
		t := &tensors[i]
		switch {
		case t.Name == "" || t.Name == metadataKey || !utf8.ValidString(t.Name):
			return fmt.Errorf("tensor %d: %q cannot be a name", i, t.Name)
		case seen[t.Name]:
			return fmt.Errorf("tensor %q: named twice", t.Name)
		case t.DType.Size() == 0:
			return fmt.Errorf("tensor %q: dtype %q is not known", t.Name, t.DType)
		}
		seen[t.Name] = true
		if n, ok := byteCount(t.DType, t.Shape); !ok || n != len(t.Data) {
			return fmt.Errorf("tensor %q: %d bytes do not hold %s of shape %v", t.Name, len(t.Data), t.DType, t.Shape)
		}
	}
	return nil
}

// encodeHeader is the length and the header, padded with spaces to alignment. The
// tensors' data lie in the given order.
func encodeHeader(tensors []Tensor, order []int, metadata map[string]string) ([]byte, error) {
	offsets := make([][2]int, len(tensors))
	end := 0
	for _, i := range order {
		offsets[i] = [2]int{end, end + len(tensors[i].Data)}
		end = offsets[i][1]
	}
	out := bytes.NewBuffer(make([]byte, lengthBytes, 1024))
	separator := byte('{')
	field := func(key string, value any) error {
		k, kerr := json.Marshal(key)
		v, verr := json.Marshal(value) // sorts the keys of metadata
		out.WriteByte(separator)
		separator = ','
		out.Write(k)
		out.WriteByte(':')
		out.Write(v)
		return errors.Join(kerr, verr)
	}
	if len(metadata) > 0 {
		if err := field(metadataKey, metadata); err != nil {
			return nil, err
		}
	}
	for i := range tensors {
		t := &tensors[i]
		info := struct {
			DType   DType  `json:"dtype"`
			Shape   []int  `json:"shape"`
			Offsets [2]int `json:"data_offsets"`
		}{t.DType, append([]int{}, t.Shape...), offsets[i]} // a nil shape would be null
		if err := field(t.Name, info); err != nil {
			return nil, err
		}
	}
	if separator == '{' { // no field at all
		out.WriteByte('{')
	}
	out.WriteByte('}')
	for out.Len()%alignment != 0 {
		out.WriteByte(' ')
	}
	n := out.Len() - lengthBytes
	if n > maxHeaderBytes {
		return nil, fmt.Errorf("header of %d bytes, the format allows %d", n, maxHeaderBytes)
	}
	binary.LittleEndian.PutUint64(out.Bytes(), uint64(n))
	return out.Bytes(), nil
}
