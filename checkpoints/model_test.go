package checkpoints

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLoadModel reads a checkpoint's model, with its manifest and as a plain folder.
func TestLoadModel(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 0, 3)
	folder := Folder(dir, 3)
	check := func(generation []byte) {
		t.Helper()
		m, err := LoadModel(folder)
		if err != nil {
			t.Fatal(err)
		}
		want := sample(3)
		if diff := cmp.Diff(want.Model, m.Tensors); diff != "" {
			t.Error(diff)
		}
		if string(m.Config) != string(want.Files["config.json"]) || string(m.Generation) != string(generation) {
			t.Errorf("config %q, generation %q", m.Config, m.Generation)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	check(sample(3).Files["generation_config.json"])
	for _, name := range []string{"trainer", "generation_config.json", "tokenizer.json"} {
		if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	check(nil)
}

func TestLoadModelDamaged(t *testing.T) {
	for _, name := range []string{"config.json", "generation_config.json", "model.safetensors"} {
		dir := t.TempDir()
		mustSave(t, dir, 0, 3)
		path := filepath.Join(Folder(dir, 3), name)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content[len(content)-1] ^= 1
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = LoadModel(Folder(dir, 3))
		var damaged *DamagedError
		if !errors.As(err, &damaged) || damaged.File != name || damaged.Step != 3 {
			t.Errorf("%s damaged: got %v", name, err)
		}
	}
}

func TestLoadModelRefuses(t *testing.T) {
	write := func(dir, name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	empty, noWeights, sharded, broken := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	write(noWeights, "config.json", "{}")
	write(sharded, "config.json", "{}")
	write(sharded, "model.safetensors.index.json", "{}")
	write(broken, "config.json", "{}")
	write(broken, "model.safetensors", "short")
	for _, c := range []struct{ dir, want string }{
		{empty, "config.json"},
		{noWeights, "model.safetensors: no such file"},
		{sharded, "weights in several files (model.safetensors.index.json) are not supported"},
		{broken, "model.safetensors: truncated: 5 bytes"},
	} {
		_, err := LoadModel(c.dir)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.dir) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}
