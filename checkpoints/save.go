package checkpoints

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Save writes c to dir/step-N, replacing a checkpoint of the same step, and then
// removes the oldest checkpoints beyond o.KeepLast, never the one just written.
// dir is made if it does not exist; leftovers of killed saves are removed.
//
// On an error (a full disk, say, or ctx cancelled), which names the file, the
// checkpoints that were there stay as they were and no part of the new one is
// left. Only if removing old ones goes wrong is the new one in place nevertheless.
func Save(ctx context.Context, dir string, c *Checkpoint, o Options) error {
	return save(ctx, osDisk{}, dir, c, o, MaxShardBytes)
}

func save(ctx context.Context, d disk, dir string, c *Checkpoint, o Options, shardBytes int64) error {
	if err := c.validate(); err != nil {
		return fmt.Errorf("checkpoints: save step %d: %w", c.Step, err)
	}
	if err := makeFolder(d, dir); err != nil {
		return fmt.Errorf("checkpoints: save step %d: %w", c.Step, err)
	}
	if err := clean(d, dir); err != nil {
		return err
	}
	partial := leftover(dir, writing, c.Step)
	err := writeFolder(ctx, d, partial, c, shardBytes)
	if err == nil {
		err = install(d, dir, c.Step)
	}
	if err != nil {
		return fmt.Errorf("checkpoints: save step %d: %w", c.Step, errors.Join(err, os.RemoveAll(partial)))
	}
	return prune(d, dir, c.Step, o.KeepLast)
}

// makeFolder makes dir durably.
func makeFolder(d disk, dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return d.syncFolder(filepath.Dir(dir))
}

// writeFolder writes every file of c into the new folder at path and syncs them.
func writeFolder(ctx context.Context, d disk, path string, c *Checkpoint, shardBytes int64) error {
	if err := os.MkdirAll(filepath.Join(path, trainerFolder), 0o755); err != nil {
		return err
	}
	w := &folderWriter{ctx: ctx, disk: d, path: path}
	if err := w.writeSmall(c.Files); err != nil {
		return err
	}
	if err := w.writeWeights(c.Model, shardBytes); err != nil {
		return err
	}
	if err := w.write(optimizerFile, tensors(c.Optimizer)); err != nil {
		return err
	}
	if err := w.write(stateFile, raw(c.State)); err != nil {
		return err
	}
	m := &manifest{Format: manifestFormat, Version: manifestVersion, Step: c.Step, Files: w.written}
	encoded, err := m.encode()
	if err != nil {
		return err
	}
	if err := w.write(manifestFile, raw(encoded)); err != nil {
		return err
	}
	return errors.Join(d.syncFolder(filepath.Join(path, trainerFolder)), d.syncFolder(path))
}

// folderWriter writes files into a folder that exists and remembers them.
type folderWriter struct {
	ctx     context.Context
	disk    disk
	path    string
	written []manifestEntry
}

// writeSmall writes small files in the order of their names.
func (w *folderWriter) writeSmall(files map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := w.write(name, raw(files[name])); err != nil {
			return err
		}
	}
	return nil
}

// raw writes bytes as they are.
func raw(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(content))
		return err
	}
}

// write creates and syncs one file, whose name has slashes between folders.
func (w *folderWriter) write(name string, content func(io.Writer) error) error {
	path := filepath.Join(w.path, filepath.FromSlash(name))
	f, err := w.disk.create(path)
	if err != nil {
		return err
	}
	meter := &meter{ctx: w.ctx, w: f, sum: sha256.New()}
	buffered := bufio.NewWriterSize(meter, 1<<16)
	err = content(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	w.written = append(w.written, manifestEntry{Name: name, Size: meter.size, SHA256: hex.EncodeToString(meter.sum.Sum(nil))})
	return nil
}

// meter measures what passes to w, and stops when ctx is done.
type meter struct {
	ctx  context.Context
	w    io.Writer
	sum  hash.Hash
	size int64
}

// Write passes p on in pieces, so that a large tensor can be interrupted.
func (m *meter) Write(p []byte) (int, error) {
	const piece = 16 << 20
	written := 0
	for part := range slices.Chunk(p, piece) {
		if err := m.ctx.Err(); err != nil {
			return written, err
		}
		n, err := m.w.Write(part)
		m.sum.Write(part[:n])
		m.size += int64(n)
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// install gives the finished folder its name. A checkpoint of the same step steps
// aside first, under a name from which clean brings it back should the process be
// killed in between.
func install(d disk, dir string, step int) error {
	target, aside := Folder(dir, step), leftover(dir, replaced, step)
	_, err := os.Stat(target)
	exists := err == nil
	if exists {
		if err := d.rename(target, aside); err != nil {
			return err
		}
	}
	if err := d.rename(leftover(dir, writing, step), target); err != nil {
		if exists {
			err = errors.Join(err, os.Rename(aside, target))
		}
		return err
	}
	if err := d.syncFolder(dir); err != nil {
		return err
	}
	if exists {
		return discard(d, dir, aside)
	}
	return nil
}
