package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rlvr-go/rlvr/model/device"
)

// version is set by the linker: make build.
var version string

// modules are those whose version decides what a run computes.
var modules = []string{"github.com/gomlx/gomlx", "github.com/gomlx/go-xla", "github.com/gomlx/compute"}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "show the versions of program, Go, modules and plugins",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runVersion(cmd.OutOrStdout())
		},
	}
}

func runVersion(out io.Writer) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{GoVersion: runtime.Version()}
	}
	lines := []string{
		"rlvr " + programVersion(info),
		"commit " + commit(info),
		fmt.Sprintf("go %s %s/%s%s", info.GoVersion, runtime.GOOS, runtime.GOARCH, buildNotes()),
	}
	for _, m := range modules {
		lines = append(lines, fmt.Sprintf("module %s %s", m, moduleVersion(info, m)))
	}
	for _, name := range []string{"cpu", "cuda", "tpu"} {
		if path, _ := device.FindPlugin(name); path != "" {
			lines = append(lines, fmt.Sprintf("plugin %s: %s", name, pluginVersion(path)))
		}
	}
	_, err := fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}

func programVersion(info *debug.BuildInfo) string {
	switch {
	case version != "":
		return version
	case info.Main.Version != "":
		return info.Main.Version
	}
	return "unknown"
}

// commit is what the Go tool noted of the source tree.
func commit(info *debug.BuildInfo) string {
	revision, dirty := "unknown", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				dirty = ", with changes"
			}
		}
	}
	return revision + dirty
}

func moduleVersion(info *debug.BuildInfo, path string) string {
	for _, d := range info.Deps {
		if d.Path != path {
			continue
		}
		if d.Replace != nil {
			return d.Version + " => " + d.Replace.Path + " " + d.Replace.Version
		}
		return d.Version
	}
	return "not in this build"
}

// buildNotes says which kernels and backends are in.
func buildNotes() string {
	b := device.ThisBuild()
	var notes []string
	if b.SIMD {
		notes = append(notes, "SIMD kernels")
	}
	if b.XLA {
		notes = append(notes, "XLA")
	}
	if len(notes) == 0 {
		return ""
	}
	return ", with " + strings.Join(notes, ", ")
}

func pluginVersion(path string) string {
	v, err := device.PluginVersion(path)
	if err != nil {
		return err.Error()
	}
	return v + ", " + path
}
