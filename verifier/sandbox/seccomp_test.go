//go:build linux

package sandbox

import (
	"encoding/binary"
	"maps"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// judge runs a filter on a system call, as the kernel does.
func judge(t *testing.T, code []instruction, arch, number uint32, args ...uint64) uint32 {
	t.Helper()
	data := binary.LittleEndian.AppendUint32(nil, number)
	data = binary.LittleEndian.AppendUint32(data, arch)
	data = append(data, make([]byte, 56)...)
	for i, a := range args {
		binary.LittleEndian.PutUint64(data[atArgument+8*i:], a)
	}
	var acc uint32
	for pc := 0; pc < len(code); pc++ {
		in := code[pc]
		jump := func(taken bool) {
			if taken {
				pc += int(in.JT)
			} else {
				pc += int(in.JF)
			}
		}
		switch in.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			acc = binary.LittleEndian.Uint32(data[in.K:])
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			jump(acc == in.K)
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			jump(acc >= in.K)
		case unix.BPF_JMP | unix.BPF_JA:
			pc += int(in.K)
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			acc &= in.K
		case unix.BPF_RET | unix.BPF_K:
			return in.K
		default:
			t.Fatalf("instruction %d: %+v", pc, in)
		}
	}
	t.Fatal("the filter has no end")
	return 0
}

// strictest is what the kernel makes of two filters.
func strictest(a, b uint32) uint32 {
	if int32(a) < int32(b) {
		return a
	}
	return b
}

const (
	refuse  = uint32(unix.SECCOMP_RET_ERRNO) | uint32(unix.EPERM)
	unknown = uint32(unix.SECCOMP_RET_ERRNO) | uint32(unix.ENOSYS)
)

// TestFilters compares every call, without arguments, with the tables, for programs
// of a fork server and for those with an interpreter of their own.
func TestFilters(t *testing.T) {
	server, program, exec := serverFilter(), programFilter(), execFilter()
	for name, code := range map[string][]instruction{"server": server, "program": program, "exec": exec} {
		if len(code) > 4096 {
			t.Errorf("%s: %d instructions, the kernel takes 4096", name, len(code))
		}
	}
	for n := range uint32(1024) {
		want := uint32(retKill)
		switch number := uintptr(n); {
		case slices.Contains(allowed, number), slices.Contains(allowedHere, number):
			want = retAllow
		case slices.Contains(refused, number), slices.Contains(refusedHere, number):
			want = refuse
		case servers[number] != nil:
			want = judge(t, servers[number], auditArch, n)
		case conditional[number] != nil:
			want = judge(t, conditional[number], auditArch, n)
		case n > lastKnown:
			want = unknown
		}
		if got := strictest(judge(t, server, auditArch, n), judge(t, program, auditArch, n)); got != want {
			t.Errorf("call %d: %#x, want %#x", n, got, want)
		}
		if n == unix.SYS_EXECVE {
			want = retAllow
		}
		if got := judge(t, exec, auditArch, n); got != want {
			t.Errorf("call %d with an interpreter of its own: %#x, want %#x", n, got, want)
		}
	}
}

// TestFilterArchitecture: calls of another kind end the program, whatever they are.
func TestFilterArchitecture(t *testing.T) {
	for _, code := range [][]instruction{serverFilter(), programFilter(), execFilter()} {
		for n := range uint32(500) {
			if got := judge(t, code, unix.AUDIT_ARCH_I386, n); got != retKill {
				t.Fatalf("i386 call %d: %#x", n, got)
			}
			if foreignBit != 0 {
				if got := judge(t, code, auditArch, foreignBit|n); got != retKill {
					t.Fatalf("x32 call %d: %#x", n, got)
				}
			}
		}
	}
}

// TestFilterArguments: what depends on arguments.
func TestFilterArguments(t *testing.T) {
	code := execFilter()
	const threads = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_THREAD | unix.CLONE_SYSVSEM
	high := uint64(1) << 32
	for _, c := range []struct {
		name   string
		number uint32
		args   []uint64
		want   uint32
	}{
		{"a thread", unix.SYS_CLONE, []uint64{threads}, retAllow},
		{"a process", unix.SYS_CLONE, []uint64{uint64(unix.SIGCHLD)}, refuse},
		{"a process that shares memory", unix.SYS_CLONE, []uint64{unix.CLONE_VM | unix.CLONE_VFORK | uint64(unix.SIGCHLD)}, refuse},
		{"a thread with a user namespace", unix.SYS_CLONE, []uint64{threads | unix.CLONE_NEWUSER}, refuse},
		{"a thread with a network namespace", unix.SYS_CLONE, []uint64{threads | unix.CLONE_NEWNET}, refuse},
		{"signal to itself", unix.SYS_KILL, []uint64{ownPID, 9}, retAllow},
		{"signal to all", unix.SYS_KILL, []uint64{^uint64(0), 9}, refuse},
		{"signal to process 1", unix.SYS_KILL, []uint64{1, 9}, refuse},
		{"signal to its group", unix.SYS_KILL, []uint64{0, 9}, refuse},
		{"signal to a thread of its own", unix.SYS_TGKILL, []uint64{ownPID, 5, 9}, retAllow},
		{"signal to a thread of another", unix.SYS_TGKILL, []uint64{1, 1, 9}, refuse},
		{"limits, read", unix.SYS_PRLIMIT64, []uint64{0, 7, 0, 4096}, retAllow},
		{"limits, set", unix.SYS_PRLIMIT64, []uint64{0, 7, 4096, 0}, refuse},
		{"limits, set at a high address", unix.SYS_PRLIMIT64, []uint64{0, 7, high, 0}, refuse},
		{"limits of another", unix.SYS_PRLIMIT64, []uint64{1, 7, 0, 4096}, refuse},
		{"name", unix.SYS_PRCTL, []uint64{unix.PR_SET_NAME}, retAllow},
		{"dumpable", unix.SYS_PRCTL, []uint64{unix.PR_SET_DUMPABLE, 1}, refuse},
		{"filter by prctl", unix.SYS_PRCTL, []uint64{unix.PR_SET_SECCOMP, 2}, refuse},
		{"duplicate", unix.SYS_FCNTL, []uint64{1, unix.F_DUPFD_CLOEXEC, 3}, retAllow},
		{"owner", unix.SYS_FCNTL, []uint64{1, unix.F_SETOWN, 1}, refuse},
		{"signal of a descriptor", unix.SYS_FCNTL, []uint64{1, unix.F_SETSIG, 9}, refuse},
		{"size of a pipe", unix.SYS_FCNTL, []uint64{1, unix.F_SETPIPE_SZ, 1 << 20}, refuse},
		{"typing", unix.SYS_IOCTL, []uint64{0, unix.TIOCSTI}, uint32(unix.SECCOMP_RET_ERRNO) | uint32(unix.ENOTTY)},
		{"a pair of sockets", unix.SYS_SOCKETPAIR, []uint64{unix.AF_UNIX, unix.SOCK_STREAM | unix.SOCK_CLOEXEC}, retAllow},
		{"a pair of datagram sockets", unix.SYS_SOCKETPAIR, []uint64{unix.AF_UNIX, unix.SOCK_DGRAM}, refuse},
		{"a pair of network sockets", unix.SYS_SOCKETPAIR, []uint64{unix.AF_INET, unix.SOCK_STREAM}, refuse},
	} {
		if got := judge(t, code, auditArch, c.number, c.args...); got != c.want {
			t.Errorf("%s: %#x, want %#x", c.name, got, c.want)
		}
		both := strictest(judge(t, serverFilter(), auditArch, c.number, c.args...), judge(t, programFilter(), auditArch, c.number, c.args...))
		if both != c.want {
			t.Errorf("%s, from the server: %#x, want %#x", c.name, both, c.want)
		}
	}
}

// TestTablesAreDisjoint: no call has two verdicts.
func TestTablesAreDisjoint(t *testing.T) {
	seen := map[uintptr]bool{}
	lists := [][]uintptr{allowed, allowedHere, refused, refusedHere, slices.Sorted(maps.Keys(servers)), slices.Sorted(maps.Keys(conditional))}
	for _, n := range slices.Concat(lists...) {
		if seen[n] || n > lastKnown {
			t.Errorf("call %d is in the tables twice, or newer than %d", n, lastKnown)
		}
		seen[n] = true
	}
}
