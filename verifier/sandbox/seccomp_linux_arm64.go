package sandbox

import "golang.org/x/sys/unix"

const (
	auditArch  = unix.AUDIT_ARCH_AARCH64
	foreignBit = 0
)

// allowedHere and refusedHere are the calls that only this architecture has under
// these names.
var (
	allowedHere = []uintptr{unix.SYS_FSTATAT}
	refusedHere = []uintptr{}
)
