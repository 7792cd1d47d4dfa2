package device

import (
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestTry(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for _, name := range []string{"go", "xla:cpu"} {
		if plugin, isXLA := strings.CutPrefix(name, "xla:"); isXLA {
			if path, why := FindPlugin(plugin); path == "" {
				t.Logf("%s: %s", name, why)
				continue
			}
		}
		d, err := Try(name, log)
		if err != nil || d.Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Setenv("RLVR_PJRT_DIR", t.TempDir())
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", "")
	for _, name := range []string{"xla:cuda", "tpu", "Go"} {
		if _, err := Try(name, log); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: opened, or the error does not name it: %v", name, err)
		}
	}
}

// TestRemedies runs the commands on a folder that holds what pip would have left,
// with pip and go left out: links must end where FindPlugin looks, and NVIDIA's
// libraries where the plugin looks.
func TestRemedies(t *testing.T) {
	if !xlaBuilt {
		if got := Remedies("xla:cpu"); len(got) == 0 || !strings.Contains(strings.Join(got, "\n"), "CGO_ENABLED=1") {
			t.Errorf("without XLA: %q", got)
		}
		t.Skip("a build without XLA")
	}
	if got := Remedies("go"); got != nil {
		t.Errorf("the backend that is always there needs %q", got)
	}
	for name, c := range map[string]struct{ pip, links []string }{
		"cpu":  {[]string{"pjrt/wheel/" + cpuModule + "/" + PluginFile("cpu")}, nil},
		"cuda": {[]string{"cuda/" + cudaPlugin, "cuda/nvidia/cudnn/lib/libcudnn.so.9", "cuda/nvidia/cu13/lib/libcublas.so.13"}, []string{"nvidia/cudnn/lib/libcudnn.so.9"}},
		"tpu":  {[]string{"pjrt/wheel/libtpu/libtpu.so"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			base := t.TempDir()
			t.Setenv("RLVR_PJRT_DIR", filepath.Join(base, "pjrt"))
			t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", "")
			commands := Remedies("xla:" + name)
			if len(commands) == 0 {
				t.Fatal("no plugin, and nothing brings it")
			}
			for _, file := range c.pip {
				path := filepath.Join(base, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			out := runRemedy(t, commands)
			path, why := FindPlugin(name)
			if path == "" {
				t.Fatalf("after %q: %s", commands, why)
			}
			for _, link := range c.links {
				if _, err := os.Stat(filepath.Join(base, link)); err != nil {
					t.Errorf("after %q: %v", commands, err)
				}
			}
			if want := filepath.Join(base, "nvidia/cu13/lib") + ":" + filepath.Join(base, "nvidia/cudnn/lib"); name == "cuda" && !strings.Contains(out, want) {
				t.Errorf("LD_LIBRARY_PATH %q does not have %q", out, want)
			}
		})
	}
}

// runRemedy runs the first of the alternatives, those with pip, and returns the
// LD_LIBRARY_PATH after them.
func runRemedy(t *testing.T, commands []string) string {
	t.Helper()
	script := []string{"set -eu", "unset LD_LIBRARY_PATH"}
	for _, c := range commands {
		if strings.Contains(c, "go-xla") {
			break
		}
		if !strings.HasPrefix(c, "make") && !strings.Contains(c, "pip") {
			script = append(script, c)
		}
	}
	script = append(script, `echo "${LD_LIBRARY_PATH:-}"`)
	out, err := exec.Command("sh", "-c", strings.Join(script, "\n")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// TestMakefileNamesTheWheel: the version of the CPU plugin is in two places.
func TestMakefileNamesTheWheel(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(makefile), cpuWheel) {
		t.Errorf("the Makefile does not install %s", cpuWheel)
	}
}
