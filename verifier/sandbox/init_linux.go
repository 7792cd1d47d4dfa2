//go:build amd64 || arm64

package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// initName is the first argument of a process that is a sandbox to be.
const initName = "rlvr-sandbox"

// controlFD is where a sandbox gets its orders: a socket of messages.
const controlFD = 3

// setup is what a sandbox is told first.
type setup struct {
	// Namespaces says that the process has its own, and has to furnish them.
	Namespaces bool `json:"namespaces"`
	// Unsafe says that nothing keeps programs in.
	Unsafe bool `json:"unsafe"`
	// Binds are the paths of the host that are shown, read-only.
	Binds []string `json:"binds"`
	// Masks are files within them that are shown empty.
	Masks []string `json:"masks"`
	// Folder is that of programs, and Path that of the source in it. OnHost says that
	// the folder is one of the host's.
	OnHost bool   `json:"on_host"`
	Folder string `json:"folder"`
	Path   string `json:"path"`
	// MountOptions are those of the folder's file system: its quotas.
	MountOptions string `json:"mount_options"`
	// Server is the source of the fork server; "" where each program starts its own
	// interpreter. Command starts the interpreter.
	Server      string   `json:"server"`
	Command     []string `json:"command"`
	Environment []string `json:"environment"`
	// ServerSteps and ProgramSteps are what both give up.
	ServerSteps  []step `json:"server_steps"`
	ProgramSteps []step `json:"program_steps"`
}

// mainCalled is whether a process that this one starts would know what to do.
var mainCalled atomic.Bool

// serverPath is where a sandbox has its fork server.
const serverPath = "/.server"

// Main is the first thing that main and TestMain call: where this process is a
// sandbox that a pool started, it does its work and never returns.
func Main() {
	mainCalled.Store(true)
	if len(os.Args) != 1 || os.Args[0] != initName {
		return
	}
	// Privileges belong to threads: whatever is given up here must be given up by
	// the thread that becomes the interpreter.
	runtime.LockOSThread()
	var s setup
	err := begin(&s)
	_ = unix.Send(controlFD, []byte("E"+err.Error()), 0) // nobody else to tell
	removeFolder(&s)
	os.Exit(1)
}

// removeFolder leaves nothing behind where programs have a folder of the host.
func removeFolder(s *setup) {
	if s.OnHost {
		_ = os.RemoveAll(s.Folder) // nobody to tell
	}
}

// begin builds the sandbox and becomes its server. It returns only with an error.
func begin(s *setup) error {
	unix.Umask(0o022)
	raw, err := receive()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, s); err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	if s.Namespaces {
		if err := furnish(s); err != nil {
			return err
		}
		if err := noCapabilities(); err != nil {
			return fmt.Errorf("capabilities: %w", err)
		}
	}
	if s.OnHost {
		if err := os.Mkdir(s.Folder, 0o700); err != nil {
			return err
		}
	}
	if s.Server == "" {
		return launch(s)
	}
	script := serverPath
	if !s.Namespaces {
		script = s.Folder + serverPath
		if err := os.WriteFile(script, []byte(s.Server), 0o400); err != nil {
			return err
		}
	}
	argv := append(append([]string{}, s.Command...), script)
	if _, err := unix.FcntlInt(controlFD, unix.F_SETFD, 0); err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", argv[0], unix.Exec(argv[0], argv, s.Environment))
}

// receive reads the first message without taking it: the fork server reads it again.
func receive() ([]byte, error) {
	n, _, err := unix.Recvfrom(controlFD, nil, unix.MSG_PEEK|unix.MSG_TRUNC)
	if err != nil {
		return nil, fmt.Errorf("orders: %w", err)
	}
	raw := make([]byte, n)
	if _, _, err := unix.Recvfrom(controlFD, raw, unix.MSG_PEEK); err != nil {
		return nil, fmt.Errorf("orders: %w", err)
	}
	return raw, nil
}

// noCapabilities drops those that the sandbox was built with, for good.
func noCapabilities() error {
	for c := uintptr(0); ; c++ {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil {
			break // past the last one
		}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData // takes the ambient ones along
	if err := unix.Capset(&header, &none[0]); err != nil {
		return err
	}
	// Changed credentials clear the death signal.
	return unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0)
}

// quotas are the options of a program's folder.
func quotas(o *Options) string {
	return fmt.Sprintf("size=%dm,nr_inodes=%d,mode=0700", o.FilesMB, mostInodes)
}

// mostInodes bounds the files of a program.
const mostInodes = 4096

// within reports whether path is in one of the folders.
func within(path string, folders []string) bool {
	for _, f := range folders {
		if path == f || strings.HasPrefix(path, strings.TrimSuffix(f, "/")+"/") {
			return true
		}
	}
	return false
}
