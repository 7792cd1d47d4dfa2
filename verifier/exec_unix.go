//go:build unix

package verifier

import (
	"os/exec"
	"syscall"
)

// ownGroup makes a command the leader of a process group, so that what it starts ends
// with it, and a Ctrl-C at the terminal does not: the run finishes its step first.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends a started command and its group.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
