package gguf

import (
	"fmt"
	"slices"

	"github.com/rlvr-go/rlvr/checkpoints/mapped"
)

// Info describes a tensor of a file.
type Info struct {
	Name string
	Type Type
	// Shape has the outermost dimension first and belongs to the file: do not
	// modify it.
	Shape []int

	begin, end int
}

// Size is the number of elements.
func (i *Info) Size() int {
	n := 1
	for _, d := range i.Shape {
		n *= d
	}
	return n
}

// File is an open GGUF file. It may be read by several goroutines.
type File struct {
	path     string
	content  []byte
	unmap    func() error
	keys     []string
	metadata map[string]Value
	tensors  []Info
	index    map[string]int
	// data is where the tensors' bytes start in the file.
	data int
}

// Open maps the file at path and checks it. The caller closes it.
func Open(path string) (*File, error) {
	content, unmap, err := mapped.Open(path)
	if err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	f, err := Parse(path, content)
	if err != nil {
		if uerr := unmap(); uerr != nil {
			err = fmt.Errorf("%w (and %w)", err, uerr)
		}
		return nil, err
	}
	f.unmap = unmap
	mapped.Drop(content, 0, f.data) // the metadata is copied
	return f, nil
}

// Parse checks a file that is in memory already; path is for messages. The file
// keeps content.
func Parse(path string, content []byte) (*File, error) {
	f := &File{path: path, content: content, metadata: map[string]Value{}, index: map[string]int{}}
	if err := f.parse(); err != nil {
		return nil, fmt.Errorf("gguf: %s: %w", path, err)
	}
	return f, nil
}

// Keys are those of the metadata in the file's order, in a new slice.
func (f *File) Keys() []string { return slices.Clone(f.keys) }

// Value is the metadata of a key; false where there is none.
func (f *File) Value(key string) (Value, bool) {
	v, ok := f.metadata[key]
	return v, ok
}

// Tensors are all tensors in the file's order, in a new slice.
func (f *File) Tensors() []Info { return slices.Clone(f.tensors) }

// Tensor describes a tensor; false where there is none of that name.
func (f *File) Tensor(name string) (Info, bool) {
	i, ok := f.index[name]
	if !ok {
		return Info{}, false
	}
	return f.tensors[i], true
}

// Float32 dequantises a tensor. The slice is new. It is an error that names file
// and tensor if there is none of that name or its type is not implemented.
func (f *File) Float32(name string) ([]float32, Info, error) {
	info, l, err := f.readable(name)
	if err != nil {
		return nil, info, err
	}
	return f.expand(l, info.begin, info.end), info, nil
}

// Float32At is Float32 of the i-th slice along the first axis, which for a stack
// of matrices is one of them; Info describes the whole tensor.
func (f *File) Float32At(name string, i int) ([]float32, Info, error) {
	info, l, err := f.readable(name)
	if err != nil {
		return nil, info, err
	}
	if len(info.Shape) < 2 || i < 0 || i >= info.Shape[0] {
		return nil, info, fmt.Errorf("gguf: %s: tensor %q of shape %v has no slice %d", f.path, name, info.Shape, i)
	}
	size := (info.end - info.begin) / info.Shape[0]
	return f.expand(l, info.begin+i*size, info.begin+(i+1)*size), info, nil
}

// readable finds a tensor whose type is implemented.
func (f *File) readable(name string) (Info, layout, error) {
	info, ok := f.Tensor(name)
	if !ok {
		return info, layout{}, fmt.Errorf("gguf: %s: no tensor %q", f.path, name)
	}
	l := layouts[info.Type]
	if l.expand == nil {
		return info, l, fmt.Errorf("gguf: %s: tensor %q: type %v is not implemented", f.path, name, info.Type)
	}
	return info, l, nil
}

// expand dequantises bytes begin to end of the data, whole blocks, and lets the
// system take back the pages that it read.
func (f *File) expand(l layout, begin, end int) []float32 {
	begin, end = f.data+begin, f.data+end
	src := f.content[begin:end]
	dst := make([]float32, len(src)/l.size*l.block)
	expandParallel(dst, src, l)
	if f.unmap != nil {
		mapped.Drop(f.content, begin, end)
	}
	return dst
}

// Close releases the mapping. Closing twice is harmless.
func (f *File) Close() error {
	unmap := f.unmap
	f.unmap, f.content, f.tensors = nil, nil, nil
	f.index = map[string]int{}
	if unmap == nil {
		return nil
	}
	if err := unmap(); err != nil {
		return fmt.Errorf("gguf: %s: %w", f.path, err)
	}
	return nil
}
