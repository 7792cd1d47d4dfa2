package hub

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// childVariable makes the test binary resolve a name and print the path.
const childVariable = "RLVR_TEST_HUB_RESOLVE"

// limitVariable is how long it tries.
const limitVariable = "RLVR_TEST_HUB_LIMIT"

func TestMain(m *testing.M) {
	name := os.Getenv(childVariable)
	if name == "" {
		os.Exit(m.Run())
	}
	limit, err := time.ParseDuration(os.Getenv(limitVariable))
	if err != nil {
		limit = time.Minute
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	path, err := Resolve(ctx, name, quick())
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(path)
}

func executable(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

func child(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(executable(t))
	cmd.Env = append(os.Environ(), childVariable+"="+testRepo)
	return cmd
}

// TestProcesses: of several processes one downloads each file.
func TestProcesses(t *testing.T) {
	f, _ := newFakeHub(t, modelFiles())
	f.setFault(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/cdn/") {
			time.Sleep(200 * time.Millisecond) // so that they meet
		}
		return false
	})
	const num = 4
	paths := make(chan string, num)
	for range num {
		cmd := child(t)
		go func() {
			out, err := cmd.Output()
			paths <- fmt.Sprint(string(out), err)
		}()
	}
	first := <-paths
	for range num - 1 {
		if next := <-paths; next != first {
			t.Errorf("one process has %s, another %s", first, next)
		}
	}
	f.checkSnapshot(strings.TrimSuffix(first, "<nil>"), wantedFiles)
	if got := gets(f.take(), weightsFile); len(got) != 1 {
		t.Errorf("requests %q, want one", got)
	}
}

// TestKilled: what a killed process got is gone on with.
func TestKilled(t *testing.T) {
	f, root := newFakeHub(t, modelFiles())
	const at = 5000
	incomplete := filepath.Join(root, "models--some--model-1", "blobs", etagOf(weightsFile, f.files[weightsFile])+".incomplete")
	cmd := child(t)
	started := make(chan *os.Process, 1)
	f.setFault(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/cdn/") {
			return false
		}
		process := <-started
		started <- process
		f.brokenOff(w, r, weightsFile, at, func() {
			for r.Context().Err() == nil {
				if info, err := os.Stat(incomplete); err == nil && info.Size() == at {
					_ = process.Kill()
				}
				time.Sleep(time.Millisecond)
			}
		})
		return true
	})
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	started <- cmd.Process
	if err := cmd.Wait(); err == nil {
		t.Fatalf("not killed: %s", &out)
	}
	f.setFault(nil)
	f.take()
	f.checkSnapshot(mustResolve(t, testRepo), wantedFiles)
	if got := gets(f.take(), weightsFile); len(got) != 1 || !strings.HasSuffix(got[0], " bytes=5000-") {
		t.Errorf("requests %q", got)
	}
}
