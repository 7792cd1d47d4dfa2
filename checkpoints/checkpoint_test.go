package checkpoints

import (
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
)

// sample is a small checkpoint whose content depends on the step.
func sample(step int) *Checkpoint {
	floats := func(n int) []byte {
		var out []byte
		for i := range n {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(step)+float32(i)/8))
		}
		return out
	}
	return &Checkpoint{
		Step: step,
		Files: map[string][]byte{
			"config.json":            []byte(`{"model_type": "qwen3"}`),
			"generation_config.json": []byte(`{"eos_token_id": [1]}`),
			"tokenizer.json":         []byte("{}\n"),
			"tokenizer_config.json":  {},
		},
		Model: []Tensor{
			{Name: "model.norm.weight", DType: safetensors.BF16, Shape: []int{3}, Data: []byte{1, 2, 3, 4, 5, byte(step)}},
			{Name: "model.embed_tokens.weight", DType: safetensors.F32, Shape: []int{2, 2}, Data: floats(4)},
		},
		Optimizer: []Tensor{
			{Name: "exp_avg.model.norm.weight", DType: safetensors.F32, Shape: []int{3}, Data: floats(3)},
			{Name: "step", DType: safetensors.I64, Shape: []int{}, Data: binary.LittleEndian.AppendUint64(nil, uint64(step))},
		},
		State: []byte(fmt.Sprintf(`{"seed": 1, "stage": "grpo", "cursor": %d}`, step)),
	}
}

// sameContent compares what a checkpoint holds and not where.
var sameContent = cmpopts.IgnoreUnexported(Checkpoint{})

// hastyDisk does not wait for the hardware, which tests of what is where need not.
type hastyDisk struct{ osDisk }

func (d hastyDisk) create(path string) (file, error) {
	f, err := d.osDisk.create(path)
	return hastyFile{f}, err
}

func (hastyDisk) syncFolder(path string) error {
	_, err := os.Stat(path)
	return err
}

type hastyFile struct{ file }

func (hastyFile) Sync() error { return nil }

// mustSave saves the samples of steps into dir.
func mustSave(t testing.TB, dir string, keep int, steps ...int) {
	t.Helper()
	for _, step := range steps {
		if err := save(context.Background(), hastyDisk{}, dir, sample(step), Options{KeepLast: keep}, MaxShardBytes); err != nil {
			t.Fatal(err)
		}
	}
}

// wantLoads demands that exactly these steps are listed, newest first, and that
// each loads as it was saved.
func wantLoads(t testing.TB, dir string, steps ...int) {
	t.Helper()
	entries, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, e := range entries {
		got = append(got, e.Step)
		if e.Folder != filepath.Join(dir, fmt.Sprintf("step-%d", e.Step)) {
			t.Errorf("step %d has folder %s", e.Step, e.Folder)
		}
	}
	if !slices.Equal(got, steps) {
		t.Errorf("steps %v, want %v", got, steps)
	}
	for _, step := range got {
		c, err := Load(dir, step)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(sample(step), c, sameContent); diff != "" {
			t.Errorf("step %d differs (-saved +loaded):\n%s", step, diff)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// tree lists every file below dir, with its size.
func tree(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		out = append(out, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wantNoLeftovers demands that dir holds checkpoints only.
func wantNoLeftovers(t testing.TB, dir string) {
	t.Helper()
	found, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found {
		if _, ok := parseFolder(e.Name()); !ok {
			t.Errorf("left over: %s", e.Name())
		}
	}
}

func TestSaveLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs", "x", "checkpoints")
	for _, step := range []int{0, 7, 50} {
		if err := Save(context.Background(), dir, sample(step), Options{}); err != nil {
			t.Fatal(err)
		}
	}
	wantLoads(t, dir, 50, 7, 0)
	wantNoLeftovers(t, dir)
}

// TestLayout spells out the files of a checkpoint and its manifest.
func TestLayout(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 0, 7)
	want := []string{
		"config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
		"trainer/manifest.json", "trainer/optimizer.safetensors", "trainer/state.json",
	}
	if diff := cmp.Diff(want, tree(t, Folder(dir, 7))); diff != "" {
		t.Error(diff)
	}
	got, err := os.ReadFile(filepath.Join(dir, "step-7", "trainer", "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	// The sums are sha256sum's.
	begin := `{
  "format": "rlvr-checkpoint",
  "version": 1,
  "step": 7,
  "files": [
    {
      "name": "config.json",
      "size": 23,
      "sha256": "86d49337f51b848491007eba678aaafb2f0960510a11980abdb063bb3b0d8530"
    },
    {
      "name": "generation_config.json",
      "size": 21,
`
	if !strings.HasPrefix(string(got), begin) || !strings.HasSuffix(string(got), "    }\n  ]\n}\n") {
		t.Errorf("manifest is\n%s\nwant it to begin\n%s", got, begin)
	}
}

// TestSameBytes: equal checkpoints are equal files.
func TestSameBytes(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	mustSave(t, a, 0, 3)
	mustSave(t, b, 0, 3)
	for _, name := range tree(t, a) {
		x, errX := os.ReadFile(filepath.Join(a, name))
		y, errY := os.ReadFile(filepath.Join(b, name))
		if errX != nil || errY != nil || string(x) != string(y) {
			t.Errorf("%s differs (%v, %v)", name, errX, errY)
		}
	}
}

func TestKeepLast(t *testing.T) {
	for _, c := range []struct {
		explanation string
		keep        int
		saved, want []int
	}{
		{"0 keeps all", 0, []int{1, 2, 3}, []int{3, 2, 1}},
		{"one", 1, []int{1, 2, 3}, []int{3}},
		{"two", 2, []int{1, 2, 3}, []int{3, 2}},
		{"order is by number, not by name", 2, []int{9, 10, 11}, []int{11, 10}},
		{"more than there are", 5, []int{1, 2}, []int{2, 1}},
		{"the one just written stays though it is the oldest", 1, []int{5, 3}, []int{3}},
		{"the one just written stays beside the newest", 2, []int{5, 9, 3}, []int{9, 3}},
		{"a step saved again is one checkpoint", 2, []int{1, 2, 2}, []int{2, 1}},
	} {
		t.Run(c.explanation, func(t *testing.T) {
			dir := t.TempDir()
			mustSave(t, dir, c.keep, c.saved...)
			wantLoads(t, dir, c.want...)
			wantNoLeftovers(t, dir)
		})
	}
}

// TestReplace: saving a step again leaves the new content.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	other := sample(4)
	other.State = []byte(`{"old": true}`)
	if err := Save(context.Background(), dir, other, Options{}); err != nil {
		t.Fatal(err)
	}
	mustSave(t, dir, 0, 4)
	wantLoads(t, dir, 4)
	wantNoLeftovers(t, dir)
}

func TestRemoveAfter(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 0, 1, 2, 3, 10)
	if err := RemoveAfter(dir, 2); err != nil {
		t.Fatal(err)
	}
	wantLoads(t, dir, 2, 1)
	wantNoLeftovers(t, dir)
	if err := RemoveAfter(filepath.Join(dir, "absent"), 2); err != nil {
		t.Errorf("absent folder: %v", err)
	}
}

// TestListIgnores what is no checkpoint.
func TestListIgnores(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 0, 2)
	for _, name := range []string{"step-03", "step--1", "step-+4", "step-x", "step-", "steps-5", ".tmp-step-6", "step-99999999999999999999"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "step-8"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantLoads(t, dir, 2)
	if entries, err := List(filepath.Join(dir, "absent")); err != nil || len(entries) != 0 {
		t.Errorf("absent folder: %v, %v", entries, err)
	}
	if _, err := List(filepath.Join(dir, "step-8")); err == nil {
		t.Error("a file is listed as a folder")
	}
}

// TestSaveRefuses what could not be loaded again, before it writes anything.
func TestSaveRefuses(t *testing.T) {
	for _, c := range []struct {
		change func(*Checkpoint)
		want   string
	}{
		{func(c *Checkpoint) { c.Step = -1 }, "step -1 is negative"},
		{func(c *Checkpoint) { delete(c.Files, "config.json") }, "config.json is missing"},
		{func(c *Checkpoint) { c.Files["../evil"] = nil }, `"../evil" cannot be the name`},
		{func(c *Checkpoint) { c.Files["sub/file"] = nil }, `"sub/file" cannot be the name`},
		{func(c *Checkpoint) { c.Files[".hidden"] = nil }, `".hidden" cannot be the name`},
		{func(c *Checkpoint) { c.Files[""] = nil }, `"" cannot be the name`},
		{func(c *Checkpoint) { c.Files["trainer"] = nil }, `"trainer" cannot be the name`},
		{func(c *Checkpoint) { c.Files["model.safetensors"] = nil }, `"model.safetensors" cannot be the name`},
		{func(c *Checkpoint) { c.State = nil }, "state is not JSON"},
		{func(c *Checkpoint) { c.State = []byte("{") }, "state is not JSON"},
		{func(c *Checkpoint) { c.Model[0].Shape = []int{4} }, `model.safetensors: safetensors: tensor "model.norm.weight": 6 bytes do not hold BF16 of shape [4]`},
		{func(c *Checkpoint) { c.Optimizer[1].Name = c.Optimizer[0].Name }, "named twice"},
	} {
		dir := t.TempDir()
		mustSave(t, dir, 1, 1)
		bad := sample(2)
		c.change(bad)
		err := Save(context.Background(), dir, bad, Options{KeepLast: 1})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
		wantLoads(t, dir, 1)
		wantNoLeftovers(t, dir)
	}
}

func TestOptionsValidate(t *testing.T) {
	def := DefaultOptions()
	if err := def.Validate(); err != nil {
		t.Errorf("defaults: %v", err)
	}
	bad := Options{SaveSteps: -1, KeepLast: -2}
	err := bad.Validate()
	if err == nil || !strings.Contains(err.Error(), "save_steps") || !strings.Contains(err.Error(), "keep_last") {
		t.Errorf("got %v, want both options named", err)
	}
}
