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
	if runtime.GOOS == "darwin" {
		return int64(u.Maxrss)
	}
	return int64(u.Maxrss) << 10 // kibibytes elsewhere
}
