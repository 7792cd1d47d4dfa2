package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/checkpoints/hub"
	"github.com/rlvr-go/rlvr/configs"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/tokenize"
	"github.com/rlvr-go/rlvr/trainer"
)

// loadedModel is a model that was loaded.
type loadedModel struct {
	policy    *model.Policy
	tokenizer tokenize.Tokenizer
	// files are the small files of its folder.
	files map[string][]byte
}

// openModel makes or loads the policy and its tokenizer.
func openModel(ctx context.Context, s *trainer.Setup, c *configs.Config, notes io.Writer) error {
	if c.Model.Path != "" {
		m, err := loadModel(ctx, c.Model.Path, s.Device, notes)
		if err != nil {
			return err
		}
		s.Policy, s.Tokenizer, s.ModelFiles = m.policy, m.tokenizer, m.files
		s.Policy.Arch.DType = c.Model.DType
		return nil
	}
	var err error
	if s.Tokenizer, err = tokenize.New(c.Tokenizer); err != nil {
		return err
	}
	arch := *c.Model.Config
	arch.DType = c.Model.DType
	if arch.VocabSize == 0 {
		arch.VocabSize = s.Tokenizer.VocabSize()
	}
	s.Policy, err = model.NewPolicy(&arch, c.Seed)
	return err
}

// loadModel loads a model onto a device: a folder, a GGUF file, or a name on the
// Hugging Face Hub.
func loadModel(ctx context.Context, path string, dev *device.Device, notes io.Writer) (*loadedModel, error) {
	return load(ctx, path, dev, notes, func(m *checkpoints.Model, arch *model.Arch) (tokenize.Tokenizer, error) {
		tok, err := tokenize.Load(m.Files)
		if err == nil && tok.VocabSize() > arch.VocabSize {
			err = fmt.Errorf("the tokenizer has %d ids, the model's vocab_size is %d", tok.VocabSize(), arch.VocabSize)
		}
		return tok, err
	})
}

// loadWeights is loadModel for a model that need not have a tokenizer.
func loadWeights(ctx context.Context, path string, dev *device.Device, notes io.Writer) (*model.Policy, error) {
	m, err := load(ctx, path, dev, notes, func(*checkpoints.Model, *model.Arch) (tokenize.Tokenizer, error) { return nil, nil })
	if err != nil {
		return nil, err
	}
	return m.policy, nil
}

// load opens a model and loads its weights, after the tokenizer: what is wrong with
// that should not take the time of the weights to be found.
func load(ctx context.Context, path string, dev *device.Device, notes io.Writer,
	tokenizer func(*checkpoints.Model, *model.Arch) (tokenize.Tokenizer, error),
) (*loadedModel, error) {
	path, err := findModel(ctx, path, notes)
	if err != nil {
		return nil, err
	}
	m, err := checkpoints.OpenModel(path)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	out := &loadedModel{files: m.Files}
	arch, err := model.ParseArch(m.Files["config.json"])
	if err == nil {
		out.tokenizer, err = tokenizer(m, arch)
	}
	if err == nil {
		out.policy, err = loadPolicy(arch, m, dev, notes)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}

// loadPolicy reads the weights, one tensor after the other, so that the host never
// holds more than one of them, and says how long it took where that is felt.
func loadPolicy(arch *model.Arch, m *checkpoints.Model, dev *device.Device, notes io.Writer) (*model.Policy, error) {
	total := 0
	for _, w := range arch.Weights() {
		total += w.Size()
	}
	start, done := time.Now(), 0
	progress := newTransfer(notes, "loading", " parameters")
	p, err := model.PolicyFromTensors(arch, m.Float32, func(t *device.Tensor) error {
		done += t.Size()
		progress.show("", int64(done), int64(total))
		return dev.Keep(t)
	})
	progress.end()
	if err != nil {
		return nil, err
	}
	const felt = 200 * time.Millisecond
	if took := time.Since(start); took > felt {
		fmt.Fprintf(notes, "loaded %s in %.1f s\n", m.Path, took.Seconds())
	}
	return p, nil
}

// findModel is the local path of a model: what it names, or else, if it has the form
// of a name on the Hugging Face Hub, the cached or downloaded folder.
func findModel(ctx context.Context, path string, notes io.Writer) (string, error) {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) || !hub.IsName(path) {
		return path, nil
	}
	progress := newTransfer(notes, "downloading", "B")
	local, err := hub.Resolve(ctx, path, hub.Options{Progress: progress.show, Log: newLogger(notes)})
	progress.end()
	if err != nil {
		return "", fmt.Errorf("model %s: no such file or folder here, and on the Hub: %w", path, err)
	}
	return local, nil
}
