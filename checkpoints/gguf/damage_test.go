package gguf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// builder spells a file out field by field.
type builder struct{ bytes.Buffer }

func (b *builder) u32(x uint32) *builder {
	b.Write(binary.LittleEndian.AppendUint32(nil, x))
	return b
}

func (b *builder) u64(x uint64) *builder {
	b.Write(binary.LittleEndian.AppendUint64(nil, x))
	return b
}

func (b *builder) text(s string) *builder {
	b.u64(uint64(len(s)))
	b.WriteString(s)
	return b
}

func head(tensors, pairs uint64) *builder {
	b := &builder{}
	b.WriteString("GGUF")
	return b.u32(3).u64(tensors).u64(pairs)
}

// info appends a tensor's description; dims are innermost first, as in the file.
func (b *builder) info(name string, kind Type, offset uint64, dims ...uint64) *builder {
	b.text(name).u32(uint32(len(dims)))
	for _, d := range dims {
		b.u64(d)
	}
	return b.u32(uint32(kind)).u64(offset)
}

// data pads to the alignment and appends n bytes.
func (b *builder) data(n int) []byte {
	for b.Len()%defaultAlignment != 0 {
		b.WriteByte(0)
	}
	return append(b.Bytes(), make([]byte, n)...)
}

// two is a good file of two tensors whose descriptions are not in the order of
// their offsets.
func two() []byte {
	b := head(2, 1).text("general.architecture").u32(typeString).text("none")
	b.info("late", F32, 32, 2).info("early", F32, 0, 1)
	out := b.data(40)
	copy(out[len(out)-8:], []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0x40})
	copy(out[len(out)-40:], []byte{0, 0, 0xa0, 0x40})
	return out
}

// TestAnyOrder: names give their own bytes though offsets do not ascend.
func TestAnyOrder(t *testing.T) {
	f, err := Parse("two", two())
	if err != nil {
		t.Fatal(err)
	}
	late, _, err1 := f.Float32("late")
	early, _, err2 := f.Float32("early")
	if err := errors.Join(err1, err2); err != nil || !slices.Equal(late, []float32{1, 2}) || !slices.Equal(early, []float32{5}) {
		t.Errorf("late %v, early %v, %v", late, early, err)
	}
}

func TestVersion2(t *testing.T) {
	raw := two()
	raw[4] = 2
	if _, err := Parse("two", raw); err != nil {
		t.Error(err)
	}
}

func TestAlignmentKey(t *testing.T) {
	aligned := func(align uint32, offset uint64) error {
		b := head(2, 1).text(alignmentKey).u32(typeUint32).u32(align)
		b.info("a", F32, 0, 1).info("b", F32, offset, 1)
		_, err := Parse("aligned", b.data(256))
		return err
	}
	for _, align := range []uint32{4, 64} {
		if err := aligned(align, uint64(align)); err != nil {
			t.Errorf("%d: %v", align, err)
		}
	}
	for align, want := range map[uint32]string{
		0: "0 is no power of two", 3: "3 is no power of two", 1 << 31: "is no power of two up to", 128: `tensor "b": offset 64 is no multiple of the alignment 128`,
	} {
		if err := aligned(align, 64); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d: got %v, want %q", align, err, want)
		}
	}
}

// nested is a file whose metadata are arrays within arrays.
func nested(depth int) []byte {
	b := head(0, 1).text("deep").u32(typeArray)
	for range depth {
		b.u32(typeArray).u64(1)
	}
	return b.u32(typeUint8).u64(1).data(64)
}

// TestBadFiles: every rule, broken once.
func TestBadFiles(t *testing.T) {
	one := func(kind Type, offset uint64, size int, dims ...uint64) []byte {
		return head(1, 0).info("w", kind, offset, dims...).data(size)
	}
	pair := func(kind uint32) *builder { return head(0, 1).text("k").u32(kind) }
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "truncated: 4 bytes at 0 in a file of 0"},
		{"other magic", []byte("PK\x03\x04        "), `begins with "PK\x03\x04"`},
		{"version 1", []byte("GGUF\x01\x00\x00\x00"), "version 1, only 2 and 3"},
		{"big-endian", []byte("GGUF\x00\x00\x00\x03"), "big-endian"},
		{"huge number of tensors", head(math.MaxUint64, 0).data(64), "18446744073709551615 tensors claimed"},
		{"huge number of pairs", head(0, math.MaxUint64).data(64), "18446744073709551615 metadata values claimed"},
		{"huge key", head(0, 1).u64(math.MaxUint64).data(64), "string of 18446744073709551615 bytes"},
		{"key no UTF-8", head(0, 1).text("\xff").data(64), `metadata 0 of 1: string "\xff" is not UTF-8`},
		{"key twice", head(0, 2).text("k").u32(typeUint8).text("").text("k").data(64), "metadata 1 of 2"},
		{"unknown type", pair(13).data(64), `key "k": type 13, which is not known`},
		{"bool of 2", pair(typeBool).u32(2).data(64), `key "k": bool of value 2`},
		{"huge array", pair(typeArray).u32(typeUint8).u64(1 << 62).data(64), `key "k": array of 4611686018427387904 elements`},
		{"array of unknown type", pair(typeArray).u32(99).u64(1).data(64), `key "k": elements of type 99`},
		{"string in array cut", pair(typeArray).u32(typeString).u64(1).u64(1000).data(64), `key "k": element 0: truncated: string of 1000 bytes`},
		{"deep arrays", nested(maxDepth), `key "deep": element 0: element 0`},
		{"tensor twice", head(2, 0).info("w", F32, 0, 1).info("w", F32, 32, 1).data(64), `tensor "w": named twice`},
		{"name no UTF-8", head(1, 0).info("\xff", F32, 0, 1).data(64), "tensor 0 of 1: string"},
		{"five dimensions", one(F32, 0, 64, 1, 1, 1, 1, 1), `tensor "w": 5 dimensions`},
		{"unknown type of tensor", one(77, 0, 64, 1), `tensor "w": type 77 is not known`},
		{"removed type", one(4, 0, 64, 32), `tensor "w": type 4 is not known`},
		{"row no whole blocks", one(Q4_0, 0, 64, 33), `tensor "w": rows of 33 elements are not whole blocks of 32 (Q4_0)`},
		{"rows of half a block", one(Q6K, 0, 256, 128, 2), `tensor "w": rows of 128 elements are not whole blocks of 256`},
		{"shape overflows", one(F32, 0, 64, 1<<62, 4), `tensor "w": shape [4 4611686018427387904] overflows`},
		{"shape overflows to zero", one(F32, 0, 64, 1<<32, 1<<32), "overflows"},
		{"dimension no int", one(F32, 0, 64, 1<<63), `tensor "w": dimension of 9223372036854775808`},
		{"too few bytes", one(F32, 0, 12, 4), `tensor "w": bytes 0 to 16, the file holds 12 (truncated?)`},
		{"huge tensor", one(F32, 0, 64, 1<<40), `tensor "w": bytes 0 to 4398046511104, the file holds 64`},
		{"huge offset", one(F32, math.MaxUint64-31, 64, 4), `tensor "w": 16 bytes at 18446744073709551584: beyond any file`},
		{"offset not aligned", one(F32, 8, 64, 4), `tensor "w": offset 8 is no multiple of the alignment 32`},
		{"overlap", head(2, 0).info("a", F32, 0, 16).info("b", F32, 32, 8).data(64), `tensor "b": bytes 32 to 64 overlap tensor "a", which ends at 64`},
		{"same bytes", head(2, 0).info("a", F32, 0, 8).info("b", F32, 0, 8).data(64), "overlap"},
		{"no data", head(1, 0).info("w", F32, 0, 1).Bytes(), `tensor "w": bytes 0 to 4, the file holds 0`},
		{"alignment of wrong type", head(0, 1).text(alignmentKey).u32(typeString).text("32").data(0), "general.alignment: is a string, want an integer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bad.gguf")
			if err := os.WriteFile(path, c.file, 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := Open(path)
			if err == nil {
				f.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want %q and the path", err, c.want)
			}
		})
	}
	if _, err := Parse("nested", nested(maxDepth-1)); err != nil {
		t.Errorf("arrays of depth %d: %v", maxDepth, err)
	}
}

// TestDuplicateKey has both values whole.
func TestDuplicateKey(t *testing.T) {
	b := head(0, 2).text("k").u32(typeUint32).u32(1).text("k").u32(typeUint32).u32(2)
	if _, err := Parse("twice", b.data(0)); err == nil || !strings.Contains(err.Error(), `key "k" twice`) {
		t.Errorf("got %v", err)
	}
}

// TestTruncatedAnywhere: a good file cut at any byte is refused.
func TestTruncatedAnywhere(t *testing.T) {
	whole, err := os.ReadFile("testdata/types.gguf")
	if err != nil {
		t.Fatal(err)
	}
	f := openTypes(t)
	last := 0
	for _, info := range f.tensors {
		last = max(last, f.data+info.end)
	}
	for n := range last { // padding after the last tensor may be cut
		if _, err := Parse("cut", whole[:n]); err == nil {
			t.Errorf("cut to %d of %d bytes: accepted", n, len(whole))
		}
	}
}

// TestNoAllocationFromClaims: files that claim huge sizes cost no memory.
func TestNoAllocationFromClaims(t *testing.T) {
	for i, raw := range [][]byte{
		head(1<<40, 0).data(1 << 10),
		head(0, 1<<40).data(1 << 10),
		head(0, 1).text("k").u32(typeArray).u32(typeString).u64(1 << 40).data(1 << 10),
		head(1, 0).info("w", F32, 0, 1<<40).data(1 << 10),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Parse("claims", raw); err == nil {
			t.Errorf("file %d: accepted", i)
		}
		runtime.ReadMemStats(&after)
		const most = 1 << 20
		if grown := after.TotalAlloc - before.TotalAlloc; grown > most {
			t.Errorf("file %d of %d bytes: %d bytes allocated", i, len(raw), grown)
		}
	}
}

// FuzzParse: a hostile file never panics, and the tensors of one that is accepted
// have as many elements as they say.
func FuzzParse(f *testing.F) {
	if whole, err := os.ReadFile("testdata/types.gguf"); err == nil {
		f.Add(whole)
	}
	f.Add(two())
	f.Add(nested(3))
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := Parse("fuzz", content)
		if err != nil {
			return
		}
		for _, key := range file.Keys() {
			v, ok := file.Value(key)
			if !ok || v.Describe() == "" {
				t.Fatalf("key %q is not there", key)
			}
		}
		total := 0
		for _, info := range file.Tensors() {
			x, _, err := file.Float32(info.Name)
			if info.Type.Readable() != (err == nil) || err == nil && len(x) != info.Size() {
				t.Fatalf("%s: %d elements of shape %v, %v", info.Name, len(x), info.Shape, err)
			}
			total += info.end - info.begin
			if len(info.Shape) > 1 && info.Shape[0] > 0 && err == nil {
				if part, _, err := file.Float32At(info.Name, info.Shape[0]-1); err != nil || len(part) != len(x)/info.Shape[0] {
					t.Fatalf("%s: last slice of %d elements, %v", info.Name, len(part), err)
				}
			}
		}
		if total > len(content) {
			t.Fatalf("tensors of %d bytes in a file of %d", total, len(content))
		}
	})
}
