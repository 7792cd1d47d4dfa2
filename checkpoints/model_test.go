package checkpoints

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
)

// floats reads the floats of a tensor from its bytes.
func floats(t testing.TB, x *Tensor) []float32 {
	t.Helper()
	out, err := safetensors.ToFloat32(x.DType, x.Data)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wantTensors demands that the model has these tensors in their order, and that each
// reads as it was written.
func wantTensors(t testing.TB, m *Model, want []Tensor) {
	t.Helper()
	infos := m.Tensors()
	if len(infos) != len(want) {
		t.Fatalf("%d tensors, want %d", len(infos), len(want))
	}
	for i := range want {
		w := &want[i]
		if infos[i].Name != w.Name || infos[i].DType != string(w.DType) || !slices.Equal(infos[i].Shape, w.Shape) {
			t.Errorf("tensor %d is %+v, want %s %s %v", i, infos[i], w.Name, w.DType, w.Shape)
		}
		got, shape, err := m.Float32(w.Name)
		if err != nil || !slices.Equal(shape, w.Shape) || fmt.Sprint(got) != fmt.Sprint(floats(t, w)) {
			t.Errorf("%s: %v of shape %v, %v", w.Name, got, shape, err)
		}
	}
}

// TestOpenModel reads a checkpoint's model, with its manifest and as a plain folder.
func TestOpenModel(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 0, 3)
	folder := Folder(dir, 3)
	check := func(files ...string) {
		t.Helper()
		m, err := OpenModel(folder)
		if err != nil {
			t.Fatal(err)
		}
		saved := sample(3)
		wantTensors(t, m, saved.Model)
		if len(m.Files) != len(files) || m.Path != folder {
			t.Errorf("%d files in %s, want %v", len(m.Files), m.Path, files)
		}
		for _, name := range files {
			if got, ok := m.Files[name]; !ok || string(got) != string(saved.Files[name]) {
				t.Errorf("%s: %q", name, got)
			}
		}
		if _, _, err := m.Float32("absent"); err == nil || !strings.Contains(err.Error(), `no tensor "absent"`) {
			t.Errorf("absent tensor: %v", err)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	check("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json")
	for _, name := range []string{"trainer", "generation_config.json", "tokenizer.json"} {
		if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	check("config.json", "tokenizer_config.json")
}

func TestOpenModelDamaged(t *testing.T) {
	for _, name := range []string{"config.json", "generation_config.json", "tokenizer.json", "model.safetensors"} {
		dir := t.TempDir()
		mustSave(t, dir, 0, 3)
		path := filepath.Join(Folder(dir, 3), name)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content[len(content)-1] ^= 1
		writeFile(t, path, string(content))
		_, err = OpenModel(Folder(dir, 3))
		var damaged *DamagedError
		if !errors.As(err, &damaged) || damaged.File != name || damaged.Step != 3 {
			t.Errorf("%s damaged: got %v", name, err)
		}
	}
}

func writeFile(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeTensors makes a safetensors file.
func writeTensors(t testing.TB, path string, list ...Tensor) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(safetensors.Write(f, list, nil), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// scalar is a tensor of one float32 whose bytes are zero but for one.
func scalar(name string, b byte) Tensor {
	return Tensor{Name: name, DType: safetensors.F32, Shape: []int{1}, Data: []byte{0, 0, b, 0x3f}}
}

func TestOpenModelRefuses(t *testing.T) {
	const goodMap = `{"metadata": {"total_size": 12}, "weight_map": {"a": "1.safetensors", "b": "1.safetensors", "c": "2.safetensors"}}`
	index := func(text string) map[string]string {
		return map[string]string{"config.json": "{}", "model.safetensors.index.json": text}
	}
	replaced := func(old, text string) map[string]string { return index(strings.Replace(goodMap, old, text, 1)) }
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"empty", nil, "config.json: no such file"},
		{"no weights", map[string]string{"config.json": "{}"}, "neither model.safetensors nor model.safetensors.index.json"},
		{"truncated", map[string]string{"config.json": "{}", "model.safetensors": "short"}, "model.safetensors: truncated: 5 bytes"},
		{"pickle", map[string]string{"config.json": "{}", "pytorch_model.bin": "x"}, "pytorch_model.bin, which is a Python pickle and is not read; convert it in Python: transformers.AutoModelForCausalLM"},
		{"pickles", map[string]string{"config.json": "{}", "pytorch_model.bin.index.json": "x"}, "Python pickle"},
		{"GGUF beside a config", map[string]string{"config.json": "{}", "x.gguf": "x"}, "name the GGUF file itself: "},
		{"two GGUF files", map[string]string{"x.gguf": "x", "y.gguf": "x"}, "several GGUF files: name one of "},
		{"no GGUF inside", map[string]string{"x.gguf": "nonsense"}, `x.gguf: begins with "nons"`},
		{"index no JSON", index("{"), "model.safetensors.index.json: not JSON of an index"},
		{"index empty", index(`{"weight_map": {}}`), "weight_map is empty"},
		{"no map", index(`{}`), "weight_map is no object"},
		{"map a list", index(`{"weight_map": []}`), "weight_map is no object"},
		{"file a number", index(`{"weight_map": {"a": 1}}`), `tensor "a" is in 1, want the name of a file`},
		{"named twice", replaced(`"c":`, `"a":`), `tensor "a" is named twice, in 1.safetensors and in 2.safetensors`},
		{"missing shard", replaced("2.safetensors", "3.safetensors"), "3.safetensors: no such file"},
		{"outside", replaced("2.safetensors", "../2.safetensors"), `"../2.safetensors" is no name of a file in the folder`},
		{"not in the shard", replaced(`"c": "2.safetensors"`, `"c": "2.safetensors", "d": "2.safetensors"`), `tensor "d": missing from 2.safetensors`},
		{"in the other shard", replaced(`"b": "1.safetensors"`, `"b": "2.safetensors"`), `tensor "b": in 1.safetensors, the index says in 2.safetensors`},
		{"not in the index", replaced(`"b": "1.safetensors", `, ``), `tensor "b": in 1.safetensors, but the index does not have it`},
		{"total size", replaced("12", "13"), "total_size is 13, the files hold 12 bytes"},
		{"total size no number", replaced("12", `"x"`), "not JSON of an index"},
		{"total size negative", replaced("12", "-1"), "total_size is -1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range c.files {
				writeFile(t, filepath.Join(dir, name), content)
			}
			writeTensors(t, filepath.Join(dir, "1.safetensors"), scalar("a", 1), scalar("b", 2))
			writeTensors(t, filepath.Join(dir, "2.safetensors"), scalar("c", 3))
			_, err := OpenModel(dir)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := OpenModel(filepath.Join(t.TempDir(), "absent")); err == nil || !strings.Contains(err.Error(), "absent") {
		t.Errorf("absent: %v", err)
	}
}

// TestShards reads what an index names, with a total size in either spelling or none.
func TestShards(t *testing.T) {
	for _, size := range []string{`{"total_size": 12}`, `{"total_size": 1.2e1}`, `{}`, `{"total_parameters": 3}`} {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, "config.json"), "{}")
		writeFile(t, filepath.Join(dir, "model.safetensors.index.json"),
			`{"metadata": `+size+`, "weight_map": {"a": "1.safetensors", "b": "1.safetensors", "c": "2.safetensors"}}`)
		writeTensors(t, filepath.Join(dir, "1.safetensors"), scalar("a", 1), scalar("b", 2))
		writeTensors(t, filepath.Join(dir, "2.safetensors"), scalar("c", 3))
		m, err := OpenModel(dir)
		if err != nil {
			t.Fatal(err)
		}
		wantTensors(t, m, []Tensor{scalar("a", 1), scalar("b", 2), scalar("c", 3)})
		if _, _, err := m.Float32("absent"); err == nil || !strings.Contains(err.Error(), `no tensor "absent" in any of 2 files`) {
			t.Errorf("absent tensor: %v", err)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestTwoFilesOneTensor has no way through an index, which names a tensor once.
func TestTwoFilesOneTensor(t *testing.T) {
	dir := t.TempDir()
	writeTensors(t, filepath.Join(dir, "1.safetensors"), scalar("a", 1))
	writeTensors(t, filepath.Join(dir, "2.safetensors"), scalar("a", 2))
	w := &weights{}
	if err := w.open(filepath.Join(dir, "1.safetensors")); err != nil {
		t.Fatal(err)
	}
	if err := w.open(filepath.Join(dir, "2.safetensors")); err == nil || !strings.Contains(err.Error(), `tensor "a": in two files`) {
		t.Errorf("got %v", err)
	}
}

// TestWrongDType: a tensor of integers is refused by name when it is read.
func TestWrongDType(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "config.json"), "{}")
	writeTensors(t, filepath.Join(dir, "model.safetensors"), Tensor{Name: "ids", DType: safetensors.I64, Shape: []int{1}, Data: make([]byte, 8)})
	m, err := OpenModel(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, _, err := m.Float32("ids"); err == nil || !strings.Contains(err.Error(), `tensor "ids": dtype I64, want F32`) {
		t.Errorf("got %v", err)
	}
}

// FuzzIndex: no index makes opening panic, or read outside of the folder.
func FuzzIndex(f *testing.F) {
	dir := f.TempDir()
	writeFile(f, filepath.Join(dir, "config.json"), "{}")
	writeTensors(f, filepath.Join(dir, "1.safetensors"), scalar("a", 1))
	f.Add([]byte(`{"metadata": {"total_size": 4}, "weight_map": {"a": "1.safetensors"}}`))
	f.Add([]byte(`{"weight_map": {"a": "..", "b": "/etc/passwd"}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		w, err := openShards(dir, content)
		if err != nil {
			return
		}
		if names := w.tensors(); len(names) != 1 || names[0].Name != "a" {
			t.Fatalf("opened %v by %q", names, content)
		}
		if err := w.copyTo(io.Discard, "a"); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
