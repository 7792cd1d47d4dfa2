//go:build amd64 || arm64

package sandbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// launch serves a language that has no fork server: each program starts an
// interpreter of its own. It speaks the protocol of the fork servers.
func launch(s *setup) error {
	// The setup is still there: a fork server would read it itself.
	if _, _, err := unix.Recvfrom(controlFD, make([]byte, 1), 0); err != nil {
		return err
	}
	prepared, err := prepare(s)
	if err != nil {
		return err
	}
	if err := unix.Send(controlFD, []byte("ready"), 0); err != nil {
		return err
	}
	for {
		if err := prepared.serve(s); err != nil {
			return err
		}
	}
}

// launchable is everything that a child needs, as the kernel wants it: between fork
// and exec there is no Go, no allocation and no other thread.
type launchable struct {
	calls       []prepared
	argv, envp  []*byte
	source      []byte
	path        *byte
	folder      *byte
	interpreter *byte
	pins        runtime.Pinner
}

// prepared is a step with addresses.
type prepared struct {
	number uintptr
	args   [6]uintptr
	last   [6]bool
	pids   []*uint32
}

func prepare(s *setup) (*launchable, error) {
	l := &launchable{}
	var err error
	argv := append(append([]string{}, s.Command...), s.Path)
	if l.argv, err = unixPointers(argv); err != nil {
		return nil, err
	}
	if l.envp, err = unixPointers(s.Environment); err != nil {
		return nil, err
	}
	l.interpreter = l.argv[0]
	if l.path, err = unix.BytePtrFromString(s.Path); err != nil {
		return nil, err
	}
	if l.folder, err = unix.BytePtrFromString(s.Folder); err != nil {
		return nil, err
	}
	for _, st := range s.ProgramSteps {
		l.calls = append(l.calls, l.prepare(st))
	}
	return l, nil
}

// unixPointers are the strings as C has them, and nil.
func unixPointers(list []string) ([]*byte, error) {
	var out []*byte
	for _, text := range list {
		p, err := unix.BytePtrFromString(text)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return append(out, nil), nil
}

// prepare pins the memory of a step.
func (l *launchable) prepare(st step) prepared {
	p := prepared{number: st.Number}
	for i, a := range st.Args {
		p.args[i], p.last[i] = uintptr(a.Value), a.Last
		if len(a.Memory) == 0 {
			continue
		}
		memory := unsafe.Pointer(&a.Memory[0])
		l.pins.Pin(&a.Memory[0])
		p.args[i] = uintptr(memory)
		if len(a.Inner) == 0 {
			continue
		}
		l.pins.Pin(&a.Inner[0])
		binary.LittleEndian.PutUint64(a.Memory[a.InnerAt:], uint64(uintptr(unsafe.Pointer(&a.Inner[0]))))
		for _, at := range a.PIDAt {
			p.pids = append(p.pids, (*uint32)(unsafe.Pointer(&a.Inner[at])))
		}
	}
	return p
}

// serve runs one program.
func (l *launchable) serve(s *setup) error {
	job, fds, err := nextJob(s)
	if err != nil {
		return err
	}
	l.source = make([]byte, job.size)
	if _, err := unix.Pread(fds[3], l.source, 0); err != nil {
		return err
	}
	pid, err := l.start(fds, job.cpu)
	for _, fd := range fds {
		unix.Close(fd)
	}
	if err != nil {
		return err
	}
	if err := watch(s, pid, job.number); err != nil {
		return err
	}
	var status unix.WaitStatus
	var usage unix.Rusage
	if _, err := unix.Wait4(pid, &status, 0, &usage); err != nil {
		return err
	}
	if s.Unsafe {
		_ = unix.Kill(-pid, unix.SIGKILL) // what it left behind, if anything
	}
	return finish(status, &usage, freshFiles(s))
}

// orders are what comes with the files of a program.
type orders struct{ number, size, cpu uint64 }

// nextJob waits for a program. It ends the process where there will be none.
func nextJob(s *setup) (orders, []int, error) {
	message, rights := make([]byte, 64), make([]byte, unix.CmsgSpace(4*4))
	for {
		n, nr, _, _, err := unix.Recvmsg(controlFD, message, rights, unix.MSG_CMSG_CLOEXEC)
		if err != nil {
			return orders{}, nil, err
		}
		if n == 0 {
			quit(s)
		}
		if nr == 0 {
			continue // an order that came too late: its program had ended
		}
		control, err := unix.ParseSocketControlMessage(rights[:nr])
		if err != nil || len(control) != 1 || n != 24 {
			return orders{}, nil, fmt.Errorf("a job of %d bytes: %w", n, err)
		}
		fds, err := unix.ParseUnixRights(&control[0])
		if err != nil || len(fds) != 4 {
			return orders{}, nil, fmt.Errorf("a job with %d files: %w", len(fds), err)
		}
		word := func(i int) uint64 { return binary.LittleEndian.Uint64(message[8*i:]) }
		return orders{number: word(0), size: word(1), cpu: word(2)}, fds, nil
	}
}

// quit ends with the pool, and leaves nothing behind.
func quit(s *setup) {
	removeFolder(s)
	os.Exit(0)
}

// watch waits for the program; an order with its number ends it.
func watch(s *setup, pid int, job uint64) error {
	handle, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return err
	}
	defer unix.Close(handle)
	polled := []unix.PollFd{{Fd: int32(handle), Events: unix.POLLIN}, {Fd: controlFD, Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(polled, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		if polled[0].Revents != 0 {
			return nil
		}
		if polled[1].Revents == 0 {
			continue
		}
		order := make([]byte, 64)
		n, _, err := unix.Recvfrom(controlFD, order, 0)
		if err != nil || n == 0 {
			_ = unix.Kill(pid, unix.SIGKILL) // it may have ended
			quit(s)
		}
		if binary.LittleEndian.Uint64(order) == job {
			_ = unix.Kill(pid, unix.SIGKILL) // it may have ended
		}
	}
}

// finish reports how the program ended, and whether there may be another.
func finish(status unix.WaitStatus, usage *unix.Rusage, reusable bool) error {
	kind := "R"
	if !reusable {
		kind = "L" // the last
	}
	reply := binary.LittleEndian.AppendUint64([]byte(kind), uint64(status))
	reply = binary.LittleEndian.AppendUint64(reply, uint64(usage.Utime.Nano()/1000))
	return unix.Send(controlFD, binary.LittleEndian.AppendUint64(reply, uint64(usage.Stime.Nano()/1000)), 0)
}

// freshFiles gives the next program an empty folder. Programs can make one that
// cannot be emptied; then this sandbox is of no more use.
func freshFiles(s *setup) bool {
	entries, err := os.ReadDir(s.Folder)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(s.Folder, e.Name())))
	}
	return errors.Join(err, os.Chmod(s.Folder, 0o700)) == nil
}

// start forks a child that becomes the program.
func (l *launchable) start(fds []int, cpu uint64) (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	all := ^uint64(0)
	var old uint64
	// No handler of the Go runtime may run in the child.
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&old)), 8, 0, 0)
	pid, errno := l.fork(fds, cpu)
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&old)), 0, 8, 0, 0)
	if errno != 0 {
		return 0, fmt.Errorf("fork: %w", errno)
	}
	return int(pid), nil
}

// fork is the child's whole life as Go code: system calls, nothing else. It and what
// it calls must not split the stack: a thread that is to be preempted would enter the
// scheduler there, which in the child waits for threads that do not exist.
//
//go:noinline
//go:norace
//go:nosplit
func (l *launchable) fork(fds []int, cpu uint64) (uintptr, syscall.Errno) {
	pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 || pid != 0 {
		return pid, errno
	}
	l.become(fds, cpu)
	for {
		_, _, _ = syscall.RawSyscall(unix.SYS_EXIT_GROUP, setupFailed, 0, 0)
	}
}

// setupFailed is the exit status of a child that did not become a program; it has
// told the pool why.
const setupFailed = 125

// become turns the child into the program; it returns where that fails.
//
//go:norace
//go:nosplit
func (l *launchable) become(fds []int, cpu uint64) {
	for i := range uintptr(3) {
		if _, _, errno := syscall.RawSyscall(unix.SYS_DUP3, uintptr(fds[i]), i, 0); errno != 0 {
			fail(errno)
			return
		}
	}
	_, _, _ = syscall.RawSyscall(unix.SYS_SETSID, 0, 0, 0)
	limits := [2]uint64{cpu, cpu + 1} // a signal, then the end
	_, _, _ = syscall.RawSyscall6(unix.SYS_PRLIMIT64, 0, unix.RLIMIT_CPU, uintptr(unsafe.Pointer(&limits)), 0, 0, 0)
	if !l.write() {
		return
	}
	last := uintptr(0)
	for i := range l.calls {
		c := &l.calls[i]
		if len(c.pids) > 0 {
			self, _, _ := syscall.RawSyscall(unix.SYS_GETPID, 0, 0, 0)
			for _, at := range c.pids {
				*at = uint32(self)
			}
		}
		args := c.args
		for k := range args {
			if c.last[k] {
				args[k] = last
			}
		}
		var errno syscall.Errno
		if last, _, errno = syscall.RawSyscall6(c.number, args[0], args[1], args[2], args[3], args[4], args[5]); errno != 0 {
			fail(errno)
			return
		}
	}
	var none uint64 // signals are not blocked in programs
	_, _, _ = syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&none)), 0, 8, 0, 0)
	_, _, _ = syscall.RawSyscall(unix.SYS_CLOSE_RANGE, controlFD+1, uintptr(^uint32(0)), 0)
	_, _, _ = syscall.RawSyscall(unix.SYS_FCNTL, controlFD, unix.F_SETFD, unix.FD_CLOEXEC)
	_, _, errno := syscall.RawSyscall(unix.SYS_EXECVE, uintptr(unsafe.Pointer(l.interpreter)),
		uintptr(unsafe.Pointer(&l.argv[0])), uintptr(unsafe.Pointer(&l.envp[0])))
	fail(errno)
}

// write puts the source into the program's folder and goes there.
//
//go:norace
//go:nosplit
func (l *launchable) write() bool {
	here := int64(unix.AT_FDCWD)
	if _, _, errno := syscall.RawSyscall(unix.SYS_CHDIR, uintptr(unsafe.Pointer(l.folder)), 0, 0); errno != 0 {
		fail(errno)
		return false
	}
	fd, _, errno := syscall.RawSyscall6(unix.SYS_OPENAT, uintptr(here), uintptr(unsafe.Pointer(l.path)),
		unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o644, 0, 0)
	if errno != 0 {
		fail(errno)
		return false
	}
	for rest := l.source; len(rest) > 0; {
		n, _, errno := syscall.RawSyscall(unix.SYS_WRITE, fd, uintptr(unsafe.Pointer(&rest[0])), uintptr(len(rest)))
		if errno != 0 {
			fail(errno)
			return false
		}
		rest = rest[n:]
	}
	return true
}

// fail tells the pool the number of the error.
//
//go:norace
//go:nosplit
func fail(errno syscall.Errno) {
	message := [5]byte{'N', byte(errno), byte(errno >> 8)}
	_, _, _ = syscall.RawSyscall6(unix.SYS_SENDTO, controlFD, uintptr(unsafe.Pointer(&message)), uintptr(len(message)), 0, 0, 0)
}
