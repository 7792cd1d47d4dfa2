package checkpoints

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
)

// ErrNoCheckpoint says that there is no checkpoint of the step asked for.
var ErrNoCheckpoint = errors.New("no checkpoint")

// ErrDamaged is within every [DamagedError].
var ErrDamaged = errors.New("damaged checkpoint")

// DamagedError says which file of a checkpoint is not what was saved.
type DamagedError struct {
	// Folder and Step are the checkpoint's.
	Folder string
	Step   int
	// File is the name within Folder, and Reason what differs.
	File, Reason string
}

// Error names folder, file and difference.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("checkpoints: %s is damaged: %s: %s", e.Folder, e.File, e.Reason)
}

// Unwrap makes errors.Is(err, ErrDamaged) true.
func (e *DamagedError) Unwrap() error { return ErrDamaged }

// Load reads the checkpoint of a step in dir and verifies all of it. The tensors
// stay in their files: their Data are views of these, valid until the checkpoint is
// closed, and must not be modified. The error is ErrNoCheckpoint where there is no
// such checkpoint, and a *DamagedError where a file is missing or differs in size or
// SHA-256 from the manifest.
func Load(dir string, step int) (*Checkpoint, error) {
	r := &reader{folder: Folder(dir, step), step: step}
	if _, err := os.Stat(r.folder); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("checkpoints: %s: %w", r.folder, ErrNoCheckpoint)
		}
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	m, err := r.readManifest()
	if err != nil {
		return nil, err
	}
	if m.Step != step {
		return nil, r.damaged(manifestFile, "of step %d", m.Step)
	}
	c := &Checkpoint{Step: step, Files: make(map[string][]byte)}
	for _, entry := range m.Files {
		if err := r.load(entry, c, m); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// load verifies a file of the manifest and puts it into its place.
func (r *reader) load(entry manifestEntry, c *Checkpoint, m *manifest) error {
	var into *[]Tensor
	switch {
	case entry.Name == optimizerFile:
		into = &c.Optimizer
	case entry.Name == modelFile, isShardName(entry.Name):
		into = &c.Model
	case entry.Name == shardIndexFile:
		return r.checkIndex(entry, m)
	default:
		content, err := r.readFile(entry)
		if entry.Name == stateFile {
			c.State = content
		} else {
			c.Files[entry.Name] = content
		}
		return err
	}
	if err := r.verify(entry, nil); err != nil {
		return err
	}
	f, err := safetensors.Open(filepath.Join(r.folder, filepath.FromSlash(entry.Name)))
	if err != nil {
		return r.damaged(entry.Name, "%v", err)
	}
	c.files = append(c.files, f)
	*into = append(*into, f.Tensors()...)
	return nil
}

// checkIndex verifies the index of several weights files and demands that the
// manifest lists each of them.
func (r *reader) checkIndex(entry manifestEntry, m *manifest) error {
	content, err := r.readFile(entry)
	if err != nil {
		return err
	}
	index, err := parseIndex(content)
	if err != nil {
		return r.damaged(entry.Name, "%v", err)
	}
	for _, name := range slices.Sorted(maps.Values(index.WeightMap)) {
		if !slices.ContainsFunc(m.Files, func(f manifestEntry) bool { return f.Name == name }) {
			return r.damaged(entry.Name, "names %s, which the manifest does not list", name)
		}
	}
	return nil
}

// reader reads the files of one checkpoint.
type reader struct {
	folder string
	step   int
}

func (r *reader) damaged(name, reason string, args ...any) error {
	return &DamagedError{Folder: r.folder, Step: r.step, File: name, Reason: fmt.Sprintf(reason, args...)}
}

// open opens a file of the folder, which must be there, and tells its size.
func (r *reader) open(name string) (*os.File, int64, error) {
	f, err := os.Open(filepath.Join(r.folder, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, r.damaged(name, "is missing")
	}
	if err != nil {
		return nil, 0, fmt.Errorf("checkpoints: %w", err)
	}
	stat, err := f.Stat()
	if err == nil && !stat.Mode().IsRegular() {
		err = r.damaged(name, "is no regular file")
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, stat.Size(), nil
}

func (r *reader) readManifest() (*manifest, error) {
	f, size, err := r.open(manifestFile)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	if size > maxManifestBytes {
		return nil, r.damaged(manifestFile, "%d bytes, at most %d make sense", size, maxManifestBytes)
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxManifestBytes))
	if err != nil {
		return nil, fmt.Errorf("checkpoints: read %s: %w", f.Name(), err)
	}
	m, err := parseManifest(raw)
	if err != nil {
		return nil, r.damaged(manifestFile, "%v", err)
	}
	return m, nil
}

// readFile reads a file and compares it with its line of the manifest.
func (r *reader) readFile(want manifestEntry) ([]byte, error) {
	var content bytes.Buffer
	if err := r.verify(want, &content); err != nil {
		return nil, err
	}
	return content.Bytes(), nil
}

// verify compares a file with its line of the manifest, copying it to w on the way.
// The size is compared first, so that nothing is allocated for a claimed one.
func (r *reader) verify(want manifestEntry, w *bytes.Buffer) error {
	f, size, err := r.open(want.Name)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	if size != want.Size {
		return r.damaged(want.Name, "%d bytes, the manifest says %d", size, want.Size)
	}
	sum := sha256.New()
	var to io.Writer = sum
	if w != nil {
		w.Grow(int(size) + bytes.MinRead)
		to = io.MultiWriter(sum, w)
	}
	if _, err := io.Copy(to, f); err != nil {
		return fmt.Errorf("checkpoints: read %s: %w", f.Name(), err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want.SHA256 {
		return r.damaged(want.Name, "sha256 %s, the manifest says %s", got, want.SHA256)
	}
	return nil
}
