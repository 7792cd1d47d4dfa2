package device

import (
	"path/filepath"
	"strings"
)

// The plugins that this program is tested with, as PyPI has them.
const (
	cpuWheel    = "lammps-jax-pjrt-cpu==0.11.2"
	cpuModule   = "lammps_jax_pjrt_cpu"
	cudaWheel   = "jax-cuda13-plugin[with-cuda]==0.11.2"
	cudaPlugin  = "jax_plugins/xla_cuda13/xla_cuda_plugin.so"
	tpuWheel    = "libtpu"
	upstreamDir = "$HOME/.local/lib/go-xla"
)

// Remedies are the shell commands that bring what the backend called name lacks, in
// order, with comments. None where nothing is known to be missing.
func Remedies(name string) []string {
	plugin, isXLA := strings.CutPrefix(name, "xla:")
	switch {
	case !isXLA:
		return nil
	case !xlaBuilt:
		return []string{
			"# the XLA backend needs cgo: a C compiler (Debian: apt-get install gcc), and no -tags noxla",
			"CGO_ENABLED=1 make build",
		}
	}
	if path, _ := FindPlugin(plugin); path != "" && plugin != "cuda" {
		return nil
	}
	switch plugin {
	case "cpu":
		return cpuRemedy(PluginDir())
	case "cuda":
		return cudaRemedy(PluginDir())
	case "tpu":
		return tpuRemedy(PluginDir())
	}
	return nil
}

func cpuRemedy(dir string) []string {
	at := filepath.Join(dir, PluginFile("cpu"))
	return []string{
		"make xla-cpu",
		"# or, where this program's source is not at hand:",
		"python3 -m pip install --no-deps --target " + dir + "/wheel " + cpuWheel,
		"ln -sf " + filepath.Join("wheel", cpuModule, PluginFile("cpu")) + " " + at,
		"# or with go-xla's own installer, which downloads from GitHub:",
		"go run github.com/gomlx/go-xla/cmd/pjrt_installer@latest -autoinstall",
		"mkdir -p " + dir + " && ln -sf " + upstreamDir + "/pjrt_c_api_cpu_*_plugin.so " + at,
	}
}

// cudaRemedy lays JAX's wheels out so that the plugin finds NVIDIA's libraries: its
// search path is ../nvidia, seen from the folder where it is opened.
func cudaRemedy(dir string) []string {
	base := filepath.Dir(dir)
	wheels := filepath.Join(base, "cuda")
	return []string{
		"# needs an NVIDIA GPU with driver 580 or newer; the wheels take about 4 GB, and no Python runs them",
		"python3 -m pip install --ignore-requires-python --python-version 3.12 --only-binary=:all: --target " + wheels + " '" + cudaWheel + "'",
		"mkdir -p " + dir,
		"ln -sfn " + filepath.Join(wheels, cudaPlugin) + " " + filepath.Join(dir, PluginFile("cuda")),
		"ln -sfn " + filepath.Join(wheels, "nvidia") + " " + filepath.Join(base, "nvidia"),
		"# in every shell that starts a run:",
		"export LD_LIBRARY_PATH=$(echo " + filepath.Join(base, "nvidia") + "/*/lib | tr ' ' ':')${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}",
		"# or with go-xla's own installer, which downloads from PyPI without pip:",
		"go run github.com/gomlx/go-xla/cmd/pjrt_installer@latest -autoinstall",
		"export PJRT_PLUGIN_LIBRARY_PATH=" + upstreamDir + "/nvidia",
	}
}

func tpuRemedy(dir string) []string {
	return []string{
		"# on a TPU VM:",
		"python3 -m pip install --no-deps --target " + dir + "/wheel " + tpuWheel,
		"ln -sf wheel/libtpu/libtpu.so " + filepath.Join(dir, PluginFile("tpu")),
	}
}
