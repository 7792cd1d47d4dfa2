//go:build unix

package view

import (
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// TestFilesOfTheRunOnly: a run folder from elsewhere cannot have other files shown, nor
// make the server wait.
func TestFilesOfTheRunOnly(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	must(t, os.WriteFile(outside, []byte("{\"step\":1}\nsecret\n"), 0o600))
	run := t.TempDir()
	must(t, os.WriteFile(filepath.Join(run, runlog.LogFile), nil, 0o600))
	must(t, os.Symlink(outside, filepath.Join(run, runlog.MetricsFile)))
	must(t, os.Symlink("../../../../../../../../etc/passwd", filepath.Join(run, runlog.ConfigFile)))
	must(t, syscall.Mkfifo(filepath.Join(run, runlog.SamplesFile), 0o600))
	url := serve(t, run)
	for _, what := range []string{"metrics", "config", "samples"} {
		if code := ask(t, url+"/api/runs/0/"+what, nil); code != http.StatusInternalServerError {
			t.Errorf("%s: %d", what, code)
		}
	}
	must(t, os.Remove(filepath.Join(run, runlog.MetricsFile)))
	if code := ask(t, url+"/api/runs/0/metrics", nil); code != http.StatusNotFound {
		t.Errorf("a file that is not there yet: %d", code)
	}
}
