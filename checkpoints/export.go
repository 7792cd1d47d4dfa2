package checkpoints

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
)

// ErrExists says that the folder to write is there already.
var ErrExists = errors.New("exists already")

// ErrNotExportable says that a model cannot be written for transformers to load.
var ErrNotExportable = errors.New("cannot be exported")

// exportTypes are the dtypes of exported weights, by their names in config.json.
var exportTypes = map[string]safetensors.DType{"float32": safetensors.F32, "bfloat16": safetensors.BF16, "float16": safetensors.F16}

// ExportTypes lists the names of dtypes that Export knows.
func ExportTypes() []string { return slices.Sorted(maps.Keys(exportTypes)) }

// ExportOptions say what Export writes.
type ExportOptions struct {
	// DType is one of ExportTypes, to which every tensor is rounded (to nearest,
	// ties to even). Empty: as stored, and float32 for those of a GGUF file.
	DType string
	// MaxShardBytes bounds the tensors of a weights file; 0: MaxShardBytes.
	MaxShardBytes int64
}

// Exported says what Export wrote.
type Exported struct {
	// Tensors and Bytes count the weights, Files the files that they are in.
	Tensors, Files int
	Bytes          int64
}

// Export writes a model to a new folder as plain Hugging Face files: its small files
// as they are but for the dtype in config.json, and its weights in safetensors files
// with an index where there are several. It holds one tensor in memory at a time. An
// existing folder is ErrExists, a config that transformers does not know
// ErrNotExportable; on any error nothing is left.
func Export(ctx context.Context, m *Model, folder string, o ExportOptions) (*Exported, error) {
	done, err := export(ctx, osDisk{}, m, filepath.Clean(folder), o)
	if err != nil {
		return nil, fmt.Errorf("checkpoints: export to %s: %w", folder, err)
	}
	return done, nil
}

func export(ctx context.Context, d disk, m *Model, folder string, o ExportOptions) (*Exported, error) {
	if o.MaxShardBytes == 0 {
		o.MaxShardBytes = MaxShardBytes
	}
	if _, ok := exportTypes[o.DType]; o.DType != "" && !ok {
		return nil, fmt.Errorf("dtype is %q, allowed: %s", o.DType, strings.Join(ExportTypes(), ", "))
	}
	files := maps.Clone(m.Files)
	var err error
	if files[configFile], err = exportedConfig(m.Files[configFile], o.DType); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrNotExportable, configFile, err)
	}
	list := m.exported(o.DType)
	if _, err := os.Lstat(folder); err == nil {
		return nil, ErrExists
	}
	parent := filepath.Dir(folder)
	if err := makeFolder(d, parent); err != nil {
		return nil, err
	}
	partial, err := os.MkdirTemp(parent, writing+filepath.Base(folder)+"-")
	if err != nil {
		return nil, err
	}
	w := &folderWriter{ctx: ctx, disk: d, path: partial}
	if err := w.writeExport(files, list, o.MaxShardBytes, folder); err != nil {
		return nil, errors.Join(err, os.RemoveAll(partial))
	}
	return summary(list, w.written), d.syncFolder(parent)
}

// writeExport writes everything and gives the folder its name.
func (w *folderWriter) writeExport(files map[string][]byte, list []Tensor, shardBytes int64, folder string) error {
	if err := os.Chmod(w.path, 0o755); err != nil { // temporary folders are private
		return err
	}
	if err := w.writeSmall(files); err != nil {
		return err
	}
	if err := w.writeWeights(list, shardBytes); err != nil {
		return err
	}
	if err := w.disk.syncFolder(w.path); err != nil {
		return err
	}
	return w.disk.rename(w.path, folder)
}

// summary counts what was written.
func summary(list []Tensor, written []manifestEntry) *Exported {
	out := &Exported{Tensors: len(list)}
	for i := range list {
		n, _ := list[i].NumBytes() // written, so it has a size
		out.Bytes += int64(n)
	}
	for _, f := range written {
		if isWeightsFile(f.Name) && f.Name != shardIndexFile {
			out.Files++
		}
	}
	return out
}

// exported are the tensors of an export, each read when its turn comes.
func (m *Model) exported(dtype string) []Tensor {
	stored, plain := m.source.(*weights)
	var out []Tensor
	for _, info := range m.Tensors() {
		to := safetensors.DType(info.DType)
		produce := func(w io.Writer) error { return stored.copyTo(w, info.Name) }
		if want := exportTypes[dtype]; !plain || dtype != "" && to != want {
			to = safetensors.F32
			if dtype != "" {
				to = want
			}
			produce = func(w io.Writer) error {
				x, _, err := m.float32(info.Name)
				if err != nil {
					return err
				}
				return safetensors.WriteFloat32(w, to, x)
			}
		}
		out = append(out, Tensor{Name: info.Name, DType: to, Shape: info.Shape, Produce: produce})
	}
	return out
}
