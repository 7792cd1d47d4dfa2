package device

import (
	"fmt"
	"os"
	"path/filepath"
)

// PluginFile is the file name under which the plugin called name is looked for.
func PluginFile(name string) string { return "pjrt_c_api_" + name + "_plugin.so" }

// PluginDir is where `make xla-cpu` and `rlvr doctor` put plugins: $RLVR_PJRT_DIR,
// or rlvr/pjrt below the user's data folder.
func PluginDir() string {
	if dir := os.Getenv("RLVR_PJRT_DIR"); dir != "" {
		return dir
	}
	data := os.Getenv("XDG_DATA_HOME")
	if data == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "rlvr", "pjrt")
}

// PluginDirs are the folders searched for plugins, in order.
func PluginDirs() []string {
	dirs := filepath.SplitList(os.Getenv("PJRT_PLUGIN_LIBRARY_PATH"))
	if dir := PluginDir(); dir != "" {
		dirs = append(dirs, dir)
	}
	return dirs
}

// FindPlugin returns the path of the PJRT plugin called name ("cpu", "cuda",
// "tpu"), or "" and why there is none.
func FindPlugin(name string) (path, missing string) {
	if !xlaBuilt {
		return "", "xla is not in this build (CGO_ENABLED=0 or -tags noxla)"
	}
	for _, dir := range PluginDirs() {
		path := filepath.Join(dir, PluginFile(name))
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, ""
		}
	}
	return "", fmt.Sprintf("no %s plugin", name)
}
