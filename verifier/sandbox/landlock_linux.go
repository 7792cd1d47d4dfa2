//go:build amd64 || arm64

package sandbox

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// walls are what a sandbox is built of.
type walls struct {
	// unsafe is no isolation at all.
	unsafe bool
	// namespaces are there, with mounts of their own.
	namespaces bool
	// landlock is the version of the kernel's Landlock; 0 is none.
	landlock int
	// readable are the folders and files that Landlock lets programs read; writable
	// is the one that they may change, if any.
	readable []string
	writable string
}

// landlockVersion asks the kernel; 0 where it has none or it is switched off.
func landlockVersion() int {
	v, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(v)
}

// The rights of files by the version of Landlock that brought them.
const (
	landlockRead  = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	landlockFirst = 1<<13 - 1
	landlockWrite = landlockRead | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR |
		unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG |
		unix.LANDLOCK_ACCESS_FS_MAKE_SYM
	landlockOfFiles = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE
)

// Descriptors that the steps use between them. Programs never see any.
const (
	rulesetFD = mostFiles - 2
	ruleFD    = mostFiles - 3
)

// landlockRights are the rights that the version knows: of files, of the network,
// and what is kept within the sandbox (abstract sockets, signals).
func landlockRights(version int) (files, network, scopes uint64) {
	files = landlockFirst
	for _, v := range []struct {
		version int
		right   uint64
	}{
		{2, unix.LANDLOCK_ACCESS_FS_REFER}, {3, unix.LANDLOCK_ACCESS_FS_TRUNCATE}, {5, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV},
	} {
		if version >= v.version {
			files |= v.right
		}
	}
	if version >= 4 {
		network = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if version >= 6 {
		scopes = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
	}
	return files, network, scopes
}

// landlockRuleset makes the second wall around files: what is not listed cannot be
// opened, even where a mount shows it.
func landlockRuleset(w walls) []step {
	if w.landlock == 0 {
		return nil
	}
	files, network, scopes := landlockRights(w.landlock)
	attributes := binary.LittleEndian.AppendUint64(nil, files)
	if w.landlock >= 4 {
		attributes = binary.LittleEndian.AppendUint64(attributes, network)
	}
	if w.landlock >= 6 {
		attributes = binary.LittleEndian.AppendUint64(attributes, scopes)
	}
	create := step{Name: "landlock", Number: unix.SYS_LANDLOCK_CREATE_RULESET, Args: []argument{
		{Memory: attributes}, {Value: uint64(len(attributes))}, {},
	}}
	steps := []step{create, moveTo(rulesetFD)}
	for _, path := range w.readable {
		rights := uint64(landlockRead)
		if isFile(path) {
			rights &= landlockOfFiles
		}
		steps = append(steps, landlockRule(path, rights)...)
	}
	if w.writable != "" {
		rights := uint64(landlockWrite)
		rights |= files & (unix.LANDLOCK_ACCESS_FS_REFER | unix.LANDLOCK_ACCESS_FS_TRUNCATE)
		steps = append(steps, landlockRule(w.writable, rights)...)
	}
	return steps
}

// landlockRestrict puts the wall around the process. Without new privileges for the
// process the kernel refuses.
func landlockRestrict(w walls) []step {
	if w.landlock == 0 {
		return nil
	}
	return []step{call("landlock", unix.SYS_LANDLOCK_RESTRICT_SELF, rulesetFD, 0)}
}

// moveTo gives the descriptor that the last step returned a number of its own. What
// it was before is closed with everything else.
func moveTo(fd uint64) step {
	return step{Name: "descriptor", Number: unix.SYS_DUP3, Args: []argument{{Last: true}, {Value: fd}, {}}}
}

// landlockRule allows rights below a path.
func landlockRule(path string, rights uint64) []step {
	here := int64(unix.AT_FDCWD)
	open := step{Name: "open " + path, Number: unix.SYS_OPENAT, Args: []argument{
		{Value: uint64(here)}, {Memory: append([]byte(path), 0)}, {Value: unix.O_PATH | unix.O_CLOEXEC}, {},
	}}
	rule := binary.LittleEndian.AppendUint64(nil, rights) // struct landlock_path_beneath_attr, packed
	rule = binary.LittleEndian.AppendUint32(rule, ruleFD)
	add := step{Name: "landlock rule for " + path, Number: unix.SYS_LANDLOCK_ADD_RULE, Args: []argument{
		{Value: rulesetFD}, {Value: unix.LANDLOCK_RULE_PATH_BENEATH}, {Memory: rule}, {},
	}}
	return []step{open, moveTo(ruleFD), add}
}
