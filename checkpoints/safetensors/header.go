package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"sort"
	"strconv"
	"unicode/utf8"
)

const (
	// lengthBytes is the size of the header's length, a little-endian uint64.
	lengthBytes = 8
	// maxHeaderBytes is the format's own limit.
	maxHeaderBytes = 100_000_000
	// metadataKey is the one key of the header that names no tensor.
	metadataKey = "__metadata__"
)

// header is a parsed header; begin and end of its tensors count from the first
// byte of data.
type header struct {
	tensors  []Info
	metadata map[string]string
	// data is where the data starts in the file.
	data int
}

// readHeader parses and checks the header of a whole file.
func readHeader(file []byte) (*header, error) {
	if len(file) < lengthBytes {
		return nil, fmt.Errorf("truncated: %d bytes, the length of the header alone takes %d", len(file), lengthBytes)
	}
	n := binary.LittleEndian.Uint64(file)
	if n > maxHeaderBytes {
		return nil, fmt.Errorf("header of %d bytes, the format allows %d", n, maxHeaderBytes)
	}
	if n > uint64(len(file)-lengthBytes) {
		return nil, fmt.Errorf("truncated: header of %d bytes in a file of %d", n, len(file))
	}
	h := &header{data: lengthBytes + int(n)}
	raw := file[lengthBytes:h.data]
	if err := h.parse(raw); err != nil {
		return nil, err
	}
	return h, h.checkLayout(len(file) - h.data)
}

// parse walks the JSON by tokens, so that duplicate names and unknown fields are
// seen.
func (h *header) parse(raw []byte) error {
	if len(raw) == 0 || raw[0] != '{' {
		return errors.New("header does not begin with {")
	}
	if !utf8.Valid(raw) || !json.Valid(raw) {
		return errors.New("header is not valid JSON in UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	seen := make(map[string]bool)
	return eachField(dec, func(name string) error {
		if seen[name] {
			return fmt.Errorf("tensor %q: named twice", name)
		}
		seen[name] = true
		if name == metadataKey {
			return h.parseMetadata(dec)
		}
		info, err := parseInfo(dec, name)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		h.tensors = append(h.tensors, info)
		return nil
	})
}

// parseMetadata reads the object of strings under metadataKey.
func (h *header) parseMetadata(dec *json.Decoder) error {
	h.metadata = make(map[string]string)
	return eachField(dec, func(key string) error {
		if _, ok := h.metadata[key]; ok {
			return fmt.Errorf("%s: key %q twice", metadataKey, key)
		}
		tok, _ := dec.Token()
		value, ok := tok.(string)
		if !ok {
			return fmt.Errorf("%s: %q is no string", metadataKey, key)
		}
		h.metadata[key] = value
		return nil
	})
}

// parseInfo reads {"dtype": ..., "shape": [...], "data_offsets": [begin, end]}.
func parseInfo(dec *json.Decoder, name string) (Info, error) {
	info := Info{Name: name, Shape: []int{}}
	seen := make(map[string]bool, 3)
	err := eachField(dec, func(field string) error {
		if seen[field] {
			return fmt.Errorf("field %q twice", field)
		}
		seen[field] = true
		switch field {
		case "dtype":
			tok, _ := dec.Token()
			s, _ := tok.(string)
			info.DType = DType(s)
			if info.DType.Size() == 0 {
				return fmt.Errorf("dtype %v is not known", tok)
			}
			return nil
		case "shape":
			var err error
			info.Shape, err = parseInts(dec, "shape")
			return err
		case "data_offsets":
			offsets, err := parseInts(dec, "data_offsets")
			if err != nil {
				return err
			}
			if len(offsets) != 2 {
				return fmt.Errorf("data_offsets has %d numbers, want 2", len(offsets))
			}
			info.begin, info.end = offsets[0], offsets[1]
			return nil
		default:
			return fmt.Errorf("unknown field %q", field)
		}
	})
	if err != nil {
		return info, err
	}
	for _, field := range []string{"dtype", "shape", "data_offsets"} {
		if !seen[field] {
			return info, fmt.Errorf("%s is missing", field)
		}
	}
	return info, nil
}

// eachField calls value for each key of the object that dec is at; value must
// consume the key's value. The input is valid JSON, so that token errors cannot
// happen.
func eachField(dec *json.Decoder, value func(key string) error) error {
	if tok, _ := dec.Token(); tok != json.Delim('{') {
		return fmt.Errorf("found %v, want an object", tok)
	}
	for dec.More() {
		key, _ := dec.Token()
		if err := value(key.(string)); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// parseInts reads an array of non-negative integers.
func parseInts(dec *json.Decoder, field string) ([]int, error) {
	if tok, _ := dec.Token(); tok != json.Delim('[') {
		return nil, fmt.Errorf("%s: found %v, want an array", field, tok)
	}
	out := []int{}
	for dec.More() {
		tok, _ := dec.Token()
		num, ok := tok.(json.Number)
		if !ok {
			return nil, fmt.Errorf("%s: found %v, want integers", field, tok)
		}
		n, err := strconv.ParseUint(num.String(), 10, strconv.IntSize-1)
		if err != nil {
			return nil, fmt.Errorf("%s: %s is no integer from 0 to 2^%d-1", field, num, strconv.IntSize-1)
		}
		out = append(out, int(n))
	}
	_, err := dec.Token()
	return out, err
}

// checkLayout demands that the tensors cover size bytes of data exactly, each
// with as many bytes as its shape needs.
func (h *header) checkLayout(size int) error {
	order := make([]*Info, len(h.tensors))
	for i := range h.tensors {
		order[i] = &h.tensors[i]
	}
	sort.SliceStable(order, func(i, j int) bool {
		a, b := order[i], order[j]
		return a.begin < b.begin || a.begin == b.begin && a.end < b.end
	})
	covered := 0
	for _, t := range order {
		switch {
		case t.begin > t.end || t.end > size:
			return fmt.Errorf("tensor %q: bytes %d to %d, the file holds %d (truncated?)", t.Name, t.begin, t.end, size)
		case t.begin < covered:
			return fmt.Errorf("tensor %q: bytes %d to %d overlap the tensor before, which ends at %d", t.Name, t.begin, t.end, covered)
		case t.begin > covered:
			return fmt.Errorf("tensor %q: begins at byte %d, leaving a gap after %d", t.Name, t.begin, covered)
		}
		want, ok := byteCount(t.DType, t.Shape)
		if !ok || want != t.end-t.begin {
			return fmt.Errorf("tensor %q: %d bytes do not hold %s of shape %v", t.Name, t.end-t.begin, t.DType, t.Shape)
		}
		covered = t.end
	}
	if covered != size {
		return fmt.Errorf("%d bytes after the last tensor, which ends at %d", size-covered, covered)
	}
	return nil
}

// byteCount is the size of a tensor; false where it overflows or a dimension is
// negative.
func byteCount(d DType, shape []int) (int, bool) {
	n := uint64(d.Size())
	for _, dim := range shape {
		hi, lo := bits.Mul64(n, uint64(dim))
		if dim < 0 || hi != 0 || lo >= 1<<(strconv.IntSize-1) {
			return 0, false
		}
		n = lo
	}
	return int(n), true
}
