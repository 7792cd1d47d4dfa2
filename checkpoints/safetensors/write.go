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

// Tensor is a named tensor.
type Tensor struct {
	Name  string
	DType DType
	// Shape has no element for a scalar.
	Shape []int
	// Data are the elements, little-endian and row-major.
	Data []byte
	// Produce, where set, stands for Data: it writes them when their turn comes, so
	// that a file can be written with one tensor in memory at a time. A file's
	// tensors are produced one after the other, those of one element size in the
	// order given.
	Produce func(w io.Writer) error
}

// NumBytes is the length of the data that dtype and shape need; false where it
// overflows or the dtype is not known.
func (t *Tensor) NumBytes() (int, bool) {
	n, ok := byteCount(t.DType, t.Shape)
	return n, ok && t.DType.Size() > 0
}

// Write writes a whole file to w. The header names the tensors in the order given;
// their data are ordered by falling element size (else as given), which aligns
// every tensor to its elements. Equal input gives equal bytes. Readers in Python
// want metadata {"format": "pt"}.
//
// Nothing is written if a name is empty, reserved, not UTF-8 or used twice, or if
// a tensor's data does not have the length that its shape needs. That what is
// produced has it shows as it is written.
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
		if err := tensors[i].write(w); err != nil {
			return fmt.Errorf("safetensors: write tensor %q: %w", tensors[i].Name, err)
		}
	}
	return nil
}

// write writes the data, which must be as long as the header says.
func (t *Tensor) write(w io.Writer) error {
	if t.Produce == nil {
		_, err := w.Write(t.Data)
		return err
	}
	want, _ := t.NumBytes()
	counted := &counter{w: w, left: want}
	if err := t.Produce(counted); err != nil {
		return err
	}
	if counted.left > 0 {
		return fmt.Errorf("%d bytes produced do not hold %s of shape %v", want-counted.left, t.DType, t.Shape)
	}
	return nil
}

// counter passes on what is written, but not more than is left.
type counter struct {
	w    io.Writer
	left int
}

func (c *counter) Write(p []byte) (int, error) {
	if len(p) > c.left {
		return 0, fmt.Errorf("more bytes produced than its shape needs")
	}
	c.left -= len(p)
	return c.w.Write(p)
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
		if n, ok := t.NumBytes(); !ok || t.Produce == nil && n != len(t.Data) {
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
		n, _ := tensors[i].NumBytes() // checked
		offsets[i] = [2]int{end, end + n}
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
