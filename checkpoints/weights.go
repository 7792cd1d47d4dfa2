package checkpoints

import (
	"bytes"
	"encoding/json"
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

// weights are the safetensors files of a folder, one or several.
type weights struct {
	files []*safetensors.File
	// where is the file of each tensor.
	where map[string]*safetensors.File
}

// openWeights opens the weights of a folder in Hugging Face layout.
func openWeights(folder string) (*weights, error) {
	_, err := os.Stat(filepath.Join(folder, modelFile))
	if err == nil {
		w := &weights{}
		return w, w.open(filepath.Join(folder, modelFile))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	path := filepath.Join(folder, shardIndexFile)
	content, err := readSmall(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noWeights(folder)
	}
	if err != nil {
		return nil, err
	}
	w, err := openShards(folder, content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return w, nil
}

// noWeights says what to do about a folder without safetensors files.
func noWeights(folder string) error {
	for _, name := range []string{"pytorch_model.bin", "pytorch_model.bin.index.json"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
			return fmt.Errorf("%s: weights only as %s, which is a Python pickle and is not read; "+
				"convert it in Python: transformers.AutoModelForCausalLM.from_pretrained(%q, dtype=\"auto\").save_pretrained(NEW_FOLDER)", folder, name, folder)
		}
	}
	if found, err := ggufFiles(folder); err == nil && len(found) > 0 {
		return fmt.Errorf("%s: neither %s nor %s; name the GGUF file itself: %s", folder, modelFile, shardIndexFile, found[0])
	}
	return fmt.Errorf("%s: neither %s nor %s", folder, modelFile, shardIndexFile)
}

// open adds a file; on an error all are closed.
func (w *weights) open(path string) error {
	f, err := safetensors.Open(path)
	if err != nil {
		return errors.Join(err, w.Close())
	}
	w.files = append(w.files, f)
	if w.where == nil {
		w.where = map[string]*safetensors.File{}
	}
	for _, name := range f.Names() {
		if _, ok := w.where[name]; ok {
			return errors.Join(fmt.Errorf("tensor %q: in two files, the second is %s", name, path), w.Close())
		}
		w.where[name] = f
	}
	return nil
}

// openShards opens the files that an index names, and demands that index and files
// agree on every tensor.
func openShards(folder string, content []byte) (*weights, error) {
	index, err := parseIndex(content)
	if err != nil {
		return nil, err
	}
	w := &weights{}
	var total int64
	for _, name := range slices.Compact(slices.Sorted(maps.Values(index.WeightMap))) {
		if name != filepath.Base(name) || !filepath.IsLocal(name) {
			return nil, errors.Join(fmt.Errorf("%q is no name of a file in the folder", name), w.Close())
		}
		if err := w.open(filepath.Join(folder, name)); err != nil {
			return nil, err
		}
		f := w.files[len(w.files)-1]
		for _, tensor := range f.Names() {
			if at, ok := index.WeightMap[tensor]; at != name {
				err := fmt.Errorf("tensor %q: in %s, but the index does not have it", tensor, name)
				if ok {
					err = fmt.Errorf("tensor %q: in %s, the index says in %s", tensor, name, at)
				}
				return nil, errors.Join(err, w.Close())
			}
		}
		total += f.NumBytes()
	}
	for _, tensor := range slices.Sorted(maps.Keys(index.WeightMap)) {
		if w.where[tensor] == nil {
			return nil, errors.Join(fmt.Errorf("tensor %q: missing from %s", tensor, index.WeightMap[tensor]), w.Close())
		}
	}
	if claimed := index.Metadata.TotalSize; claimed != 0 && claimed != total {
		return nil, errors.Join(fmt.Errorf("total_size is %d, the files hold %d bytes of tensors", claimed, total), w.Close())
	}
	return w, nil
}

// parseIndex reads an index, in which no tensor may be named twice.
func parseIndex(content []byte) (*shardIndex, error) {
	var outer struct {
		Metadata struct {
			TotalSize json.Number `json:"total_size"`
		} `json:"metadata"`
		WeightMap json.RawMessage `json:"weight_map"`
	}
	if err := json.Unmarshal(content, &outer); err != nil {
		return nil, fmt.Errorf("not JSON of an index: %w", err)
	}
	index := &shardIndex{WeightMap: map[string]string{}}
	if text := outer.Metadata.TotalSize; text != "" { // some write 1.5e10
		size, err := text.Float64()
		if err != nil || size < 0 || size != float64(int64(size)) {
			return nil, fmt.Errorf("total_size is %s, want a number of bytes", text)
		}
		index.Metadata.TotalSize = int64(size)
	}
	dec := json.NewDecoder(bytes.NewReader(outer.WeightMap))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return nil, errors.New("weight_map is no object")
	}
	for dec.More() {
		key, _ := dec.Token() // valid JSON: Unmarshal has seen it
		value, _ := dec.Token()
		name, _ := key.(string)
		file, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("weight_map: tensor %q is in %v, want the name of a file", name, value)
		}
		if first, ok := index.WeightMap[name]; ok {
			return nil, fmt.Errorf("weight_map: tensor %q is named twice, in %s and in %s", name, first, file)
		}
		index.WeightMap[name] = file
	}
	if len(index.WeightMap) == 0 {
		return nil, errors.New("weight_map is empty")
	}
	return index, nil
}

func (w *weights) tensors() []TensorInfo {
	var out []TensorInfo
	for _, f := range w.files {
		for _, t := range f.Tensors() {
			out = append(out, TensorInfo{Name: t.Name, DType: string(t.DType), Shape: t.Shape})
		}
	}
	return out
}

func (w *weights) float32(name string) ([]float32, []int, error) {
	f, err := w.file(name)
	if err != nil {
		return nil, nil, err
	}
	x, info, err := f.Float32(name)
	return x, slices.Clone(info.Shape), err
}

// copyTo writes the bytes of a tensor as stored.
func (w *weights) copyTo(to io.Writer, name string) error {
	f, err := w.file(name)
	if err != nil {
		return err
	}
	return f.WriteTensor(to, name)
}

// file is the one that holds a tensor.
func (w *weights) file(name string) (*safetensors.File, error) {
	if f, ok := w.where[name]; ok {
		return f, nil
	}
	if len(w.files) == 1 {
		_, _, err := w.files[0].Tensor(name) // its error names the file
		return w.files[0], err
	}
	return nil, fmt.Errorf("no tensor %q in any of %d files", name, len(w.files))
}

// Close closes all files. Closing twice is harmless.
func (w *weights) Close() error {
	var errs []error
	for _, f := range w.files {
		errs = append(errs, f.Close())
	}
	w.files, w.where = nil, nil
	return errors.Join(errs...)
}
