//go:build amd64 || arm64

package sandbox

import (
	"maps"
	"slices"

	"golang.org/x/sys/unix"
)

// The filter of system calls. What programs need is allowed, what they try without
// harm is refused with an error that they can handle, and everything else ends
// them: no honest program reaches for it.
//
// A fork server needs some calls more than its programs. It gets the filter of
// [serverFilter]; each program inherits that and adds [programFilter], which takes
// those calls away. The second one is small because it is compiled for every
// program, and two filters allow only what both allow.

// lastKnown is the newest call that the tables below decide about. Newer ones do not
// exist, as far as programs can tell: C libraries then fall back.
const lastKnown = 462

// allowed are the calls that every program may make, whatever the arguments, and
// that exist on both architectures.
var allowed = []uintptr{
	// files, within what the mounts show
	unix.SYS_READ, unix.SYS_WRITE, unix.SYS_READV, unix.SYS_WRITEV, unix.SYS_PREAD64, unix.SYS_PWRITE64, unix.SYS_PREADV,
	unix.SYS_PWRITEV, unix.SYS_PREADV2, unix.SYS_PWRITEV2, unix.SYS_OPENAT, unix.SYS_CLOSE, unix.SYS_CLOSE_RANGE,
	unix.SYS_FSTAT, unix.SYS_STATX, unix.SYS_LSEEK, unix.SYS_FACCESSAT, unix.SYS_FACCESSAT2, unix.SYS_PIPE2, unix.SYS_DUP,
	unix.SYS_DUP3, unix.SYS_FLOCK, unix.SYS_FSYNC, unix.SYS_FDATASYNC, unix.SYS_TRUNCATE, unix.SYS_FTRUNCATE,
	unix.SYS_FALLOCATE, unix.SYS_FADVISE64, unix.SYS_GETDENTS64, unix.SYS_GETCWD, unix.SYS_CHDIR, unix.SYS_FCHDIR,
	unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_MKDIRAT, unix.SYS_LINKAT, unix.SYS_UNLINKAT, unix.SYS_SYMLINKAT,
	unix.SYS_READLINKAT, unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_UMASK, unix.SYS_UTIMENSAT, unix.SYS_STATFS,
	unix.SYS_FSTATFS, unix.SYS_SENDFILE, unix.SYS_COPY_FILE_RANGE, unix.SYS_GETXATTR, unix.SYS_LGETXATTR,
	unix.SYS_FGETXATTR, unix.SYS_LISTXATTR, unix.SYS_LLISTXATTR, unix.SYS_FLISTXATTR,
	// memory
	unix.SYS_MMAP, unix.SYS_MPROTECT, unix.SYS_MUNMAP, unix.SYS_BRK, unix.SYS_MREMAP, unix.SYS_MADVISE, unix.SYS_MSYNC,
	unix.SYS_MINCORE, unix.SYS_MEMBARRIER,
	// signals to itself, timers
	unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_RT_SIGPENDING,
	unix.SYS_RT_SIGSUSPEND, unix.SYS_RT_SIGTIMEDWAIT, unix.SYS_SIGALTSTACK, unix.SYS_SIGNALFD4, unix.SYS_NANOSLEEP,
	unix.SYS_CLOCK_NANOSLEEP, unix.SYS_CLOCK_GETTIME, unix.SYS_CLOCK_GETRES, unix.SYS_GETTIMEOFDAY, unix.SYS_TIMES,
	unix.SYS_GETITIMER, unix.SYS_SETITIMER, unix.SYS_TIMER_CREATE, unix.SYS_TIMER_SETTIME, unix.SYS_TIMER_GETTIME,
	unix.SYS_TIMER_GETOVERRUN, unix.SYS_TIMER_DELETE, unix.SYS_TIMERFD_CREATE, unix.SYS_TIMERFD_SETTIME,
	unix.SYS_TIMERFD_GETTIME, unix.SYS_RESTART_SYSCALL,
	// who am I
	unix.SYS_GETPID, unix.SYS_GETPPID, unix.SYS_GETTID, unix.SYS_GETUID, unix.SYS_GETEUID, unix.SYS_GETGID,
	unix.SYS_GETEGID, unix.SYS_GETRESUID, unix.SYS_GETRESGID, unix.SYS_GETGROUPS, unix.SYS_GETPGID, unix.SYS_GETSID,
	unix.SYS_UNAME, unix.SYS_GETRUSAGE, unix.SYS_GETRLIMIT, unix.SYS_SYSINFO, unix.SYS_GETCPU, unix.SYS_GETRANDOM,
	unix.SYS_SCHED_GETAFFINITY, unix.SYS_SCHED_GETPARAM, unix.SYS_SCHED_GETSCHEDULER,
	unix.SYS_SCHED_GET_PRIORITY_MAX, unix.SYS_SCHED_GET_PRIORITY_MIN, unix.SYS_GETPRIORITY, unix.SYS_CAPGET,
	// threads, waiting, the end
	unix.SYS_FUTEX, unix.SYS_SET_ROBUST_LIST, unix.SYS_SET_TID_ADDRESS, unix.SYS_RSEQ, unix.SYS_SCHED_YIELD,
	unix.SYS_PPOLL, unix.SYS_PSELECT6, unix.SYS_EPOLL_CREATE1, unix.SYS_EPOLL_CTL, unix.SYS_EPOLL_PWAIT,
	unix.SYS_EPOLL_PWAIT2, unix.SYS_EVENTFD2, unix.SYS_WAIT4, unix.SYS_WAITID, unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
	// a pair of sockets that is connected to nothing else: event loops wake themselves with it
	unix.SYS_SENDTO, unix.SYS_RECVFROM, unix.SYS_GETSOCKOPT, unix.SYS_SETSOCKOPT, unix.SYS_GETSOCKNAME,
	unix.SYS_GETPEERNAME, unix.SYS_SHUTDOWN,
}

// refused are the calls that fail with EPERM: libraries try them and go on.
var refused = []uintptr{
	unix.SYS_SOCKET, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4,
	unix.SYS_SENDMSG, unix.SYS_SENDMMSG, unix.SYS_RECVMMSG,
	unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_MEMFD_CREATE, unix.SYS_MEMFD_SECRET,
	unix.SYS_TKILL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO,
	unix.SYS_SETUID, unix.SYS_SETGID, unix.SYS_SETREUID, unix.SYS_SETREGID, unix.SYS_SETRESUID, unix.SYS_SETRESGID,
	unix.SYS_SETGROUPS, unix.SYS_SETFSUID, unix.SYS_SETFSGID, unix.SYS_SETPGID,
	unix.SYS_FCHOWN, unix.SYS_FCHOWNAT, unix.SYS_MKNODAT, unix.SYS_SETXATTR, unix.SYS_LSETXATTR, unix.SYS_FSETXATTR,
	unix.SYS_REMOVEXATTR, unix.SYS_LREMOVEXATTR, unix.SYS_FREMOVEXATTR,
	unix.SYS_SETRLIMIT, unix.SYS_SETPRIORITY, unix.SYS_SCHED_SETAFFINITY, unix.SYS_SCHED_SETPARAM,
	unix.SYS_SCHED_SETSCHEDULER, unix.SYS_SCHED_SETATTR, unix.SYS_SCHED_GETATTR, unix.SYS_IOPRIO_GET, unix.SYS_IOPRIO_SET,
	unix.SYS_MLOCK, unix.SYS_MLOCK2, unix.SYS_MLOCKALL, unix.SYS_MUNLOCK, unix.SYS_MUNLOCKALL,
	unix.SYS_MBIND, unix.SYS_GET_MEMPOLICY, unix.SYS_SET_MEMPOLICY,
	unix.SYS_SYNC, unix.SYS_SYNCFS, unix.SYS_SYNC_FILE_RANGE, unix.SYS_READAHEAD, unix.SYS_SPLICE, unix.SYS_TEE, unix.SYS_VMSPLICE,
	unix.SYS_INOTIFY_INIT1, unix.SYS_INOTIFY_ADD_WATCH, unix.SYS_INOTIFY_RM_WATCH,
	unix.SYS_SHMGET, unix.SYS_SHMAT, unix.SYS_SHMDT, unix.SYS_SHMCTL, unix.SYS_SEMGET, unix.SYS_SEMOP, unix.SYS_SEMCTL,
	unix.SYS_SEMTIMEDOP, unix.SYS_MSGGET, unix.SYS_MSGSND, unix.SYS_MSGRCV, unix.SYS_MSGCTL, unix.SYS_MQ_OPEN,
	unix.SYS_MQ_UNLINK, unix.SYS_PERSONALITY, unix.SYS_CHROOT, unix.SYS_UNSHARE, unix.SYS_SETHOSTNAME, unix.SYS_CAPSET,
	unix.SYS_CLOCK_SETTIME, unix.SYS_SETTIMEOFDAY, unix.SYS_ADJTIMEX, unix.SYS_CLOCK_ADJTIME,
	unix.SYS_OPENAT2, unix.SYS_LANDLOCK_CREATE_RULESET, unix.SYS_LANDLOCK_ADD_RULE,
}

// servers are what a fork server may do besides, and what becomes of each call in a
// program.
var servers = map[uintptr][]instruction{
	unix.SYS_RECVMSG:                {ret(retErrno(unix.EPERM))},
	unix.SYS_SETSID:                 {ret(retErrno(unix.EPERM))},
	unix.SYS_SECCOMP:                {ret(retKill)},
	unix.SYS_PIDFD_OPEN:             {ret(retKill)},
	unix.SYS_LANDLOCK_RESTRICT_SELF: {ret(retErrno(unix.EPERM))},
	// A thread, but no process: the limits of one process then bound everything.
	unix.SYS_CLONE: {
		argLow(0), and(unix.CLONE_THREAD | namespaceFlags), ifEqual(unix.CLONE_THREAD), ret(retAllow),
		ret(retErrno(unix.EPERM)),
	},
	// Signals to itself. The constant is replaced by the process's id.
	unix.SYS_KILL:   {argLow(0), ifEqual(ownPID), ret(retAllow), ret(retErrno(unix.EPERM))},
	unix.SYS_TGKILL: {argLow(0), ifEqual(ownPID), ret(retAllow), ret(retErrno(unix.EPERM))},
	// Its own limits, to read: process 0, and no new limit.
	unix.SYS_PRLIMIT64: {
		argLow(0), ifEqual(0), jump(1), ret(retErrno(unix.EPERM)),
		argLow(2), ifEqual(0), jump(1), ret(retErrno(unix.EPERM)),
		argHigh(2), ifEqual(0), ret(retAllow), ret(retErrno(unix.EPERM)),
	},
	// Names of threads and of memory.
	unix.SYS_PRCTL: {
		argLow(0), ifEqual(unix.PR_SET_NAME), ret(retAllow), ifEqual(unix.PR_GET_NAME), ret(retAllow),
		ifEqual(unix.PR_SET_VMA), ret(retAllow), ret(retErrno(unix.EPERM)),
	},
}

// ownPID stands for the process's id until the filter is installed; no system call
// has it as an argument for another reason.
const ownPID = 0x0b0e_51d0

// jump skips n instructions.
func jump(n uint32) instruction { return instruction{Code: unix.BPF_JMP | unix.BPF_JA, K: n} }

// Requests of ioctl about descriptors (asm-generic/ioctls.h).
const (
	fionbio  = 0x5421
	fionclex = 0x5450
	fioclex  = 0x5451
)

// namespaceFlags are the flags of clone that make namespaces.
const namespaceFlags = unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWUSER |
	unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWCGROUP

// conditional are the calls that both may make with some arguments only.
var conditional = map[uintptr][]instruction{
	unix.SYS_CLONE3:         {ret(retErrno(unix.ENOSYS))}, // its flags are out of a filter's sight; libraries fall back to clone
	unix.SYS_IO_URING_SETUP: {ret(retErrno(unix.ENOSYS))},
	// No owner for signals (it could be another process), no larger pipes, no seals.
	unix.SYS_FCNTL: either(1, retErrno(unix.EPERM), unix.F_DUPFD, unix.F_GETFD, unix.F_SETFD, unix.F_GETFL, unix.F_SETFL,
		unix.F_GETLK, unix.F_SETLK, unix.F_SETLKW, unix.F_OFD_GETLK, unix.F_OFD_SETLK, unix.F_OFD_SETLKW,
		unix.F_DUPFD_CLOEXEC, unix.F_GETPIPE_SZ),
	unix.SYS_IOCTL: either(1, retErrno(unix.ENOTTY), unix.TCGETS, unix.TIOCGWINSZ, unix.TIOCINQ, fionbio, fioclex,
		fionclex),
	unix.SYS_SOCKETPAIR: {
		argLow(0), ifEqual(unix.AF_UNIX), jump(1), ret(retErrno(unix.EPERM)),
		argLow(1), and(0xf), ifEqual(unix.SOCK_STREAM), ret(retAllow), ret(retErrno(unix.EPERM)),
	},
}

// either allows some values of an argument's lower half.
func either(arg uint32, otherwise uint32, values ...uint32) []instruction {
	code := []instruction{argLow(arg)}
	for _, v := range values {
		code = append(code, ifEqual(v), ret(retAllow))
	}
	return append(code, ret(otherwise))
}

// filter is a whole filter: what calls holds, and for all others otherwise, both
// for calls of this architecture; calls of another end the process.
func filter(calls map[uintptr][]instruction, otherwise, newer uint32) []instruction {
	spans := []span{{0, []instruction{ret(otherwise)}}}
	for _, number := range slices.Sorted(maps.Keys(calls)) {
		n := uint32(number)
		if last := &spans[len(spans)-1]; last.first == n {
			last.code = calls[number]
		} else {
			spans = append(spans, span{n, calls[number]})
		}
		spans = append(spans, span{n + 1, []instruction{ret(otherwise)}})
	}
	spans = append(spans, span{max(lastKnown+1, spans[len(spans)-1].first), []instruction{ret(newer)}})
	out := []instruction{load(atArch), ifEqual(auditArch), jump(1), ret(retKill), load(atNumber)}
	if foreignBit != 0 { // the x32 calls of amd64 come with this bit set
		out = append(out, instruction{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, JF: 1, K: foreignBit}, ret(retKill))
	}
	return append(out, search(merge(spans))...)
}

// merge joins neighbours with the same code.
func merge(spans []span) []span {
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && out[n-1].first == s.first {
			out[n-1] = s
		} else if n == 0 || !slices.Equal(out[n-1].code, s.code) {
			out = append(out, s)
		}
	}
	return out
}

// common is what fork servers and programs have in common.
func common() map[uintptr][]instruction {
	calls := map[uintptr][]instruction{}
	for _, n := range append(allowed, allowedHere...) {
		calls[n] = []instruction{ret(retAllow)}
	}
	for _, n := range append(refused, refusedHere...) {
		calls[n] = []instruction{ret(retErrno(unix.EPERM))}
	}
	maps.Copy(calls, conditional)
	return calls
}

// serverFilter is the filter of a fork server, which its programs inherit.
func serverFilter() []instruction {
	calls := common()
	for n := range servers {
		calls[n] = []instruction{ret(retAllow)}
	}
	return filter(calls, retKill, retErrno(unix.ENOSYS))
}

// programFilter is what a program of a fork server adds to it.
func programFilter() []instruction { return filter(servers, retAllow, retAllow) }

// execFilter is the one filter of a program that starts an interpreter of its own:
// as strict as the two others together, but for execve. What it could execute is in
// the mounts: the interpreter.
func execFilter() []instruction {
	calls := common()
	maps.Copy(calls, servers)
	calls[unix.SYS_EXECVE] = []instruction{ret(retAllow)}
	return filter(calls, retKill, retErrno(unix.ENOSYS))
}

// ownPIDs are the instructions of a filter that hold the process's id.
func ownPIDs(code []instruction) []int {
	var at []int
	for i, in := range code {
		if in.K == ownPID {
			at = append(at, i)
		}
	}
	return at
}
