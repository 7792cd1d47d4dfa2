package checkpoints

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// smallFiles are the small files of a Hugging Face folder that a model keeps: what
// this project reads, and what other readers of an exported folder may want.
var smallFiles = []string{
	configFile, "generation_config.json",
	"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
	"vocab.json", "merges.txt", "tokenizer.model", "chat_template.jinja", "chat_template.json",
}

// maxSmallFile bounds a small file; the largest tokenizers in use have 40 MB.
const maxSmallFile = 1 << 28

// ggufSuffix ends the names of GGUF files.
const ggufSuffix = ".gguf"

// TensorInfo describes a tensor of a model.
type TensorInfo struct {
	// Name is Hugging Face's.
	Name string
	// DType is how the file stores the elements: F32, BF16, ... as safetensors
	// spells it, or a type of GGUF such as Q4_K.
	DType string
	// Shape, row-major; matrices are [out, in].
	Shape []int
}

// source is where a model's tensors are.
type source interface {
	tensors() []TensorInfo
	// float32 reads a tensor into a new slice.
	float32(name string) ([]float32, []int, error)
	Close() error
}

// Model is an open checkpoint: small files in memory, tensors on disk.
type Model struct {
	// Path is what was opened.
	Path string
	// Files are the small files by their Hugging Face names: config.json always,
	// and those that exist of generation_config.json, tokenizer.json,
	// tokenizer_config.json, special_tokens_map.json, chat_template.jinja and the
	// like. Those of a GGUF file are made from its metadata.
	Files map[string][]byte

	source
}

// OpenModel opens a model: a folder in Hugging Face layout, of others or one of ours
// (a step-N folder), with its weights in one safetensors file or several; or a GGUF
// file, or a folder that holds one and no config.json, which is then presented as
// the Hugging Face folder that it was made from. Where a manifest is present, the
// files are verified against it as by Load. Nothing but the small files is read
// until a tensor is asked for. The caller closes the model.
func OpenModel(path string) (*Model, error) {
	stat, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	if !stat.IsDir() {
		return openGGUF(path)
	}
	if _, err := os.Stat(filepath.Join(path, configFile)); errors.Is(err, fs.ErrNotExist) {
		found, err := ggufFiles(path)
		switch {
		case err != nil:
			return nil, err
		case len(found) == 1:
			return openGGUF(found[0])
		case len(found) > 1:
			return nil, fmt.Errorf("checkpoints: %s: no %s, and several GGUF files: name one of %s", path, configFile, strings.Join(found, ", "))
		}
	}
	return openFolder(path)
}

// ggufFiles are the paths of the GGUF files of a folder.
func ggufFiles(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	var out []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ggufSuffix) && !e.IsDir() {
			out = append(out, filepath.Join(folder, e.Name()))
		}
	}
	return out, nil
}

// openFolder opens a folder in Hugging Face layout.
func openFolder(folder string) (*Model, error) {
	if err := verifyModel(folder); err != nil {
		return nil, err
	}
	m := &Model{Path: folder, Files: map[string][]byte{}}
	for _, name := range smallFiles {
		content, err := readSmall(filepath.Join(folder, name))
		if errors.Is(err, fs.ErrNotExist) && name != configFile {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("checkpoints: %w", err)
		}
		m.Files[name] = content
	}
	var err error
	m.source, err = openWeights(folder)
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	return m, nil
}

// readSmall reads a small file.
func readSmall(path string) ([]byte, error) {
	stat, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !stat.Mode().IsRegular() || stat.Size() > maxSmallFile {
		return nil, fmt.Errorf("%s: %d bytes, want a regular file of at most %d", path, stat.Size(), maxSmallFile)
	}
	return os.ReadFile(path)
}

// verifyModel checks the files that OpenModel reads, if the folder has a manifest.
func verifyModel(folder string) error {
	if _, err := os.Stat(filepath.Join(folder, manifestFile)); err != nil {
		return nil //nolint:nilerr // a plain Hugging Face folder
	}
	step, _ := parseFolder(filepath.Base(folder))
	r := &reader{folder: folder, step: step}
	m, err := r.readManifest()
	if err != nil {
		return err
	}
	r.step = m.Step
	for _, entry := range m.Files {
		if slices.Contains(smallFiles, entry.Name) || isWeightsFile(entry.Name) {
			if err := r.verify(entry, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// Tensors lists the tensors by their Hugging Face names, in the order of the files.
func (m *Model) Tensors() []TensorInfo { return m.tensors() }

// Float32 reads one tensor as float32 into a new slice, with its shape: BF16 and F16
// exactly, F64 rounded to nearest, types of GGUF dequantised. It is an error that
// names the tensor if there is none of that name, or if it holds no such numbers.
func (m *Model) Float32(name string) ([]float32, []int, error) {
	x, shape, err := m.float32(name)
	if err != nil {
		return nil, nil, fmt.Errorf("checkpoints: %w", err)
	}
	return x, shape, nil
}

// Close releases the files.
func (m *Model) Close() error { return m.source.Close() }
