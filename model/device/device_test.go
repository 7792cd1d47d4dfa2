package device

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
)

func TestOpenUnknownName(t *testing.T) {
	for _, name := range []string{"cuda", "xla", "XLA:cpu", "go:parallel", "xla:"} {
		_, err := Open(name, quiet())
		if err == nil || !strings.Contains(err.Error(), `backend "`+name+`"`) || !strings.Contains(err.Error(), strings.Join(Names, ", ")) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestOpenGo(t *testing.T) {
	d := open(t, "go")
	if d.Name != "go" || d.Reason != "as asked" || !strings.Contains(d.Description, "pure Go") {
		t.Errorf("opened %q, %q, %q", d.Name, d.Reason, d.Description)
	}
	if d.RowTile != goRowTile || d.Parallel != runtime.GOMAXPROCS(0) {
		t.Errorf("row tile %d, %d in parallel", d.RowTile, d.Parallel)
	}
	if !d.Backend.Capabilities().Operations[compute.OpTypeWhile] || d.Backend.Capabilities().Operations[compute.OpTypeFFT] {
		t.Error("capabilities are not the backend's")
	}
}

func TestOpenXLA(t *testing.T) {
	d := open(t, "xla:cpu")
	if d.Name != "xla:cpu" || d.Reason != "as asked" || !strings.Contains(d.Description, PluginFile("cpu")) || !strings.Contains(d.Description, "PJRT API") {
		t.Errorf("opened %q, %q, %q", d.Name, d.Reason, d.Description)
	}
	if d.RowTile != 0 || d.Parallel != 1 {
		t.Errorf("row tile %d, %d in parallel", d.RowTile, d.Parallel)
	}
	if !d.Backend.Capabilities().Operations[compute.OpTypeDynamicSlice] {
		t.Error("capabilities are not the backend's")
	}
}

// noPlugins leaves one folder to look for plugins in, which is empty.
func noPlugins(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	t.Setenv("RLVR_PJRT_DIR", dir)
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", "")
	return dir
}

func TestMissingPluginSaysWhereItWasLookedFor(t *testing.T) {
	if !xlaBuilt {
		t.Skip("a build without XLA")
	}
	other := t.TempDir()
	dir := noPlugins(t)
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", other)
	for _, name := range []string{"cpu", "cuda", "tpu"} {
		_, err := Open("xla:"+name, quiet())
		for _, part := range []string{"xla:" + name, "no " + name + " plugin", dir, other, "rlvr doctor"} {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s: error %v, want %q in it", name, err, part)
			}
		}
	}
}

// TestAutoWithoutPlugins takes the backend that is always there and says why.
func TestAutoWithoutPlugins(t *testing.T) {
	noPlugins(t)
	for _, name := range []string{"auto", ""} {
		d, err := Open(name, quiet())
		if err != nil {
			t.Fatal(err)
		}
		want := "no cuda plugin; no cpu plugin"
		if !xlaBuilt {
			want = "not in this build"
		}
		if d.Name != "go" || !strings.Contains(d.Reason, want) {
			t.Errorf("%q opened %q because %q", name, d.Name, d.Reason)
		}
	}
}

// TestAutoPassesOverBrokenPlugins: a plugin that does not load is a reason, not an
// error, and the next one is tried.
func TestAutoPassesOverBrokenPlugins(t *testing.T) {
	cpu, missing := FindPlugin("cpu")
	if !xlaBuilt {
		t.Skip("a build without XLA")
	}
	dir := noPlugins(t)
	if err := os.WriteFile(filepath.Join(dir, PluginFile("cuda")), []byte("no library"), 0o644); err != nil {
		t.Fatal(err)
	}
	d, err := Open("auto", quiet())
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "go" || !strings.Contains(d.Reason, "xla:cuda: ") || !strings.Contains(d.Reason, "no cpu plugin") || strings.Contains(d.Reason, "\n") {
		t.Errorf("opened %q because %q", d.Name, d.Reason)
	}
	if cpu == "" {
		t.Skip(missing + ": make xla-cpu installs it")
	}
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", filepath.Dir(cpu))
	if d, err = Open("auto", quiet()); err != nil {
		t.Fatal(err)
	}
	if d.Name != "xla:cpu" || d.Reason != "cpu plugin found" {
		t.Errorf("opened %q because %q", d.Name, d.Reason)
	}
}

// TestNothingIsDownloaded: opening XLA must not fetch plugins by itself.
func TestNothingIsDownloaded(t *testing.T) {
	if xlaBuilt && os.Getenv("GOMLX_NO_AUTO_INSTALL") == "" {
		t.Error("the library's installer is not switched off")
	}
}

func TestFindPlugin(t *testing.T) {
	if !xlaBuilt {
		if path, why := FindPlugin("cpu"); path != "" || !strings.Contains(why, "not in this build") {
			t.Errorf("found %q, %q", path, why)
		}
		t.Skip("a build without XLA")
	}
	dir := noPlugins(t)
	want := filepath.Join(dir, PluginFile("cpu"))
	find := func(expect string) {
		t.Helper()
		path, why := FindPlugin("cpu")
		if path != expect || (path == "") != (why == "no cpu plugin") {
			t.Errorf("found %q (%q), want %q", path, why, expect)
		}
	}
	find("")
	if err := os.Mkdir(want, 0o755); err != nil {
		t.Fatal(err)
	}
	find("") // a folder of that name is none
	if err := os.Remove(want); err != nil {
		t.Fatal(err)
	}
	library := filepath.Join(t.TempDir(), "some.so")
	if err := os.WriteFile(library, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(library, want); err != nil {
		t.Fatal(err)
	}
	find(want)
	// PJRT_PLUGIN_LIBRARY_PATH comes first, its folders in order.
	first, second := t.TempDir(), t.TempDir()
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", first+string(os.PathListSeparator)+second)
	find(want)
	inSecond := filepath.Join(second, PluginFile("cpu"))
	if err := os.WriteFile(inSecond, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	find(inSecond)
	if err := os.Remove(library); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", "")
	find("") // a link to nothing
}

func TestPluginDirs(t *testing.T) {
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", "")
	t.Setenv("RLVR_PJRT_DIR", "")
	t.Setenv("XDG_DATA_HOME", "/data")
	t.Setenv("HOME", "/home/someone")
	check := func(want ...string) {
		t.Helper()
		if got := PluginDirs(); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	check("/data/rlvr/pjrt")
	t.Setenv("XDG_DATA_HOME", "")
	check("/home/someone/.local/share/rlvr/pjrt")
	t.Setenv("HOME", "")
	check()
	t.Setenv("RLVR_PJRT_DIR", "/plugins")
	check("/plugins")
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", "/a:/b")
	check("/a", "/b", "/plugins")
}

// TestBuildsWithoutXLA checks the files that other builds use in place of xla.go.
func TestBuildsWithoutXLA(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command")
	}
	for _, c := range []struct{ cgo, tags string }{{"0", ""}, {"1", "noxla"}} {
		cmd := exec.Command(tool, "vet", "-tags", c.tags, "./")
		cmd.Env = append(os.Environ(), "CGO_ENABLED="+c.cgo)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("CGO_ENABLED=%s -tags %q: %v\n%s", c.cgo, c.tags, err, out)
		}
	}
}
