//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// devices are those that programs find.
var devices = []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}

// construction is where the root of a sandbox is put together. Every system has it,
// and in the new namespace nothing else needs it.
const construction = "/tmp"

// furnish makes the file system of a sandbox: an empty root, in it read-only views of
// the interpreter, a private /proc that hides the server, and a /tmp with quotas.
func furnish(s *setup) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	// The sources are looked up before anything is mounted over them.
	binds := plan(append(slices.Clone(s.Binds), devices...))
	for _, path := range s.Masks {
		binds = append(binds, bind{path: path, source: os.DevNull})
	}
	for i := range binds {
		fd, err := unix.OpenTree(unix.AT_FDCWD, binds[i].source, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
		if err != nil {
			return fmt.Errorf("view of %s: %w", binds[i].path, err)
		}
		binds[i].tree = fd
	}
	if err := unix.Mount("tmpfs", construction, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "size=1m,nr_inodes=8192,mode=0755"); err != nil {
		return fmt.Errorf("root: %w", err)
	}
	for _, b := range binds {
		if err := b.attach(); err != nil {
			return fmt.Errorf("view of %s: %w", b.path, err)
		}
	}
	return finishRoot(s)
}

// finishRoot adds what is not of the host, and makes the construction the root.
func finishRoot(s *setup) error {
	if s.Server != "" {
		if err := os.WriteFile(construction+serverPath, []byte(s.Server), 0o444); err != nil {
			return err
		}
	}
	for _, dir := range []string{"/tmp", "/proc"} {
		if err := os.MkdirAll(construction+dir, 0o755); err != nil {
			return err
		}
	}
	// Some containers let nobody mount it; programs can do without.
	_ = unix.Mount("proc", construction+"/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC|unix.MS_RDONLY, "hidepid=2,subset=pid")
	if err := unix.Mount("tmpfs", construction+"/tmp", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, s.MountOptions); err != nil {
		return fmt.Errorf("/tmp: %w", err)
	}
	if err := os.Chdir(construction); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("new root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("old root: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV, ""); err != nil {
		return fmt.Errorf("read-only root: %w", err)
	}
	return os.Chdir("/")
}

// bind is a view of a path of the host.
type bind struct {
	path   string // where it is seen
	source string // what is seen
	dir    bool
	tree   int // the mount, not attached to anything yet
}

// plan orders the paths, without those that another one shows already and those that
// are not there.
func plan(paths []string) []bind {
	slices.Sort(paths)
	var out []bind
	var folders []string
	for _, p := range slices.Compact(paths) {
		info, err := os.Stat(p)
		if err != nil || within(p, folders) {
			continue
		}
		out = append(out, bind{path: p, source: p, dir: info.IsDir()})
		if info.IsDir() {
			folders = append(folders, p)
		}
	}
	return out
}

// attach makes the view in the new root, read-only and without set-user-id files.
func (b *bind) attach() error {
	defer unix.Close(b.tree)
	target := filepath.Join(construction, b.path)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	if err := b.makeTarget(target); err != nil {
		return err
	}
	attributes := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID}
	if !slices.Contains(devices, b.source) {
		attributes.Attr_set |= unix.MOUNT_ATTR_NODEV
	}
	if err := unix.MountSetattr(b.tree, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &attributes); err != nil {
		if errors.Is(err, unix.ENOSYS) {
			return fmt.Errorf("mount_setattr, which Linux has from 5.12 on: %w", err)
		}
		return err
	}
	return unix.MoveMount(b.tree, "", unix.AT_FDCWD, target, unix.MOVE_MOUNT_F_EMPTY_PATH)
}

// makeTarget makes what the view is attached to; that of a mask is there.
func (b *bind) makeTarget(target string) error {
	switch {
	case b.dir:
		return os.MkdirAll(target, 0o755)
	case b.path != b.source:
		return nil
	}
	f, err := os.OpenFile(target, os.O_CREATE|os.O_RDONLY, 0o444)
	if err != nil {
		return err
	}
	return f.Close()
}
