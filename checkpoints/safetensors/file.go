package safetensors

import (
	"fmt"
	"io"

	"github.com/rlvr-go/rlvr/checkpoints/mapped"
)

// Info describes a tensor of a file.
type Info struct {
	Name  string
	DType DType
	// Shape has no element for a scalar. It belongs to the file: do not modify it.
	Shape []int

	begin, end int
}

// NumBytes is the length of the tensor's data.
func (i Info) NumBytes() int { return i.end - i.begin }

// File is an open safetensors file. It may be read by several goroutines.
type File struct {
	path    string
	header  *header
	index   map[string]int
	content []byte
	unmap   func() error
}

// Open maps the file at path and checks its header. The caller closes it.
func Open(path string) (*File, error) {
	content, unmap, err := mapped.Open(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	f, err := Parse(path, content)
	if err != nil {
		return nil, closeAfter(err, unmap)
	}
	f.unmap = unmap
	return f, nil
}

// Parse checks a file that is in memory already; path is for messages. The file
// keeps content, and its views point into it.
func Parse(path string, content []byte) (*File, error) {
	h, err := readHeader(content)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %s: %w", path, err)
	}
	f := &File{path: path, header: h, content: content, index: make(map[string]int, len(h.tensors))}
	for i := range h.tensors {
		f.index[h.tensors[i].Name] = i
	}
	return f, nil
}

// Names are the tensors' names in the header's order, in a new slice.
func (f *File) Names() []string {
	names := make([]string, len(f.header.tensors))
	for i := range f.header.tensors {
		names[i] = f.header.tensors[i].Name
	}
	return names
}

// Metadata is the header's free-form text, nil where it has none. Do not modify it.
func (f *File) Metadata() map[string]string { return f.header.metadata }

// NumBytes is the length of all tensors' data.
func (f *File) NumBytes() int64 { return int64(len(f.content) - f.header.data) }

// Has reports whether the file has a tensor of that name.
func (f *File) Has(name string) bool {
	_, ok := f.index[name]
	return ok
}

// Tensor describes a tensor and returns a view of its bytes, little-endian and
// row-major, that is valid until Close and must not be modified. It is an error
// that names the file if there is no such tensor.
func (f *File) Tensor(name string) (Info, []byte, error) {
	i, ok := f.index[name]
	if !ok {
		return Info{}, nil, fmt.Errorf("safetensors: %s: no tensor %q", f.path, name)
	}
	info := f.header.tensors[i]
	data := f.content[f.header.data:]
	return info, data[info.begin:info.end:info.end], nil
}

// Tensors are all tensors in the header's order. Their Data are views as those of
// Tensor.
func (f *File) Tensors() []Tensor {
	out := make([]Tensor, len(f.header.tensors))
	data := f.content[f.header.data:]
	for i, info := range f.header.tensors {
		out[i] = Tensor{Name: info.Name, DType: info.DType, Shape: info.Shape, Data: data[info.begin:info.end:info.end]}
	}
	return out
}

// WriteTensor writes the bytes of a tensor to w, after which the system may take
// back the pages that were read.
func (f *File) WriteTensor(w io.Writer, name string) error {
	info, data, err := f.Tensor(name)
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("safetensors: %s: tensor %q: %w", f.path, name, err)
	}
	f.release(info)
	return nil
}

// release lets the system drop the pages of a tensor. Content that is not mapped
// is the caller's.
func (f *File) release(info Info) {
	if f.unmap != nil {
		mapped.Drop(f.content, f.header.data+info.begin, f.header.data+info.end)
	}
}

// Close releases the mapping; all views of the file become invalid. Closing twice
// is harmless.
func (f *File) Close() error {
	unmap := f.unmap
	f.unmap, f.content, f.index = nil, nil, nil
	f.header = &header{}
	if unmap == nil {
		return nil
	}
	if err := unmap(); err != nil {
		return fmt.Errorf("safetensors: %s: %w", f.path, err)
	}
	return nil
}

// closeAfter releases a mapping whose file turned out to be unusable.
func closeAfter(err error, unmap func() error) error {
	if uerr := unmap(); uerr != nil {
		return fmt.Errorf("%w (and %w)", err, uerr)
	}
	return err
}
