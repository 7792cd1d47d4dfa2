package gguf

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf8"
)

const (
	magic = "GGUF"
	// alignmentKey is the metadata that changes what tensors are aligned to.
	alignmentKey     = "general.alignment"
	defaultAlignment = 32
	// maxDims is ggml's limit.
	maxDims = 4
	// maxAlignment is beyond any that is written, and far from overflow.
	maxAlignment = 1 << 20
	// The least that a key with its value and that a tensor's description take.
	smallestPair = 8 + 4 + 1
	smallestInfo = 8 + 4 + 4 + 8
)

// cursor reads a file's content from its beginning; reading past the end is an
// error.
type cursor struct {
	content []byte
	at      int
}

func (c *cursor) rest() []byte { return c.content[c.at:] }

func (c *cursor) take(n int) ([]byte, error) {
	if n > len(c.rest()) {
		return nil, fmt.Errorf("truncated: %d bytes at %d in a file of %d", n, c.at, len(c.content))
	}
	b := c.rest()[:n]
	c.at += n
	return b, nil
}

func (c *cursor) uint32() (uint32, error) {
	b, err := c.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (c *cursor) uint64() (uint64, error) {
	b, err := c.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// text reads a length and so many bytes of UTF-8.
func (c *cursor) text() (string, error) {
	n, err := c.uint64()
	if err != nil {
		return "", err
	}
	if n > uint64(len(c.rest())) {
		return "", fmt.Errorf("truncated: string of %d bytes, %d are left", n, len(c.rest()))
	}
	b, err := c.take(int(n))
	if err != nil {
		return "", err
	}
	if !utf8.Valid(b) {
		return "", fmt.Errorf("string %q is not UTF-8", b[:min(len(b), 40)])
	}
	return string(b), nil
}

// integer reads a value of an integer type; the largest of typeUint64 come out
// negative.
func (c *cursor) integer(kind uint32) (int64, error) {
	b, err := c.take(smallest(kind))
	if err != nil {
		return 0, err
	}
	switch kind {
	case typeUint8:
		return int64(b[0]), nil
	case typeInt8:
		return int64(int8(b[0])), nil
	case typeUint16:
		return int64(binary.LittleEndian.Uint16(b)), nil
	case typeInt16:
		return int64(int16(binary.LittleEndian.Uint16(b))), nil
	case typeUint32:
		return int64(binary.LittleEndian.Uint32(b)), nil
	case typeInt32:
		return int64(int32(binary.LittleEndian.Uint32(b))), nil
	case typeUint64, typeInt64:
		return int64(binary.LittleEndian.Uint64(b)), nil
	default:
		return 0, fmt.Errorf("type %d, which is not known", kind)
	}
}

func (c *cursor) float(kind uint32) (float64, error) {
	b, err := c.take(smallest(kind))
	if err != nil {
		return 0, err
	}
	if kind == typeFloat32 {
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), nil
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b)), nil
}

// parse reads everything before the data, and checks where the tensors lie.
func (f *File) parse() error {
	c := &cursor{content: f.content}
	tensors, pairs, err := c.header()
	if err != nil {
		return err
	}
	for i := range pairs {
		if err := f.parsePair(c); err != nil {
			return fmt.Errorf("metadata %d of %d: %w", i, pairs, err)
		}
	}
	align, err := f.alignment()
	if err != nil {
		return err
	}
	if tensors > uint64(len(c.rest())/smallestInfo) {
		return fmt.Errorf("%d tensors claimed, %d bytes are left", tensors, len(c.rest()))
	}
	for i := range tensors {
		if err := f.parseInfo(c); err != nil {
			return fmt.Errorf("tensor %d of %d: %w", i, tensors, err)
		}
	}
	f.data = (c.at + align - 1) / align * align
	return f.checkLayout(align)
}

// header reads the magic, the version and the numbers of tensors and of pairs.
func (c *cursor) header() (tensors, pairs uint64, err error) {
	b, err := c.take(len(magic))
	if err != nil {
		return 0, 0, err
	}
	if string(b) != magic {
		return 0, 0, fmt.Errorf("begins with %q, not with %q", b, magic)
	}
	version, err := c.uint32()
	if err != nil {
		return 0, 0, err
	}
	if version != 2 && version != 3 {
		if version&0xffff == 0 {
			return 0, 0, fmt.Errorf("big-endian file (version bytes %#08x), only little-endian ones are read", version)
		}
		return 0, 0, fmt.Errorf("version %d, only 2 and 3 are read", version)
	}
	if tensors, err = c.uint64(); err != nil {
		return 0, 0, err
	}
	if pairs, err = c.uint64(); err != nil {
		return 0, 0, err
	}
	if pairs > uint64(len(c.rest())/smallestPair) {
		return 0, 0, fmt.Errorf("%d metadata values claimed, %d bytes are left", pairs, len(c.rest()))
	}
	return tensors, pairs, nil
}

// parsePair reads a key and its value.
func (f *File) parsePair(c *cursor) error {
	key, err := c.text()
	if err != nil {
		return err
	}
	if _, ok := f.metadata[key]; ok {
		return fmt.Errorf("key %q twice", key)
	}
	kind, err := c.uint32()
	if err == nil {
		var v any
		v, err = c.value(kind, 0)
		f.metadata[key] = Value{v}
		f.keys = append(f.keys, key)
	}
	if err != nil {
		return fmt.Errorf("key %q: %w", key, err)
	}
	return nil
}

// alignment is what each tensor's offset is a multiple of.
func (f *File) alignment() (int, error) {
	v, ok := f.metadata[alignmentKey]
	if !ok {
		return defaultAlignment, nil
	}
	n, err := v.Int()
	if err == nil && (n < 1 || n > maxAlignment || n&(n-1) != 0) {
		err = fmt.Errorf("%d is no power of two up to %d", n, maxAlignment)
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", alignmentKey, err)
	}
	return n, nil
}

// parseInfo reads a tensor's name, dimensions, type and offset.
func (f *File) parseInfo(c *cursor) error {
	name, err := c.text()
	if err != nil {
		return err
	}
	if _, ok := f.index[name]; ok {
		return fmt.Errorf("tensor %q: named twice", name)
	}
	info := Info{Name: name}
	if err := info.parse(c); err != nil {
		return fmt.Errorf("tensor %q: %w", name, err)
	}
	f.index[name] = len(f.tensors)
	f.tensors = append(f.tensors, info)
	return nil
}

func (i *Info) parse(c *cursor) error {
	n, err := c.uint32()
	if err != nil {
		return err
	}
	if n > maxDims {
		return fmt.Errorf("%d dimensions, at most %d are allowed", n, maxDims)
	}
	i.Shape = make([]int, n)
	for d := range i.Shape {
		size, err := c.uint64()
		if err != nil {
			return err
		}
		if size >= 1<<(strconv.IntSize-1) {
			return fmt.Errorf("dimension of %d", size)
		}
		i.Shape[len(i.Shape)-1-d] = int(size) // the file has the innermost first
	}
	kind, err := c.uint32()
	if err != nil {
		return err
	}
	i.Type = Type(kind)
	l, ok := layouts[i.Type]
	if !ok {
		return fmt.Errorf("%v is not known", i.Type)
	}
	offset, err := c.uint64()
	if err != nil {
		return err
	}
	size, err := l.byteCount(i.Shape)
	if err != nil {
		return err
	}
	if offset > math.MaxInt/2 || size > math.MaxInt/2 {
		return fmt.Errorf("%d bytes at %d: beyond any file", size, offset)
	}
	i.begin, i.end = int(offset), int(offset)+size
	return nil
}

// byteCount is the size of a tensor, whose rows must be whole blocks.
func (l *layout) byteCount(shape []int) (int, error) {
	row := 1
	if len(shape) > 0 {
		row = shape[len(shape)-1]
	}
	if row%l.block != 0 {
		return 0, fmt.Errorf("rows of %d elements are not whole blocks of %d (%s)", row, l.block, l.name)
	}
	n := uint64(1)
	for _, dim := range shape {
		hi, lo := bits.Mul64(n, uint64(dim))
		if hi != 0 || lo > math.MaxInt/512 {
			return 0, fmt.Errorf("shape %v overflows", shape)
		}
		n = lo
	}
	return int(n) / l.block * l.size, nil
}

// checkLayout demands that the tensors lie in the file, aligned and apart.
func (f *File) checkLayout(align int) error {
	size := max(0, len(f.content)-f.data)
	order := make([]*Info, len(f.tensors))
	for i := range f.tensors {
		order[i] = &f.tensors[i]
	}
	slices.SortStableFunc(order, func(a, b *Info) int {
		if a.begin != b.begin {
			return a.begin - b.begin
		}
		return a.end - b.end
	})
	covered, before := 0, ""
	for _, t := range order {
		switch {
		case t.begin%align != 0:
			return fmt.Errorf("tensor %q: offset %d is no multiple of the alignment %d", t.Name, t.begin, align)
		case t.end > size:
			return fmt.Errorf("tensor %q: bytes %d to %d, the file holds %d (truncated?)", t.Name, t.begin, t.end, size)
		case t.begin < covered:
			return fmt.Errorf("tensor %q: bytes %d to %d overlap tensor %q, which ends at %d", t.Name, t.begin, t.end, before, covered)
		}
		covered, before = t.end, t.Name
	}
	return nil
}
