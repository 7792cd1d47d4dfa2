//go:build amd64 || arm64

package sandbox

import (
	"encoding/binary"
	"math"

	"golang.org/x/sys/unix"
)

// Limits of a program that no option changes.
const (
	mostFiles   = 64       // open at a time
	mostThreads = 64       // of the sandbox's user, the server's included
	stackBytes  = 64 << 20 // deep recursion is honest work
	mostSignals = 256      // queued, which also bounds timers
)

// limit is the step that sets a resource limit, soft and hard.
func limit(name string, resource uint64, value uint64) step {
	pair := binary.LittleEndian.AppendUint64(nil, value)
	s := call("limit of "+name, unix.SYS_PRLIMIT64, 0, resource)
	s.Args = append(s.Args, argument{Memory: binary.LittleEndian.AppendUint64(pair, value)}, argument{})
	return s
}

// limits are those of a program, which a fork server has as well, so that programs
// inherit them. That of processor time comes with each job.
func limits(o *Options, w walls) []step {
	steps := []step{
		limit("core", unix.RLIMIT_CORE, 0),
		limit("file size", unix.RLIMIT_FSIZE, uint64(o.FilesMB)<<20),
		limit("locked memory", unix.RLIMIT_MEMLOCK, 0),
		limit("message queues", unix.RLIMIT_MSGQUEUE, 0),
		limit("signals", unix.RLIMIT_SIGPENDING, mostSignals),
		limit("open files", unix.RLIMIT_NOFILE, mostFiles),
		limit("memory", unix.RLIMIT_AS, uint64(o.MemoryMB)<<20),
	}
	if w.namespaces { // elsewhere it counts all that the user runs, and memory bounds threads
		steps = append(steps, limit("threads", unix.RLIMIT_NPROC, mostThreads))
	}
	return steps
}

// noNewPrivileges keeps set-user-id files from giving any; filters demand it.
func noNewPrivileges() step {
	return call("no new privileges", unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}

// dieWithServer ends a program whose server is gone. In a process namespace the kernel
// does that anyway.
func dieWithServer() step {
	return call("death signal", unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uint64(unix.SIGKILL), 0, 0, 0)
}

// secrecy hides the memory of a process from others of the same user.
func secrecy() step { return call("dumpable", unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }

// serverSteps are what a fork server gives up before it says that it is ready, and
// its programs with it. Without a file system of its own it has to write where its
// programs may not: there Landlock is for them alone.
func serverSteps(o *Options, w walls) []step {
	if w.unsafe {
		return limits(o, w)
	}
	steps := append(landlockRuleset(w), limits(o, w)...)
	steps = append(steps, secrecy(), noNewPrivileges())
	if w.namespaces {
		steps = append(steps, landlockRestrict(w)...)
	}
	return append(steps, install("server's system calls", serverFilter(), nil))
}

// programSteps are what a program of a fork server gives up besides. There are few,
// as each program takes them.
func programSteps(w walls) []step {
	var steps []step
	if !w.namespaces {
		steps = append(steps, dieWithServer())
	}
	if w.unsafe {
		return steps
	}
	if !w.namespaces {
		steps = append(steps, landlockRestrict(w)...)
	}
	code := programFilter()
	return append(steps, install("program's system calls", code, ownPIDs(code)))
}

// execSteps are what a program gives up that starts its own interpreter.
func execSteps(o *Options, w walls) []step {
	if w.unsafe {
		return append(limits(o, w), dieWithServer())
	}
	code := execFilter()
	steps := append(landlockRuleset(w), limits(o, w)...)
	steps = append(append(steps, dieWithServer(), secrecy(), noNewPrivileges()), landlockRestrict(w)...)
	return append(steps, install("system calls", code, ownPIDs(code)))
}

// wholeSeconds is a limit of processor time as the kernel counts it. The rest is
// checked afterwards.
func wholeSeconds(seconds float64) uint64 { return uint64(math.Ceil(seconds)) }
