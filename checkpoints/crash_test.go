package checkpoints

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var errFull = errors.New("no space left on device")

// killed is what a crashing disk panics with: nothing after it runs, as after
// kill -9.
type killed struct{}

// faultyDisk does what hastyDisk does until an operation too many, or a byte.
type faultyDisk struct {
	hastyDisk
	// operations are counted down; at 0 the disk fails, or the process dies.
	operations int
	crash      bool
	// bytes that can be written; negative: any number.
	bytes int
}

func (d *faultyDisk) step(what string) error {
	d.operations--
	if d.operations != 0 {
		return nil
	}
	if d.crash {
		panic(killed{})
	}
	return fmt.Errorf("%s: input/output error", what)
}

func (d *faultyDisk) create(path string) (file, error) {
	if err := d.step("create"); err != nil {
		return nil, err
	}
	f, err := d.hastyDisk.create(path)
	return &faultyFile{file: f, disk: d}, err
}

func (d *faultyDisk) rename(from, to string) error {
	if err := d.step("rename"); err != nil {
		return err
	}
	return d.hastyDisk.rename(from, to)
}

func (d *faultyDisk) syncFolder(path string) error {
	if err := d.step("sync folder"); err != nil {
		return err
	}
	return d.hastyDisk.syncFolder(path)
}

// removeAll gets half way before it goes wrong.
func (d *faultyDisk) removeAll(path string) error {
	if d.operations == 1 {
		if err := os.RemoveAll(filepath.Join(path, "config.json")); err != nil {
			return err
		}
	}
	if err := d.step("remove"); err != nil {
		return err
	}
	return d.hastyDisk.removeAll(path)
}

type faultyFile struct {
	file
	disk *faultyDisk
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.disk.step("write"); err != nil {
		return 0, err
	}
	if f.disk.bytes < 0 || len(p) <= f.disk.bytes {
		f.disk.bytes -= len(p)
		return f.file.Write(p)
	}
	n, err := f.file.Write(p[:f.disk.bytes])
	f.disk.bytes = 0
	return n, errors.Join(err, errFull)
}

func (f *faultyFile) Sync() error {
	if err := f.disk.step("sync"); err != nil {
		return err
	}
	return f.file.Sync()
}

func (f *faultyFile) Close() error {
	err := f.disk.step("close")
	return errors.Join(err, f.file.Close())
}

// saveOn saves the sample of a step on d, and reports whether the process died.
func saveOn(d disk, dir string, step, keep int) (died bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(killed); !ok {
				panic(r)
			}
			died = true
		}
	}()
	return false, save(context.Background(), d, dir, sample(step), Options{KeepLast: keep}, MaxShardBytes)
}

// situations are saves whose every operation is made to go wrong, with the
// checkpoints that must survive any failure before the new one is in place.
var situations = []struct {
	name       string
	before     []int
	step, keep int
	after      []int
}{
	{"the first save", nil, 5, 2, []int{5}},
	{"a save that prunes", []int{2, 3, 4}, 5, 2, []int{5, 4}},
	{"a step saved again", []int{4, 5}, 5, 2, []int{5, 4}},
}

// countOperations is how many operations a save takes.
func countOperations(t *testing.T, before []int, step, keep int) int {
	t.Helper()
	dir := t.TempDir()
	mustSave(t, dir, 0, before...)
	d := &faultyDisk{bytes: -1}
	if _, err := saveOn(d, dir, step, keep); err != nil {
		t.Fatal(err)
	}
	return -d.operations
}

// wantWhole demands that whatever is listed loads, that all of before is there
// unless the new step is, and that the next save succeeds and cleans up.
func wantWhole(t *testing.T, dir string, before []int, step, keep int, after []int) {
	t.Helper()
	entries, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[int]bool)
	var steps []int
	for _, e := range entries {
		found[e.Step] = true
		steps = append(steps, e.Step)
	}
	wantLoads(t, dir, steps...) // each one whole
	for _, s := range before {
		if !found[s] && !found[step] {
			t.Errorf("step %d is lost, and step %d is not there", s, step)
		}
	}
	mustSave(t, dir, keep, step)
	wantLoads(t, dir, after...)
	wantNoLeftovers(t, dir)
}

// TestFailureAtEveryOperation: an error of the disk at any moment is reported and
// leaves whole checkpoints only.
func TestFailureAtEveryOperation(t *testing.T) {
	for _, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			operations := countOperations(t, s.before, s.step, s.keep)
			for k := 1; k <= operations; k++ {
				dir := filepath.Join(t.TempDir(), "checkpoints")
				mustSave(t, dir, 0, s.before...)
				_, err := saveOn(&faultyDisk{operations: k, bytes: -1}, dir, s.step, s.keep)
				if err == nil || !strings.Contains(err.Error(), "input/output error") || !strings.Contains(err.Error(), "step 5") {
					t.Fatalf("operation %d: got %v", k, err)
				}
				if _, err := os.Stat(leftover(dir, writing, s.step)); err == nil {
					t.Errorf("operation %d: the unfinished folder is left", k)
				}
				wantWhole(t, dir, s.before, s.step, s.keep, s.after)
			}
		})
	}
}

// TestKilledAtEveryOperation: the same for a process that dies.
func TestKilledAtEveryOperation(t *testing.T) {
	for _, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			operations := countOperations(t, s.before, s.step, s.keep)
			for k := 1; k <= operations; k++ {
				dir := filepath.Join(t.TempDir(), "checkpoints")
				mustSave(t, dir, 0, s.before...)
				died, err := saveOn(&faultyDisk{operations: k, bytes: -1, crash: true}, dir, s.step, s.keep)
				if !died {
					t.Fatalf("operation %d: survived with %v", k, err)
				}
				if err := Clean(dir); err != nil {
					t.Fatal(err)
				}
				wantWhole(t, dir, s.before, s.step, s.keep, s.after)
			}
		})
	}
}

// TestDiskFull: a disk that fills up at any byte is an error that says so and names
// the file; the old checkpoints stay and nothing of the new one does.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 0, 1, 2)
	before := strings.Join(tree(t, dir), "\n")
	for n := 0; ; n += 7 {
		_, err := saveOn(&faultyDisk{bytes: n}, dir, 3, 2)
		if err == nil {
			if n == 0 {
				t.Fatal("no error on a full disk")
			}
			break
		}
		if !errors.Is(err, errFull) || !strings.Contains(err.Error(), filepath.Join(dir, ".tmp-step-3")+string(filepath.Separator)) {
			t.Fatalf("full after %d bytes: %v", n, err)
		}
		if after := strings.Join(tree(t, dir), "\n"); after != before {
			t.Fatalf("full after %d bytes: files are\n%s\nwere\n%s", n, after, before)
		}
	}
	wantLoads(t, dir, 3, 2)
}

// TestCancelled: a cancelled save leaves nothing.
func TestCancelled(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 1, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Save(ctx, dir, sample(2), Options{KeepLast: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	wantLoads(t, dir, 1)
	wantNoLeftovers(t, dir)
}

// TestClean: leftovers of every kind go, a checkpoint without its successor comes
// back, and what is not ours stays.
func TestClean(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 0, 1, 2, 3, 4)
	for from, to := range map[string]string{"step-1": ".tmp-step-7", "step-2": ".del-step-8", "step-3": ".old-step-3"} {
		if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	foreign := filepath.Join(dir, ".tmp-notes")
	if err := os.Mkdir(foreign, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Clean(dir); err != nil {
		t.Fatal(err)
	}
	wantLoads(t, dir, 4, 3)
	if _, err := os.Stat(foreign); err != nil {
		t.Errorf("a folder that is not ours is gone: %v", err)
	}
	if err := os.Remove(foreign); err != nil {
		t.Fatal(err)
	}
	wantNoLeftovers(t, dir)
	if err := Clean(filepath.Join(dir, "absent")); err != nil {
		t.Errorf("absent folder: %v", err)
	}
}

// TestCleanFails: an error of the disk while cleaning is reported, with the path.
func TestCleanFails(t *testing.T) {
	for _, name := range []string{".tmp-step-1", ".del-step-1", ".old-step-1"} {
		dir := t.TempDir()
		mustSave(t, dir, 0, 1)
		if err := os.Rename(Folder(dir, 1), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		err := clean(&faultyDisk{operations: 1}, dir)
		if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, name)+": ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestSaveCleans: the next save does what Clean does.
func TestSaveCleans(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 0, 1, 2)
	for from, to := range map[string]string{"step-1": ".tmp-step-7", "step-2": ".old-step-2"} {
		if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	mustSave(t, dir, 0, 3)
	wantLoads(t, dir, 3, 2)
	wantNoLeftovers(t, dir)
}

const killChild = "RLVR_TEST_KILL_CHILD"

// TestKillChild is not a test but the process that TestKill kills: it saves for
// ever.
func TestKillChild(t *testing.T) {
	dir := os.Getenv(killChild)
	if dir == "" {
		t.Skip("the child of TestKill")
	}
	if err := Clean(dir); err != nil {
		t.Fatal(err)
	}
	entries, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	first := 0
	if len(entries) > 0 {
		first = entries[0].Step
	}
	for step := first; ; step++ {
		if err := Save(context.Background(), dir, sample(step), Options{KeepLast: 2}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKill kills a saving process with SIGKILL at odd moments.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	newest := -1
	for i := range 5 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKillChild$")
		cmd.Env = append(os.Environ(), killChild+"="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(60+37*i) * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		if err := Clean(dir); err != nil {
			t.Fatal(err)
		}
		wantNoLeftovers(t, dir)
		entries, err := List(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if _, err := Load(dir, e.Step); err != nil {
				t.Error(err)
			}
		}
		if len(entries) == 0 {
			continue // killed before its first save
		}
		if entries[0].Step < newest {
			t.Errorf("newest is step %d, was %d", entries[0].Step, newest)
		}
		newest = entries[0].Step
	}
	if newest < 1 {
		t.Errorf("only step %d was reached: the test killed nothing", newest)
	}
}
