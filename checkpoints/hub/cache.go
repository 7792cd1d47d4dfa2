package hub

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Folders and files get what the umask leaves of these, as with huggingface_hub: a
// group may share a cache.
const (
	folderMode = 0o777
	fileMode   = 0o666
)

// commitForm matches a commit, and hashForm what blobs are named by: a git SHA-1 or
// a SHA-256.
var (
	commitForm = regexp.MustCompile(`^[0-9a-f]{40}$`)
	hashForm   = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
)

// cache is the part of the shared cache that holds one repository. The layout is in
// the package's comment.
type cache struct {
	root    string // the folder of all repositories
	flat    string // models--owner--name
	symlink func(target, path string) error
}

func newCache(root, repo string) cache {
	return cache{root: root, flat: "models--" + strings.ReplaceAll(repo, "/", "--"), symlink: os.Symlink}
}

func (c cache) in(elem ...string) string {
	return filepath.Join(append([]string{c.root, c.flat}, elem...)...)
}

func (c cache) blob(etag string) string { return c.in("blobs", etag) }

func (c cache) lockFile(etag string) string {
	return filepath.Join(c.root, ".locks", c.flat, etag+".lock")
}

// path is where a file of a commit is, and its snapshot's folder for an empty name.
func (c cache) path(commit, file string) string {
	return c.in("snapshots", commit, filepath.FromSlash(file))
}

// commit is the commit of a revision, empty if the cache does not know it.
func (c cache) commit(revision string) string {
	if commitForm.MatchString(revision) {
		return revision
	}
	text, err := os.ReadFile(c.in("refs", filepath.FromSlash(revision)))
	commit := strings.TrimSpace(string(text))
	if err != nil || !commitForm.MatchString(commit) {
		return ""
	}
	return commit
}

// setCommit enters the commit of a branch or tag.
func (c cache) setCommit(revision, commit string) error {
	if revision == commit || c.commit(revision) == commit {
		return nil
	}
	path := c.in("refs", filepath.FromSlash(revision))
	return replace(path, func(temporary string) error { return os.WriteFile(temporary, []byte(commit), fileMode) })
}

// has reports whether a file of a commit is there.
func (c cache) has(commit, file string) bool {
	info, err := os.Stat(c.path(commit, file))
	return err == nil && info.Mode().IsRegular()
}

// hasNot reports whether a commit is known not to have a file.
func (c cache) hasNot(commit, file string) bool {
	_, err := os.Stat(c.in(".no_exist", commit, file))
	return err == nil
}

// setHasNot enters that a commit does not have a file.
func (c cache) setHasNot(commit, file string) error {
	path := c.in(".no_exist", commit, file)
	return replace(path, func(temporary string) error { return os.WriteFile(temporary, nil, fileMode) })
}

// hasBlob reports whether a blob is there with its whole size.
func (c cache) hasBlob(etag string, size int64) bool {
	info, err := os.Stat(c.blob(etag))
	return err == nil && info.Size() == size
}

// link makes a blob appear as a file of a commit.
func (c cache) link(etag, commit, file string) error {
	path := c.path(commit, file)
	target, err := filepath.Rel(filepath.Dir(path), c.blob(etag))
	if err != nil {
		return err
	}
	err = replace(path, func(temporary string) error { return c.symlink(target, temporary) })
	var refused *os.LinkError
	if errors.As(err, &refused) && refused.Op == "symlink" {
		// Windows without the right to make links, and some file systems: the file
		// itself is moved, as huggingface_hub does.
		err = os.Rename(c.blob(etag), path)
	}
	return err
}

// replace makes a file or link under a name of its own and then gives it its path,
// in whose place another may have been.
func replace(path string, make func(temporary string) error) error {
	if err := os.MkdirAll(filepath.Dir(path), folderMode); err != nil {
		return err
	}
	temporary := fmt.Sprintf("%s.%s.tmp", path, rand.Text()[:8])
	err := make(temporary)
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		if rerr := os.Remove(temporary); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
	}
	return err
}
