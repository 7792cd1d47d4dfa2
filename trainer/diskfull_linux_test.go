package trainer

import (
	"errors"
	"os"
	"slices"
	"syscall"
	"testing"
)

// limitFiles makes every write beyond size bytes of a file fail, as on a full disk,
// until the returned function is called.
func limitFiles(t *testing.T, size uint64) (lift func()) {
	t.Helper()
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Skipf("no limit on file sizes here: %v", err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: was.Max}); err != nil {
		t.Skipf("no limit on file sizes here: %v", err)
	}
	return func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDiskFullWhileSaving: the run ends with an error, the checkpoint before stays
// and is whole, and nothing half written is left beside it.
func TestDiskFullWhileSaving(t *testing.T) {
	if !inChild() {
		// The limit would hold for the test's own log, too.
		runChild(t, "TestDiskFullWhileSaving")
		return
	}
	s, rec := kitSetup(t, openDevice(t, "go"), kitStage("one", "sft", 4))
	s.Checkpoint.KeepLast = 1
	lift := func() {}
	rec.onSync = func() error {
		if len(rec.steps) == 3 {
			lift = limitFiles(t, 2000)
		}
		return nil
	}
	tr := newTrainer(t, s)
	err := tr.Run(t.Context())
	lift()
	if !errors.Is(err, syscall.EFBIG) {
		t.Fatalf("error %v", err)
	}
	if got := savedSteps(t, s.CheckpointDir); !slices.Equal(got, []int{2}) {
		t.Errorf("checkpoints %v, want that of step 2", got)
	}
	savedWeights(t, s.CheckpointDir, 2)
	entries, err := os.ReadDir(s.CheckpointDir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v are left in the folder", entries, err)
	}
}
