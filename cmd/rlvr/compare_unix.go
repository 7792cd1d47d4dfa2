//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// apart puts a process out of the reach of the terminal's Ctrl-C. It is interrupted by
// us alone, once: twice would kill it.
func apart(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
