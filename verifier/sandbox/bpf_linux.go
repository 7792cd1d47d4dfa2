//go:build amd64 || arm64

package sandbox

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// instruction is one of classic BPF (struct sock_filter).
type instruction struct {
	Code   uint16
	JT, JF uint8
	K      uint32
}

// Where a filter finds things (struct seccomp_data).
const (
	atNumber   = 0
	atArch     = 4
	atArgument = 16 // 8 bytes each; both architectures are little-endian
)

// The verdicts of a filter.
const (
	retAllow = unix.SECCOMP_RET_ALLOW
	retKill  = unix.SECCOMP_RET_KILL_PROCESS
)

// retErrno makes the call fail.
func retErrno(e unix.Errno) uint32 { return unix.SECCOMP_RET_ERRNO | uint32(e) }

func load(offset uint32) instruction {
	return instruction{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

// argLow and argHigh are the halves of an argument.
func argLow(i uint32) instruction  { return load(atArgument + 8*i) }
func argHigh(i uint32) instruction { return load(atArgument + 8*i + 4) }

func ret(verdict uint32) instruction {
	return instruction{Code: unix.BPF_RET | unix.BPF_K, K: verdict}
}

// ifEqual goes on with the next instruction where the accumulator is k, and skips
// it otherwise.
func ifEqual(k uint32) instruction {
	return instruction{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, JF: 1, K: k}
}

func and(mask uint32) instruction {
	return instruction{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: mask}
}

// search finds the code of a system call by bisection. codes are sorted by first:
// each holds from there to the next.
func search(codes []span) []instruction {
	if len(codes) == 1 {
		return codes[0].code
	}
	middle := len(codes) / 2
	low, high := search(codes[:middle]), search(codes[middle:])
	out := []instruction{
		{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, JF: 1, K: codes[middle].first},
		{Code: unix.BPF_JMP | unix.BPF_JA, K: uint32(len(low))},
	}
	return append(append(out, low...), high...)
}

// span is the code for the system calls from first on; it ends in a verdict.
type span struct {
	first uint32
	code  []instruction
}

// bytes are the instructions as the kernel reads them.
func encode(code []instruction) []byte {
	var b bytes.Buffer
	for _, i := range code {
		_ = binary.Write(&b, binary.LittleEndian, i) // a buffer takes everything
	}
	return b.Bytes()
}

// install is the step that puts a filter on the process. pidAt are the numbers of
// the instructions whose constant is the process's own id.
func install(name string, code []instruction, pidAt []int) step {
	program := make([]byte, 16) // struct sock_fprog: a length, padding, an address
	binary.LittleEndian.PutUint16(program, uint16(len(code)))
	filter := argument{Memory: program, Inner: encode(code), InnerAt: 8}
	for _, i := range pidAt {
		filter.PIDAt = append(filter.PIDAt, 8*i+4)
	}
	s := call(name, unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0)
	s.Args = append(s.Args, filter)
	return s
}
