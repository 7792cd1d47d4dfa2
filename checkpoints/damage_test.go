package checkpoints

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDamage: each way to damage each file is an error that names the folder, the
// file and the difference.
func TestDamage(t *testing.T) {
	ways := []struct {
		name   string
		damage func(path string, content []byte) error
	}{
		{"bit flipped", func(path string, content []byte) error {
			if len(content) == 0 {
				content = []byte{0}
			}
			content[len(content)/2] ^= 1
			return os.WriteFile(path, content, 0o600)
		}},
		{"truncated", func(path string, content []byte) error {
			if len(content) == 0 {
				return os.Remove(path)
			}
			return os.Truncate(path, int64(len(content)-1))
		}},
		{"longer", func(path string, content []byte) error {
			return os.WriteFile(path, append(content, '\n'), 0o600)
		}},
		{"missing", func(path string, _ []byte) error { return os.Remove(path) }},
		{"a folder", func(path string, _ []byte) error {
			return errors.Join(os.Remove(path), os.Mkdir(path, 0o755))
		}},
	}
	pristine := t.TempDir()
	mustSave(t, pristine, 0, 1)
	for _, name := range tree(t, Folder(pristine, 1)) {
		for _, way := range ways {
			t.Run(name+" "+way.name, func(t *testing.T) {
				dir := t.TempDir()
				mustSave(t, dir, 0, 1)
				path := filepath.Join(Folder(dir, 1), name)
				content, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := way.damage(path, content); err != nil {
					t.Fatal(err)
				}
				_, err = Load(dir, 1)
				var damaged *DamagedError
				if !errors.Is(err, ErrDamaged) || !errors.As(err, &damaged) {
					t.Fatalf("got %v, want damage", err)
				}
				if damaged.File != name || damaged.Step != 1 || damaged.Folder != Folder(dir, 1) {
					t.Errorf("blames %+v", damaged)
				}
			})
		}
	}
}

// TestEveryBitOfTheManifest: no flipped bit of the one file that has no checksum
// goes unnoticed.
func TestEveryBitOfTheManifest(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 0, 12)
	path := filepath.Join(Folder(dir, 12), filepath.FromSlash(manifestFile))
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range content {
		for bit := range 8 {
			flipped := bytes.Clone(content)
			flipped[i] ^= 1 << bit
			if err := os.WriteFile(path, flipped, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(dir, 12); !errors.Is(err, ErrDamaged) {
				t.Fatalf("bit %d of byte %d (%q): %v", bit, i, content[max(0, i-20):i+1], err)
			}
		}
	}
}

// TestDamageMessages: what a user reads.
func TestDamageMessages(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 0, 5)
	path := filepath.Join(Folder(dir, 5), "model.safetensors")
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	_, err := Load(dir, 5)
	want := "step-5 is damaged: model.safetensors: 100 bytes, the manifest says 214"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	_, err = Load(dir, 6)
	if !errors.Is(err, ErrNoCheckpoint) || !strings.Contains(err.Error(), "step-6: no checkpoint") {
		t.Errorf("got %v, want ErrNoCheckpoint", err)
	}
	if err := os.Rename(Folder(dir, 5), Folder(dir, 6)); err != nil {
		t.Fatal(err)
	}
	_, err = Load(dir, 6)
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "trainer/manifest.json: of step 5") {
		t.Errorf("a renamed checkpoint: %v", err)
	}
}

// TestManifestRefuses: a manifest that could lead outside the folder, or that
// leaves a file out.
func TestManifestRefuses(t *testing.T) {
	sum := strings.Repeat("0", 64)
	needed := func(change func(*manifest)) []byte {
		m := &manifest{Format: manifestFormat, Version: manifestVersion, Step: 1}
		for _, name := range []string{configFile, modelFile, optimizerFile, stateFile} {
			m.Files = append(m.Files, manifestEntry{Name: name, SHA256: sum})
		}
		change(m)
		raw, err := m.encode()
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	if _, err := parseManifest(needed(func(*manifest) {})); err != nil {
		t.Fatalf("a good one: %v", err)
	}
	add := func(name string) func(*manifest) {
		return func(m *manifest) { m.Files = append(m.Files, manifestEntry{Name: name, SHA256: sum}) }
	}
	for _, c := range []struct {
		raw  []byte
		want string
	}{
		{nil, "not JSON"},
		{[]byte("[]"), "not JSON"},
		{[]byte("{}"), `format "" version 0`},
		{needed(func(m *manifest) { m.Version = 2 }), `version 2, this program reads "rlvr-checkpoint" version 1`},
		{needed(add("../../etc/passwd")), "is no file of a checkpoint"},
		{needed(add("/etc/passwd")), "is no file of a checkpoint"},
		{needed(add(`..\x`)), "is no file of a checkpoint"},
		{needed(add("trainer/other")), "is no file of a checkpoint"},
		{needed(add(manifestFile)), "is no file of a checkpoint"},
		{needed(add(configFile)), `lists "config.json" twice`},
		{needed(func(m *manifest) { m.Files = m.Files[1:] }), "does not list"},
		{needed(func(m *manifest) { m.Files[0].SHA256 = "00" }), "is no SHA-256"},
		{append(needed(func(*manifest) {}), ' '), "not spelled as it was written"},
		{bytes.Replace(needed(func(*manifest) {}), []byte(`"step"`), []byte(`"Step"`), 1), "not spelled as it was written"},
		{bytes.Replace(needed(func(*manifest) {}), []byte(`"step": 1`), []byte(`"step": 2, "step": 1`), 1), "not spelled as it was written"},
	} {
		_, err := parseManifest(c.raw)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q for\n%s", err, c.want, c.raw)
		}
	}
}

// FuzzManifest: no manifest and state make Load panic or return anything but what
// was saved.
func FuzzManifest(f *testing.F) {
	dir := f.TempDir()
	mustSave(f, dir, 0, 1)
	manifestPath := filepath.Join(Folder(dir, 1), filepath.FromSlash(manifestFile))
	statePath := filepath.Join(Folder(dir, 1), filepath.FromSlash(stateFile))
	good, err := os.ReadFile(manifestPath)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, sample(1).State)
	f.Add(good[:len(good)/2], []byte("{}"))
	f.Add(bytes.ReplaceAll(good, []byte("config.json"), []byte("../config.json")), []byte(nil))
	f.Add(bytes.ReplaceAll(good, []byte(`"size": `), []byte(`"size": 99999999999`)), []byte(nil))
	f.Fuzz(func(t *testing.T, manifest, state []byte) {
		errM := os.WriteFile(manifestPath, manifest, 0o600)
		errS := os.WriteFile(statePath, state, 0o600)
		if errM != nil || errS != nil {
			t.Fatal(errM, errS)
		}
		c, err := Load(dir, 1)
		switch {
		case err == nil:
			if diff := cmp.Diff(sample(1), c, sameContent); diff != "" {
				t.Fatalf("loaded something else:\n%s", diff)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		case !errors.Is(err, ErrDamaged):
			t.Fatal(err)
		}
	})
}
