package checkpoints

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
)

// generationFile is optional in a Hugging Face folder.
const generationFile = "generation_config.json"

// shardIndexFile is what a folder has in place of modelFile when its weights are
// cut into several files.
const shardIndexFile = "model.safetensors.index.json"

// Model is the part of a folder that a policy is made of.
type Model struct {
	// Config is config.json; Generation is generation_config.json, nil where there
	// is none.
	Config, Generation []byte
	// Tensors are the weights by their Hugging Face names, in the file's order and
	// dtypes. Their Data are valid until Close and must not be modified.
	Tensors []Tensor

	weights *safetensors.File
}

// LoadModel opens config.json and model.safetensors of a Hugging Face folder, be it
// one of ours (a step-N folder) or not. Where a manifest is present, the files are
// verified against it as by Load. The caller closes the model.
func LoadModel(folder string) (*Model, error) {
	if err := verifyModel(folder); err != nil {
		return nil, err
	}
	config, err := os.ReadFile(filepath.Join(folder, configFile))
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	generation, err := os.ReadFile(filepath.Join(folder, generationFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	weights, err := safetensors.Open(filepath.Join(folder, modelFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, serr := os.Stat(filepath.Join(folder, shardIndexFile)); serr == nil {
			return nil, fmt.Errorf("checkpoints: %s: weights in several files (%s) are not supported", folder, shardIndexFile)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	return &Model{Config: config, Generation: generation, Tensors: weights.Tensors(), weights: weights}, nil
}

// verifyModel checks the files that LoadModel reads, if the folder has a manifest.
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
	for _, name := range []string{configFile, generationFile, modelFile} {
		if entry, ok := m.entry(name); ok {
			if err := r.verify(entry, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close releases the weights; the Data of Tensors become invalid.
func (m *Model) Close() error { return m.weights.Close() }
