package safetensors

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rawFile is a file with the given header text and data.
func rawFile(head string, data ...byte) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	out = append(out, head...)
	return append(out, data...)
}

// TestPythonFile reads what the reference library wrote (testdata/make_python.py).
func TestPythonFile(t *testing.T) {
	f, err := Open("testdata/python.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Metadata()["format"] != "pt" {
		t.Errorf("metadata %v", f.Metadata())
	}
	inf := float32(math.Inf(1))
	floats := []struct {
		name  string
		shape []int
		want  []float32
	}{
		{"f32", []int{2, 3}, []float32{1.5, -2, inf, 0, float32(math.Copysign(0, -1)), 3e-45}},
		{"f64", []int{2}, []float32{1.0 / 3, -inf}},
		{"bf16", []int{2, 1}, []float32{1, -3.140625}},
		{"f16", []int{3}, []float32{65504, 1.0 / (1 << 24), -0.333251953125}},
		{"scalar", []int{}, []float32{42}},
		{"empty", []int{0, 3}, []float32{}},
	}
	for _, c := range floats {
		got, info, err := f.Float32(c.name)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !slices.Equal(info.Shape, c.shape) || !sameBits(got, c.want) {
			t.Errorf("%s: %v of shape %v, want %v of shape %v", c.name, got, info.Shape, c.want, c.shape)
		}
	}
	ints := []struct {
		name string
		want []int64
	}{
		{"i64", []int64{-(1 << 40), 7}},
		{"i32", []int64{-5, math.MaxInt32}},
		{"u8", []int64{0, 255, 1}},
		{"q.\"\u00e9", []int64{1}},
	}
	for _, c := range ints {
		if got, _, err := f.Int64(c.name); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.want)
		}
	}
	if got := len(f.Names()); got != len(floats)+len(ints) {
		t.Errorf("%d names, want %d: %q", got, len(floats)+len(ints), f.Names())
	}
	if got, _, err := f.Int32("i32"); err != nil || !slices.Equal(got, []int32{-5, math.MaxInt32}) {
		t.Errorf("Int32: %v, %v", got, err)
	}
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// TestWrongReads: each message names file and tensor.
func TestWrongReads(t *testing.T) {
	f, err := Open("testdata/python.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, c := range []struct {
		call func() error
		want string
	}{
		{func() error { _, _, err := f.Tensor("absent"); return err }, `no tensor "absent"`},
		{func() error { _, _, err := f.Float32("i64"); return err }, `tensor "i64": dtype I64, want F32, F16, BF16 or F64`},
		{func() error { _, _, err := f.Int64("f32"); return err }, `tensor "f32": dtype F32, want I64, I32`},
		{func() error { _, _, err := f.Int32("i64"); return err }, `tensor "i64": element 0 is -1099511627776, which is no int32`},
	} {
		err := c.call()
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "python.safetensors") {
			t.Errorf("got %v, want %q and the file's name", err, c.want)
		}
	}
}

// TestBadFiles: every rule of the format, broken once.
func TestBadFiles(t *testing.T) {
	const a4 = `"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`
	zeros := make([]byte, 8)
	info := func(dtype, shape, offsets string) []byte {
		return rawFile(`{"w":{"dtype":`+dtype+`,"shape":`+shape+`,"data_offsets":`+offsets+`}}`, zeros...)
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "truncated: 0 bytes"},
		{"short length", []byte{1, 2, 3}, "truncated: 3 bytes"},
		{"header beyond the file", binary.LittleEndian.AppendUint64(nil, 1000), "truncated: header of 1000 bytes in a file of 8"},
		{"hostile length", binary.LittleEndian.AppendUint64(nil, math.MaxUint64), "header of 18446744073709551615 bytes, the format allows 100000000"},
		{"no header", rawFile(""), "does not begin with {"},
		{"leading space", rawFile(" {}"), "does not begin with {"},
		{"no JSON", rawFile("{nope}"), "not valid JSON"},
		{"two values", rawFile("{}{}"), "not valid JSON"},
		{"no UTF-8", rawFile("{\"\xff\":1}"), "not valid JSON in UTF-8"},
		{"no object", rawFile(`{"w":3}`), `tensor "w": found 3, want an object`},
		{"duplicate name", rawFile("{"+a4+","+a4+"}", zeros[:4]...), `tensor "a": named twice`},
		{"duplicate escaped name", rawFile(`{`+a4+`,"\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, zeros...), `tensor "a": named twice`},
		{"duplicate field", rawFile(`{"w":{"dtype":"F32","dtype":"F64"}}`), `tensor "w": field "dtype" twice`},
		{"unknown field", rawFile(`{"w":{"Dtype":"F32"}}`), `tensor "w": unknown field "Dtype"`},
		{"missing field", rawFile(`{"w":{"dtype":"F32","shape":[]}}`), `tensor "w": data_offsets is missing`},
		{"unknown dtype", info(`"F31"`, `[2]`, `[0,8]`), `tensor "w": dtype F31 is not known`},
		{"dtype no string", info(`7`, `[2]`, `[0,8]`), `tensor "w": dtype 7 is not known`},
		{"shape no array", info(`"F32"`, `2`, `[0,8]`), `tensor "w": shape: found 2, want an array`},
		{"negative dimension", info(`"F32"`, `[-2]`, `[0,8]`), `tensor "w": shape: -2 is no integer`},
		{"fractional dimension", info(`"F32"`, `[2.0]`, `[0,8]`), `tensor "w": shape: 2.0 is no integer`},
		{"huge dimension", info(`"F32"`, `[9223372036854775808]`, `[0,8]`), `tensor "w": shape: 9223372036854775808 is no integer`},
		{"string dimension", info(`"F32"`, `["2"]`, `[0,8]`), `tensor "w": shape: found 2, want integers`},
		{"one offset", info(`"F32"`, `[2]`, `[0]`), `tensor "w": data_offsets has 1 numbers, want 2`},
		{"offsets turned round", info(`"F32"`, `[0]`, `[8,0]`), `tensor "w": bytes 8 to 0`},
		{"beyond the data", info(`"F32"`, `[4]`, `[0,16]`), `tensor "w": bytes 0 to 16, the file holds 8 (truncated?)`},
		{"too few bytes for the shape", info(`"F32"`, `[3]`, `[0,8]`), `tensor "w": 8 bytes do not hold F32 of shape [3]`},
		{"too many bytes for the shape", info(`"F32"`, `[1]`, `[0,8]`), `tensor "w": 8 bytes do not hold F32 of shape [1]`},
		{"wrong dtype for the bytes", info(`"F64"`, `[2]`, `[0,8]`), `tensor "w": 8 bytes do not hold F64 of shape [2]`},
		{"shape overflows", info(`"F32"`, `[4611686018427387904,4]`, `[0,8]`), `tensor "w": 8 bytes do not hold F32`},
		{"shape overflows to zero", info(`"F32"`, `[4294967296,4294967296]`, `[0,0]`), `tensor "w": 0 bytes do not hold F32`},
		{"overlap", rawFile(`{`+a4+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`, zeros[:6]...), `tensor "b": bytes 2 to 6 overlap`},
		{"gap", rawFile(`{`+a4+`,"b":{"dtype":"U8","shape":[2],"data_offsets":[6,8]}}`, zeros...), `tensor "b": begins at byte 6, leaving a gap after 4`},
		{"bytes left over", rawFile(`{`+a4+`}`, zeros...), "4 bytes after the last tensor"},
		{"metadata no object", rawFile(`{"__metadata__":[]}`), "want an object"},
		{"metadata no string", rawFile(`{"__metadata__":{"format":1}}`), `__metadata__: "format" is no string`},
		{"metadata twice", rawFile(`{"__metadata__":{"a":"","a":""}}`), `__metadata__: key "a" twice`},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bad.safetensors")
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
}

// TestTruncatedAnywhere: a good file cut at any byte is refused.
func TestTruncatedAnywhere(t *testing.T) {
	whole, err := os.ReadFile("testdata/python.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := Parse("cut", whole[:n]); err == nil {
			t.Errorf("cut to %d of %d bytes: accepted", n, len(whole))
		}
	}
}

func TestOpenWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "absent")); !os.IsNotExist(unwrapAll(err)) {
		t.Errorf("absent: %v", err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("folder: %v", err)
	}
}

func unwrapAll(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return err
		}
		err = u.Unwrap()
	}
}

func TestCloseTwice(t *testing.T) {
	f, err := Open("testdata/python.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := f.Tensor("f32"); err == nil {
		t.Error("a closed file still has tensors")
	}
}

// TestHalfPrecision compares all 65,536 values with the definition of binary16.
func TestHalfPrecision(t *testing.T) {
	for h := range 1 << 16 {
		got := halfToFloat32(uint16(h))
		exponent, fraction := h>>10&31, float64(h&1023)
		want := math.Ldexp(1024+fraction, exponent-25)
		switch {
		case exponent == 0:
			want = math.Ldexp(fraction, -24)
		case exponent == 31 && fraction == 0:
			want = math.Inf(1)
		case exponent == 31:
			want = math.NaN()
		}
		if h>>15 == 1 {
			want = math.Copysign(want, -1)
		}
		if math.IsNaN(want) && got != got {
			continue
		}
		if math.Float64bits(float64(got)) != math.Float64bits(want) {
			t.Fatalf("%#04x: %v, want %v", h, got, want)
		}
	}
}

// FuzzParse: a hostile file never panics, and one that is accepted says the same
// when written and read again.
func FuzzParse(f *testing.F) {
	if whole, err := os.ReadFile("testdata/python.safetensors"); err == nil {
		f.Add(whole)
	}
	f.Add(rawFile(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 1, 2, 3, 4))
	f.Add(rawFile(`{"__metadata__":{"x":"y"},"a":{"dtype":"U8","shape":[0,9],"data_offsets":[0,0]}}`))
	f.Add(rawFile(`{}   `))
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := Parse("fuzz", content)
		if err != nil {
			return
		}
		total := 0
		for _, name := range file.Names() {
			info, view, err := file.Tensor(name)
			if err != nil || len(view) != info.NumBytes() {
				t.Fatalf("%q: %d bytes, info says %d, %v", name, len(view), info.NumBytes(), err)
			}
			total += len(view)
		}
		if total > len(content) {
			t.Fatalf("tensors of %d bytes in a file of %d", total, len(content))
		}
		checkRewrite(t, file)
	})
}
