package gguf

import (
	"encoding/binary"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

func openTypes(t testing.TB) *File {
	t.Helper()
	f, err := Open("testdata/types.gguf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// TestTypesAsPython: every readable type gives the bits of gguf.quants.dequantize
// (testdata/make_types.py).
func TestTypesAsPython(t *testing.T) {
	f := openTypes(t)
	raw, err := os.ReadFile("testdata/types.f32")
	if err != nil {
		t.Fatal(err)
	}
	tested := map[Type]bool{}
	for _, info := range f.Tensors() {
		if info.Name == "cube" || info.Name == "unreadable" {
			continue
		}
		got, _, err := f.Float32(info.Name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Type.String() != info.Name || len(got) != info.Size() || info.Shape[0] != 3 {
			t.Fatalf("%s: type %v, shape %v, %d elements", info.Name, info.Type, info.Shape, len(got))
		}
		for i, x := range got {
			if want := binary.LittleEndian.Uint32(raw[4*i:]); math.Float32bits(x) != want {
				t.Fatalf("%s: element %d is %v, Python's %v", info.Name, i, x, math.Float32frombits(want))
			}
		}
		raw = raw[4*len(got):]
		tested[info.Type] = true
	}
	if len(raw) != 0 {
		t.Errorf("%d bytes of Python's are left", len(raw))
	}
	for kind, l := range layouts {
		if (l.expand != nil) != tested[kind] || kind.Readable() != tested[kind] {
			t.Errorf("%v: implemented %v, tested %v", kind, l.expand != nil, tested[kind])
		}
	}
}

// TestParallel: goroutines give what one loop gives.
func TestParallel(t *testing.T) {
	l := layouts[Q4_1]
	src := make([]byte, 5*parallelElements/l.block*l.size)
	for i := range src {
		src[i] = byte(i * 7 % 61) // no NaN
	}
	one, many := make([]float32, 5*parallelElements), make([]float32, 5*parallelElements)
	l.expand(one, src)
	expandParallel(many, src, l)
	if !slices.Equal(one, many) {
		t.Error("differs")
	}
}

func TestFloat32At(t *testing.T) {
	f := openTypes(t)
	for i := range 2 {
		got, info, err := f.Float32At("cube", i)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(info.Shape, []int{2, 3, 4}) || len(got) != 12 || got[0] != float32(12*i) || got[11] != float32(12*i+11) {
			t.Errorf("slice %d: %v of shape %v", i, got, info.Shape)
		}
	}
	for _, row := range []int{0, 2} {
		whole, info, _ := f.Float32("Q5_K")
		got, _, err := f.Float32At("Q5_K", row)
		n := info.Shape[1]
		if err != nil || !slices.Equal(got, whole[row*n:(row+1)*n]) {
			t.Errorf("row %d of Q5_K differs (%v)", row, err)
		}
	}
}

func TestMetadata(t *testing.T) {
	f := openTypes(t)
	if got := strings.Join(f.Keys()[:4], " "); got != "general.architecture t.u8 t.i8 t.u16" {
		t.Errorf("keys begin with %s", got)
	}
	for key, want := range map[string]int{
		"u8": 255, "i8": -128, "u16": 65535, "i16": -32768, "u32": math.MaxUint32, "i32": math.MinInt32, "small_u64": 7, "i64": math.MinInt64,
	} {
		v, ok := f.Value("t." + key)
		got, err := v.Int()
		if !ok || err != nil || got != want {
			t.Errorf("%s: %d, %v", key, got, err)
		}
	}
	if v, _ := f.Value("t.f32"); true {
		if got, err := v.Float32(); err != nil || got != 0.1 {
			t.Errorf("f32: %v, %v", got, err)
		}
	}
	if v, _ := f.Value("t.f64"); true {
		if got, err := v.Float32(); err != nil || got != 0.1 {
			t.Errorf("f64: %v, %v", got, err)
		}
	}
	yes, _ := f.Value("t.yes")
	no, _ := f.Value("t.no")
	if y, err := yes.Bool(); err != nil || !y {
		t.Errorf("yes: %v, %v", y, err)
	}
	if n, err := no.Bool(); err != nil || n {
		t.Errorf("no: %v, %v", n, err)
	}
	text, _ := f.Value("t.text")
	if got, err := text.Text(); err != nil || got != "caf\u00e9 \u2581" {
		t.Errorf("text: %q, %v", got, err)
	}
	texts, _ := f.Value("t.texts")
	if got, err := texts.Texts(); err != nil || !slices.Equal(got, []string{"a", "", "\u0120b"}) {
		t.Errorf("texts: %q, %v", got, err)
	}
	ints, _ := f.Value("t.ints")
	if got, err := ints.Ints(); err != nil || !slices.Equal(got, []int64{3, -4, 5}) {
		t.Errorf("ints: %v, %v", got, err)
	}
	floats, _ := f.Value("t.floats")
	if got, err := floats.Floats(); err != nil || !slices.Equal(got, []float64{0.5, -0.25}) {
		t.Errorf("floats: %v, %v", got, err)
	}
}

// TestWrongReads: messages say what is there and what was wanted.
func TestWrongReads(t *testing.T) {
	f := openTypes(t)
	value := func(key string) Value {
		v, ok := f.Value("t." + key)
		if !ok {
			t.Fatal(key)
		}
		return v
	}
	for _, c := range []struct {
		call func() error
		want string
	}{
		{func() error { _, err := value("text").Int(); return err }, "is a string, want an integer"},
		{func() error { _, err := value("u64").Int(); return err }, "is an integer beyond int64, want an integer"},
		{func() error { _, err := value("ints").Float32(); return err }, "is an array of integers, want a float"},
		{func() error { _, err := value("u8").Bool(); return err }, "is an integer, want a bool"},
		{func() error { _, err := value("f32").Text(); return err }, "is a float, want a string"},
		{func() error { _, err := value("bools").Texts(); return err }, "is an array of bools, want an array of strings"},
		{func() error { _, err := value("texts").Ints(); return err }, "is an array of strings, want an array of integers"},
		{func() error { _, err := value("yes").Floats(); return err }, "is a bool, want an array of floats"},
		{func() error { _, _, err := f.Float32("absent"); return err }, `types.gguf: no tensor "absent"`},
		{func() error { _, _, err := f.Float32("unreadable"); return err }, `types.gguf: tensor "unreadable": type IQ2_XXS is not implemented`},
		{func() error { _, _, err := f.Float32At("unreadable", 0); return err }, "IQ2_XXS"},
		{func() error { _, _, err := f.Float32At("cube", 2); return err }, `tensor "cube" of shape [2 3 4] has no slice 2`},
		{func() error { _, _, err := f.Float32At("cube", -1); return err }, "no slice -1"},
	} {
		if err := c.call(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestClose(t *testing.T) {
	f, err := Open("testdata/types.gguf")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := f.Float32("F32"); err == nil {
		t.Error("a closed file still has tensors")
	}
	if _, err := Open("testdata"); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("folder: %v", err)
	}
	if _, err := Open("testdata/absent"); !os.IsNotExist(unwrapAll(err)) {
		t.Errorf("absent: %v", err)
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

// TestHalf compares all 65,536 values with the definition of binary16.
func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		got := half(binary.LittleEndian.AppendUint16(nil, uint16(h)))
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
		if !(math.IsNaN(want) && got != got) && math.Float64bits(float64(got)) != math.Float64bits(want) {
			t.Fatalf("%#04x: %v, want %v", h, got, want)
		}
	}
}

// BenchmarkQ4_1 measures dequantisation on one core; SetBytes counts float32s.
func BenchmarkQ4_1(b *testing.B) {
	benchmarkExpand(b, Q4_1)
}

// BenchmarkQ6K is the slowest type's.
func BenchmarkQ6K(b *testing.B) {
	benchmarkExpand(b, Q6K)
}

func benchmarkExpand(b *testing.B, kind Type) {
	l := layouts[kind]
	src, dst := make([]byte, (1<<20)/l.block*l.size), make([]float32, 1<<20)
	b.SetBytes(4 << 20)
	for b.Loop() {
		l.expand(dst, src)
	}
}
