package checkpoints

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
)

// The names of a checkpoint's files, see FORMAT.md.
const (
	configFile    = "config.json"
	modelFile     = "model.safetensors"
	trainerFolder = "trainer"
	optimizerFile = trainerFolder + "/optimizer.safetensors"
	stateFile     = trainerFolder + "/state.json"
	manifestFile  = trainerFolder + "/manifest.json"
)

// Tensor is a named tensor with its elements little-endian and row-major, or with
// a function that produces them when they are written.
type Tensor = safetensors.Tensor

// Checkpoint is everything needed to resume a run bit for bit, as plain data.
type Checkpoint struct {
	// Step is the number of optimizer rounds done, 0 or more.
	Step int
	// Files are the small files of a Hugging Face folder by name: config.json
	// (required), generation_config.json, tokenizer.json, tokenizer_config.json and
	// the like.
	Files map[string][]byte
	// Model are the weights by their Hugging Face names, in the configured dtype.
	Model []Tensor
	// Optimizer are the trainer's own tensors: moments, and float32 master weights
	// where they differ from Model.
	Optimizer []Tensor
	// State is the trainer's JSON: seeds, stage, data cursor, queue, results.
	State []byte

	// files are mapped files that the Data of loaded tensors are views of.
	files []*safetensors.File
}

// Close releases what Load mapped: the Data of its tensors become invalid. Closing
// twice, or a checkpoint that was not loaded, is harmless.
func (c *Checkpoint) Close() error {
	var errs []error
	for _, f := range c.files {
		errs = append(errs, f.Close())
	}
	c.files = nil
	return errors.Join(errs...)
}

// validate reports what cannot be saved.
func (c *Checkpoint) validate() error {
	if c.Step < 0 {
		return fmt.Errorf("step %d is negative", c.Step)
	}
	if _, ok := c.Files[configFile]; !ok {
		return errors.New(configFile + " is missing")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		if !isSmallFile(name) {
			return fmt.Errorf("%q cannot be the name of a small file", name)
		}
	}
	if !json.Valid(c.State) {
		return errors.New("the trainer's state is not JSON")
	}
	return nil
}

// isSmallFile reports whether name may be among a checkpoint's Files: a visible
// file directly in the folder that no other part of the checkpoint is stored in.
func isSmallFile(name string) bool {
	for _, r := range name {
		plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r)
		if !plain {
			return false
		}
	}
	return name != "" && name[0] != '.' && !isWeightsFile(name) && name != trainerFolder
}
