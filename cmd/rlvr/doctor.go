package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rlvr-go/rlvr/configs"
	"github.com/rlvr-go/rlvr/model/device"
)

// diagnosis is what rlvr doctor finds out.
type diagnosis struct {
	// Machine and Build are what there is to work with.
	Machine machine      `json:"machine"`
	Build   device.Build `json:"build"`
	// PluginDirs are the folders searched for plugins.
	PluginDirs []string `json:"plugin_dirs"`
	// Backends are all that can be named; Auto is what "auto" takes.
	Backends []health `json:"backends"`
	Auto     health   `json:"auto"`
	// Verifiers are the self-tests, by task.
	Verifiers []selfTest `json:"verifiers"`
	// Sandbox is where programs of completions run.
	Sandbox sandboxHealth `json:"sandbox"`
	// OK says that a run is possible.
	OK bool `json:"ok"`
}

// health is how a backend is.
type health struct {
	// Name is what was asked for.
	Name string `json:"name"`
	// State is ok where it was opened and computed something, missing where its
	// plugin was not found, else broken.
	State string `json:"state"`
	// Device is the backend that was opened, Detail what it says of itself or what
	// is wrong, Reason why it was chosen.
	Device string `json:"device,omitempty"`
	Detail string `json:"detail"`
	Reason string `json:"reason,omitempty"`
	// Remedy are the commands that mend it, with comments.
	Remedy []string `json:"remedy,omitempty"`
}

// selfTest is whether a verifier fits the reference answers of a task.
type selfTest struct {
	Task     string `json:"task"`
	Verifier string `json:"verifier"`
	State    string `json:"state"`
	Detail   string `json:"detail"`
}

// The states.
const (
	stateOK      = "ok"
	stateMissing = "missing"
	stateBroken  = "broken"
)

func newDoctorCommand() *cobra.Command {
	var asJSON, full bool
	var probe string
	c := &cobra.Command{
		Use:   "doctor [CONFIG]",
		Short: "say what works here, and how to get what is missing",
		Long: `Try every backend on a small graph, and a verifier on reference answers and on those of
other problems: that of CONFIG on its problems, or those of all tasks that make their
problems. Say how strongly programs are isolated, and with --full let hostile ones try to
get out. Print the commands that bring what is missing. Exit code 1 if no run is possible.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if probe != "" {
				return runProbe(probe, cmd.OutOrStdout(), cmd.ErrOrStderr())
			}
			tests := func(ctx context.Context) []selfTest { return testTasks(ctx, selfTestSize(full)) }
			if len(args) == 1 {
				c, err := configs.Load(args[0], nil)
				if err != nil {
					return err
				}
				tests = func(ctx context.Context) []selfTest { return []selfTest{testConfig(ctx, c, selfTestSize(full))} }
			}
			return runDoctor(cmd.Context(), tests, full, asJSON, cmd.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	c.Flags().BoolVar(&full, "full", false, "test verifiers on all problems, not on 200 of a task, and run hostile programs")
	c.Flags().StringVar(&probe, "probe", "", "")
	if err := c.Flags().MarkHidden("probe"); err != nil {
		panic(err)
	}
	return c
}

func runDoctor(ctx context.Context, tests func(context.Context) []selfTest, full, asJSON bool, out io.Writer) error {
	d := diagnose(ctx, tests, full)
	var err error
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		err = enc.Encode(d)
	} else {
		err = d.print(out)
	}
	if err == nil && !d.OK {
		err = errors.New("doctor: no run is possible here; see above")
	}
	return err
}

func diagnose(ctx context.Context, tests func(context.Context) []selfTest, full bool) *diagnosis {
	d := &diagnosis{Machine: thisMachine(), Build: device.ThisBuild(), PluginDirs: device.PluginDirs()}
	works := false
	for _, name := range device.Concrete {
		h := examine(ctx, name)
		works = works || h.State == stateOK
		d.Backends = append(d.Backends, h)
	}
	d.Auto = examine(ctx, "auto")
	d.Verifiers = tests(ctx)
	d.Sandbox = examineSandbox(ctx, full)
	d.OK = works && d.Sandbox.State != stateBroken && !slices.ContainsFunc(d.Verifiers, func(s selfTest) bool { return s.State != stateOK })
	return d
}

// print is the diagnosis for people.
func (d *diagnosis) print(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "machine    %s\n", d.Machine)
	fmt.Fprintf(&b, "build      %s, SIMD kernels: %s, XLA (cgo): %s\n", runtime.Version(), yesNo(d.Build.SIMD), yesNo(d.Build.XLA))
	if !d.Build.SIMD && runtime.GOARCH == "amd64" {
		fmt.Fprintln(&b, "           the backend go is many times faster with them: GOEXPERIMENT=simd, which make build sets")
	}
	fmt.Fprintf(&b, "plugins    searched for in %s\n", strings.Join(d.PluginDirs, ", "))
	for _, h := range d.Backends {
		fmt.Fprintf(&b, "%-10s %s: %s\n", h.Name, h.State, h.Detail)
	}
	fmt.Fprintf(&b, "%-10s takes %s: %s\n", d.Auto.Name, d.Auto.Device, d.Auto.Reason)
	for _, s := range d.Verifiers {
		fmt.Fprintf(&b, "verifier   %s: %s on task %s: %s\n", s.State, s.Verifier, s.Task, s.Detail)
	}
	b.WriteString(d.Sandbox.lines())
	for _, h := range d.Backends {
		if len(h.Remedy) > 0 {
			fmt.Fprintf(&b, "\nto get %s:\n  %s\n", h.Name, strings.Join(h.Remedy, "\n  "))
		}
	}
	if len(d.Sandbox.Remedy) > 0 {
		fmt.Fprintf(&b, "\nto get a sandbox:\n  %s\n", strings.Join(d.Sandbox.Remedy, "\n  "))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
