package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// TestView starts the command on a run that another process holds, asks it for the page
// and for data, and interrupts it.
func TestView(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	d, err := runlog.OpenDir(path, runlog.Fresh, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	l, err := runlog.New(d, runlog.DefaultOptions(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Step(runlog.Record{Step: 1, Stage: "grpo", Time: time.Now(), Values: map[string]float64{"reward": 0.25}}); err != nil {
		t.Fatal(err)
	}
	if err := l.Samples(1, []runlog.Sample{runlog.NewSample(1, "grpo", "1+1=", &data.Example{ID: "x"}, &data.Row{Rollout: &data.Rollout{Text: "2"}})}); err != nil {
		t.Fatal(err)
	}

	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out := &watched{text: "\n", seen: make(chan struct{})}
	child := exec.Command(exe, "view", path)
	child.Args[0] = "rlvr"
	child.Stdout = out
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-out.seen:
	case <-time.After(scriptPatience):
		_ = child.Process.Kill()
	}
	url, _, _ := strings.Cut(string(out.all), " ")
	for path, want := range map[string]string{"": "<title>rlvr view</title>", "app.js": "import", "api/runs/0/metrics": `"reward":0.25`, "api/runs/0/samples": `"completion":"2"`} {
		r, err := http.Get(url + path) //nolint:noctx // a test's own server
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r.Body)
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("/%s: %v %s", path, err, text)
		}
		if err := r.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := child.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err != nil {
		t.Errorf("interrupted: %v", err)
	}
}
