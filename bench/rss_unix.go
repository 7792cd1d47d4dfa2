//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// maxRSS is the greatest resident memory of a finished process, in bytes.
func maxRSS(s *os.ProcessState) int64 {
	u, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	n := int64(u.Maxrss) //nolint:unconvert // 32 bits wide on some systems
	if runtime.GOOS == "darwin" {
		return n
	}
	return n << 10 // kibibytes elsewhere
}
