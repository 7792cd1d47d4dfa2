//go:build amd64 || arm64

package sandbox

import (
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// Users of a sandbox. Inside, programs are insideUser; outside, that is the user who
// runs the pool, or nobody where that is root. Root's files have to be reachable
// while the sandbox is built, so root's map has the host's users as well, far off.
const (
	insideUser = 1000
	nobody     = 65534
	hostUsers  = 100_000
)

// users are the maps of user and group ids.
func users(id int) []syscall.SysProcIDMap {
	if os.Geteuid() != 0 {
		return []syscall.SysProcIDMap{{ContainerID: insideUser, HostID: id, Size: 1}}
	}
	return []syscall.SysProcIDMap{
		{ContainerID: insideUser, HostID: nobody, Size: 1},
		{ContainerID: hostUsers, HostID: 0, Size: nobody},
	}
}

// attributes are those of the process that builds the sandbox.
func (b *blueprint) attributes() *syscall.SysProcAttr {
	if !b.walls.namespaces {
		a := &syscall.SysProcAttr{Setsid: true}
		if os.Geteuid() == 0 && !b.walls.unsafe {
			a.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
		}
		return a
	}
	a := &syscall.SysProcAttr{
		Setsid:      true,
		Cloneflags:  namespaceFlags,
		UidMappings: users(os.Geteuid()),
		GidMappings: users(os.Getegid()),
		AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_SETPCAP, unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH},
		Pdeathsig:   syscall.SIGKILL,
	}
	if os.Geteuid() == 0 {
		// Without it, exec drops the capabilities of the new namespace.
		a.Credential = &syscall.Credential{Uid: insideUser, Gid: insideUser}
		a.GidMappingsEnableSetgroups = true
	}
	return a
}

// setup is what the process is told. folder is that of the programs on the host,
// where they have no file system of their own.
func (b *blueprint) setup(folder string) *setup {
	s := &setup{
		Namespaces:   b.walls.namespaces,
		Unsafe:       b.walls.unsafe,
		Binds:        b.interpreter.files,
		Masks:        b.interpreter.masks,
		OnHost:       !b.walls.namespaces,
		Folder:       "/tmp",
		MountOptions: quotas(b.options),
		Command:      b.interpreter.command,
		Environment:  b.interpreter.environment,
	}
	w := b.walls
	if w.namespaces {
		w.readable, w.writable = []string{"/"}, s.Folder
	} else {
		s.Folder = folder
		w.readable = append(append([]string{folder}, b.interpreter.files...), devices...)
	}
	s.Path = filepath.Join(s.Folder, b.language.file)
	if b.warm {
		s.Server = b.language.server
		s.ServerSteps, s.ProgramSteps = serverSteps(b.options, w), programSteps(w)
	} else {
		s.ProgramSteps = execSteps(b.options, w)
	}
	return s
}
