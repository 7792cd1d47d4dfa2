//go:build linux

package sandbox

import (
	"context"
	"strings"
	"testing"
	"time"
)

// pool opens a pool, or skips the test where the machine has no sandbox.
func pool(t testing.TB, o Options, v variant) *Pool {
	t.Helper()
	p, err := open(o, v)
	if err != nil && strings.Contains(err.Error(), errLoose.Error()) {
		t.Fatal(err)
	}
	if err != nil {
		t.Skipf("no sandbox here: %v", err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// oneWorker are the options of a pool whose programs follow each other on a worker.
func oneWorker() Options {
	o := DefaultOptions()
	o.Workers, o.CPUSeconds, o.WallSeconds, o.MemoryMB, o.OutputKB, o.FilesMB = 1, 4, 20, 256, 64, 8
	return o
}

func TestHostile(t *testing.T) {
	t.Parallel()
	p := pool(t, oneWorker(), variant{})
	start := time.Now()
	checks, err := SelfCheck(context.Background(), p)
	if err != nil {
		t.Error(err)
	}
	for _, c := range checks {
		if c.Problem != "" {
			t.Errorf("%s: %s", c.Name, c.Problem)
		}
	}
	t.Logf("%d programs in %v", len(checks), time.Since(start))
}
