package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// checkRewrite writes a file's tensors and demands to read the same.
func checkRewrite(t *testing.T, file *File) {
	t.Helper()
	want := file.Tensors()
	if slices.ContainsFunc(want, func(x Tensor) bool { return x.Name == "" }) {
		return // readable, but not ours to write
	}
	var out bytes.Buffer
	if err := Write(&out, want, file.Metadata()); err != nil {
		t.Fatal(err)
	}
	again, err := Parse("again", out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got := again.Tensors()
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("written and read again (-want +got):\n%s", diff)
	}
}

func TestRewritePythonFile(t *testing.T) {
	f, err := Open("testdata/python.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	checkRewrite(t, f)
}

// TestWriteBytes spells a whole file out.
func TestWriteBytes(t *testing.T) {
	var out bytes.Buffer
	err := Write(&out, []Tensor{
		{Name: "b", DType: BF16, Shape: []int{3}, Data: []byte{1, 2, 3, 4, 5, 6}},
		{Name: "a", DType: F32, Data: []byte{7, 8, 9, 10}},
	}, map[string]string{"z": "<", "format": "pt"})
	if err != nil {
		t.Fatal(err)
	}
	head := `{"__metadata__":{"format":"pt","z":"\u003c"},` +
		`"b":{"dtype":"BF16","shape":[3],"data_offsets":[4,10]},` +
		`"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`
	for len(head)%8 != 0 {
		head += " "
	}
	want := rawFile(head, 7, 8, 9, 10, 1, 2, 3, 4, 5, 6)
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("got  %q\nwant %q", out.Bytes(), want)
	}
}

// TestAlignment: every tensor begins at a multiple of its element size.
func TestAlignment(t *testing.T) {
	var tensors []Tensor
	for i, d := range []DType{U8, F64, BF16, F32, Bool, I64, F16} {
		tensors = append(tensors, Tensor{Name: string(rune('a' + i)), DType: d, Shape: []int{3}, Data: make([]byte, 3*d.Size())})
	}
	var out bytes.Buffer
	if err := Write(&out, tensors, nil); err != nil {
		t.Fatal(err)
	}
	f, err := Parse("aligned", out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if f.header.data%8 != 0 {
		t.Errorf("data begin at byte %d", f.header.data)
	}
	for _, info := range f.header.tensors {
		if (f.header.data+info.begin)%info.DType.Size() != 0 {
			t.Errorf("%s %s begins at byte %d", info.Name, info.DType, f.header.data+info.begin)
		}
	}
	if got := strings.Join(f.Names(), ""); got != "abcdefg" {
		t.Errorf("names in order %q", got)
	}
}

// TestWriteRefuses: nothing is written for tensors that no reader would take.
func TestWriteRefuses(t *testing.T) {
	good := Tensor{Name: "w", DType: U8, Shape: []int{1}, Data: []byte{1}}
	for _, c := range []struct {
		tensors []Tensor
		want    string
	}{
		{[]Tensor{good, good}, `tensor "w": named twice`},
		{[]Tensor{{Name: "", DType: U8}}, `tensor 0: "" cannot be a name`},
		{[]Tensor{{Name: "__metadata__", DType: U8}}, "cannot be a name"},
		{[]Tensor{{Name: "\xff", DType: U8}}, "cannot be a name"},
		{[]Tensor{{Name: "w", DType: "F31"}}, `tensor "w": dtype "F31" is not known`},
		{[]Tensor{{Name: "w", DType: F32, Shape: []int{2}, Data: make([]byte, 4)}}, `tensor "w": 4 bytes do not hold F32 of shape [2]`},
		{[]Tensor{{Name: "w", DType: F32, Shape: []int{-1, -1}, Data: make([]byte, 4)}}, "do not hold"},
	} {
		var out bytes.Buffer
		err := Write(&out, c.tensors, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
		if out.Len() != 0 {
			t.Errorf("%s: %d bytes written", c.want, out.Len())
		}
	}
}

// failingWriter fails after n bytes.
type failingWriter struct{ n int }

var errFull = errors.New("no space left")

func (w *failingWriter) Write(p []byte) (int, error) {
	if len(p) > w.n {
		return w.n, errFull
	}
	w.n -= len(p)
	return len(p), nil
}

func TestWriteError(t *testing.T) {
	tensors := []Tensor{{Name: "first", DType: U8, Shape: []int{10}, Data: make([]byte, 10)}, {Name: "second", DType: U8, Shape: []int{10}, Data: make([]byte, 10)}}
	var whole bytes.Buffer
	if err := Write(&whole, tensors, nil); err != nil {
		t.Fatal(err)
	}
	for n := range whole.Len() {
		err := Write(&failingWriter{n}, tensors, nil)
		if !errors.Is(err, errFull) {
			t.Fatalf("full after %d bytes: %v", n, err)
		}
		if n >= whole.Len()-10 && !strings.Contains(err.Error(), `"second"`) {
			t.Errorf("full after %d bytes: %v does not name the tensor", n, err)
		}
	}
}

func TestWriteNothing(t *testing.T) {
	var out bytes.Buffer
	if err := Write(&out, nil, nil); err != nil {
		t.Fatal(err)
	}
	if want := rawFile("{}      "); !bytes.Equal(out.Bytes(), want) {
		t.Errorf("got %q, want %q", out.Bytes(), want)
	}
}

// TestPythonReadsOurs: the reference library reads a file of ours with the same
// dtypes, shapes and bytes.
func TestPythonReadsOurs(t *testing.T) {
	python := os.Getenv("RLVR_PEER_PYTHON")
	if python == "" {
		t.Skip("set RLVR_PEER_PYTHON to a Python with torch and safetensors to compare with the reference library")
	}
	f, err := Open("testdata/python.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	path := filepath.Join(t.TempDir(), "ours.safetensors")
	ours, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Write(ours, f.Tensors(), f.Metadata()), ours.Close()); err != nil {
		t.Fatal(err)
	}
	const script = `
import json, sys, torch
from safetensors import safe_open
out = {}
for path in sys.argv[1:]:
    with safe_open(path, framework="pt") as f:
        tensors = {k: f.get_tensor(k) for k in f.keys()}
        out[path] = {k: [str(v.dtype), list(v.shape), v.reshape(-1).view(torch.uint8).tolist()] for k, v in sorted(tensors.items())}
        out[path]["metadata"] = f.metadata()
print(json.dumps(list(out.values())))
`
	cmd := exec.Command(python, "-c", script, "testdata/python.safetensors", path)
	cmd.Stderr = os.Stderr
	raw, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || len(got[0]) != len(f.Names())+1 {
		t.Fatalf("unexpected output %s", raw)
	}
	if diff := cmp.Diff(got[0], got[1]); diff != "" {
		t.Errorf("their file and ours (-theirs +ours):\n%s", diff)
	}
}

// BenchmarkFloat32 measures the conversion of bfloat16.
func BenchmarkFloat32(b *testing.B) {
	data := make([]byte, 2<<20)
	for i := range 1 << 20 {
		binary.LittleEndian.PutUint16(data[2*i:], uint16(i))
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := ToFloat32(BF16, data); err != nil {
			b.Fatal(err)
		}
	}
}

// produced is a tensor whose data come from a function, in pieces.
func produced(name string, d DType, n int, data ...byte) Tensor {
	return Tensor{Name: name, DType: d, Shape: []int{n}, Produce: func(w io.Writer) error {
		for _, b := range data {
			if _, err := w.Write([]byte{b}); err != nil {
				return err
			}
		}
		return nil
	}}
}

// TestProduce: a produced tensor is written as one in memory, whatever is written
// before it.
func TestProduce(t *testing.T) {
	var want, got bytes.Buffer
	if err := Write(&want, []Tensor{
		{Name: "b", DType: BF16, Shape: []int{1}, Data: []byte{1, 2}}, {Name: "a", DType: F32, Shape: []int{1}, Data: []byte{3, 4, 5, 6}},
	}, nil); err != nil {
		t.Fatal(err)
	}
	if err := Write(&got, []Tensor{produced("b", BF16, 1, 1, 2), produced("a", F32, 1, 3, 4, 5, 6)}, nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want.Bytes(), got.Bytes()) {
		t.Errorf("got  %q\nwant %q", got.Bytes(), want.Bytes())
	}
}

// TestProduceWrongLength: too few bytes, too many and an error name the tensor.
func TestProduceWrongLength(t *testing.T) {
	for _, c := range []struct {
		tensor Tensor
		want   string
	}{
		{produced("w", U8, 3, 1, 2), `tensor "w": 2 bytes produced do not hold U8 of shape [3]`},
		{produced("w", U8, 1, 1, 2), `tensor "w": more bytes produced than its shape needs`},
		{Tensor{Name: "w", DType: U8, Shape: []int{1}, Produce: func(io.Writer) error { return errFull }}, `tensor "w": no space left`},
		{Tensor{Name: "w", DType: F32, Shape: []int{-1}, Produce: func(io.Writer) error { return nil }}, `tensor "w": 0 bytes do not hold F32 of shape [-1]`},
	} {
		err := Write(io.Discard, []Tensor{c.tensor}, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

// TestWriteTensor copies a tensor of a file, as it is stored.
func TestWriteTensor(t *testing.T) {
	f, err := Open("testdata/python.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	total := 0
	for _, name := range f.Names() {
		_, want, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := f.WriteTensor(&got, name); err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: %x, %v, want %x", name, got.Bytes(), err, want)
		}
		total += len(want)
	}
	if f.NumBytes() != int64(total) {
		t.Errorf("NumBytes %d, want %d", f.NumBytes(), total)
	}
	if err := f.WriteTensor(io.Discard, "absent"); err == nil || !strings.Contains(err.Error(), `no tensor "absent"`) {
		t.Errorf("got %v", err)
	}
	if err := f.WriteTensor(&failingWriter{0}, "f32"); !errors.Is(err, errFull) || !strings.Contains(err.Error(), `"f32"`) {
		t.Errorf("got %v", err)
	}
}
