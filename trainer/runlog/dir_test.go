package runlog

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// listing is every path below dir with its content, a folder's being "/".
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || name == "." {
			return err
		}
		if e.IsDir() {
			out[name] = "/"
			return nil
		}
		text, err := os.ReadFile(path)
		out[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// fill makes files below dir; a name that ends with a slash is a folder.
func fill(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		parent := filepath.Dir(path)
		if strings.HasSuffix(name, "/") {
			parent = path
		}
		if err := os.MkdirAll(parent, 0o755); err != nil {
			t.Fatal(err)
		}
		if parent == path {
			continue
		}
		if err := os.WriteFile(path, []byte("content of "+name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func openDir(t *testing.T, path string, mode Mode) *Dir {
	t.Helper()
	d, err := OpenDir(path, mode, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// TestOpenDirModes: what each mode does with each kind of folder, and that a refusal
// leaves it as it was.
func TestOpenDirModes(t *testing.T) {
	tests := []struct {
		name, files string // files are what is there; "-": not even the folder
		mode        Mode
		want        error
	}{
		{"fresh, nothing", "-", Fresh, nil},
		{"fresh, empty", "", Fresh, nil},
		{"fresh, marked", ".rlvr.lock", Fresh, nil},
		{"fresh, a run", ".rlvr.lock metrics.jsonl", Fresh, ErrExists},
		{"fresh, foreign", "notes.txt", Fresh, ErrExists},
		{"resume, nothing", "-", Resume, ErrNotRun},
		{"resume, a run", ".rlvr.lock metrics.jsonl checkpoints/step-1/x", Resume, nil},
		{"resume, a copy without the mark", "config.yaml checkpoints/step-1/x", Resume, nil},
		{"clean, nothing", "-", Clean, nil},
		{"clean, empty", "", Clean, nil},
		{"clean, a run", ".rlvr.lock metrics.jsonl", Clean, nil},
		{"clean, a repository", "config.yaml checkpoints/step-1/x checkpoints/save.go", Clean, ErrNotRun},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			parent := t.TempDir()
			path := filepath.Join(parent, "a", "run")
			if tt.files != "-" {
				fill(t, path, append(strings.Fields(tt.files), "./")...)
			}
			before := listing(t, parent)
			d, err := OpenDir(path, tt.mode, nil)
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if err == nil {
				if err := d.Close(); err != nil {
					t.Error(err)
				}
				return
			}
			if diff := cmp.Diff(before, listing(t, parent)); diff != "" {
				t.Errorf("a refusal changed the folder (-before +after):\n%s", diff)
			}
			if !strings.Contains(err.Error(), path) {
				t.Errorf("the message does not name the folder: %v", err)
			}
		})
	}
}

// TestCleanDeletesOnlyARunsFiles, after naming them.
func TestCleanDeletesOnlyARunsFiles(t *testing.T) {
	dir := t.TempDir()
	run := []string{
		".rlvr-tmp-123", "bad_batch/b.json", "config.yaml", "log.txt", "metrics.jsonl", "samples.jsonl",
		"tb/events.out.tfevents.1764000000.000.rlvr", "checkpoints/.tmp-step-9/x", "checkpoints/step-8/model.safetensors",
	}
	foreign := []string{
		"notes.txt", "metrics.jsonl.bak", "config.yaml.orig", "tb/events.out.tfevents.1764000000.host", "tb/README",
		"checkpoints/best/model.safetensors", "checkpoints/step-8.tar", "checkpoints/save.go", "step-8/x",
	}
	fill(t, dir, append(append([]string{lockFile}, run...), foreign...)...)
	var named []string
	d, err := OpenDir(dir, Clean, func(paths []string) {
		for _, p := range paths {
			if _, err := os.Lstat(p); err != nil {
				t.Errorf("%s is gone before it is named", p)
			}
			name, err := filepath.Rel(dir, p)
			if err != nil {
				t.Error(err)
			}
			named = append(named, filepath.ToSlash(name))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	want := []string{
		".rlvr-tmp-123", "bad_batch", "config.yaml", "log.txt", "metrics.jsonl", "samples.jsonl",
		"tb/events.out.tfevents.1764000000.000.rlvr", "checkpoints/.tmp-step-9", "checkpoints/step-8",
	}
	if diff := cmp.Diff(want, named); diff != "" {
		t.Errorf("named (-want +got):\n%s", diff)
	}
	left := listing(t, dir)
	for _, name := range foreign {
		if left[name] != "content of "+name {
			t.Errorf("%s was changed or deleted", name)
		}
	}
	for _, name := range run {
		if _, ok := left[name]; ok {
			t.Errorf("%s is still there", name)
		}
	}
}

func TestCleanRemovesEmptyFolders(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, lockFile, "tb/events.out.tfevents.1764000000.000.rlvr", "checkpoints/step-8/x")
	d := openDir(t, dir, Clean)
	if diff := cmp.Diff([]string{lockFile}, keys(listing(t, dir))); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := OpenDir(dir, Clean, func([]string) { t.Error("announces nothing") })
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func keys(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

// TestLockHelper is the other process of TestLock: it opens the folder, says so and
// waits.
func TestLockHelper(t *testing.T) {
	dir := os.Getenv("RLVR_TEST_LOCK")
	if dir == "" {
		return // TestLock starts it
	}
	if _, err := OpenDir(dir, Fresh, nil); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("locked")
	select {}
}

// TestLock: a folder in use is refused in every mode, with the holder's number, and
// free again when the holder is killed.
func TestLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	holder := exec.Command(os.Args[0], "-test.run=^TestLockHelper$")
	holder.Env = append(os.Environ(), "RLVR_TEST_LOCK="+dir)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	killed := false
	defer func() {
		if !killed {
			_ = holder.Process.Kill()
			_ = holder.Wait()
		}
	}()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "locked\n" {
		t.Fatalf("helper: %q, %v", line, err)
	}
	fill(t, dir, "metrics.jsonl")
	before := listing(t, dir)
	for _, mode := range []Mode{Fresh, Resume, Clean} {
		_, err := OpenDir(dir, mode, nil)
		want := fmt.Sprintf("in use by process %d", holder.Process.Pid)
		if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), want) {
			t.Errorf("mode %d: %v, want %s", mode, err, want)
		}
	}
	if diff := cmp.Diff(before, listing(t, dir)); diff != "" {
		t.Errorf("a refusal changed the folder (-before +after):\n%s", diff)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // "signal: killed"
	killed = true
	openDir(t, dir, Resume)
}

func TestLockInOneProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	d := openDir(t, dir, Fresh)
	if _, err := OpenDir(dir, Resume, nil); !errors.Is(err, ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	openDir(t, dir, Resume)
}

func TestOpenDirOnAFile(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, "file")
	for _, mode := range []Mode{Fresh, Resume, Clean} {
		if _, err := OpenDir(filepath.Join(dir, "file"), mode, nil); err == nil {
			t.Errorf("mode %d takes a file", mode)
		}
	}
}

func TestWriteConfig(t *testing.T) {
	d := openDir(t, filepath.Join(t.TempDir(), "run"), Fresh)
	for _, text := range []string{"a: 1\n", "b: 2\n"} {
		if err := d.WriteConfig([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	got := listing(t, d.Path())
	delete(got, lockFile)
	if diff := cmp.Diff(map[string]string{"config.yaml": "b: 2\n"}, got); diff != "" {
		t.Errorf("folder (-want +got):\n%s", diff)
	}
}
