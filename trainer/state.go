package trainer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"

	"github.com/gomlx/compute/dtypes"

	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// state is what a run needs beside its tensors to go on where it was saved.
type state struct {
	// Step counts steps over all stages, StageStep those of the stage in progress.
	Step      int `json:"step"`
	Stage     int `json:"stage"`
	StageStep int `json:"stage_step"`
	// Consumed counts the training problems handed out in the stage.
	Consumed int `json:"consumed"`
	// OptimizerSteps counts those of the stage, PolicyVersion those of the run.
	OptimizerSteps int `json:"optimizer_steps"`
	PolicyVersion  int `json:"policy_version"`
	// Collected is the size in bytes of the completions that the stage has kept.
	Collected int64 `json:"collected,omitempty"`
	// NumTokens counts tokens sampled and trained.
	NumTokens int   `json:"num_tokens"`
	Seed      int64 `json:"seed"`
	// Shapes are those that the packer has used: other shapes add in another order.
	Shapes []shape `json:"shapes"`
	// Queue are the rollouts that wait, without their tokens: see queue_state.go.
	Queue [][]savedGroup `json:"queue"`
	// Milestones are the evaluations of the test set before and after stages.
	Milestones []Milestone `json:"milestones"`
}

// Milestone is an evaluation of the test set between stages.
type Milestone struct {
	// After is the stage that had just ended; empty: before the first.
	After string     `json:"after"`
	Step  int        `json:"step"`
	Eval  Evaluation `json:"eval"`
}

// The names under which the trainer's tensors are saved: a prefix and the weight's.
const (
	firstPrefix     = "adam.m."
	secondPrefix    = "adam.v."
	referencePrefix = "reference."
	// masterPrefix is of the weights in float32, where the model's file has them in
	// another dtype.
	masterPrefix = "master."
)

// save writes a checkpoint of the step; st is nil between stages.
func (t *Trainer) save(ctx context.Context, st *stage) error {
	c := &checkpoints.Checkpoint{Step: t.state.Step}
	if st != nil {
		t.state.Consumed, t.state.OptimizerSteps = st.cursor.consumed, st.optimizer.steps
		t.state.Shapes, t.state.Collected = st.packer.shapes, st.collector.bytes()
	}
	t.state.PolicyVersion = t.policy.Version
	var err error
	if c.Files, err = t.files(); err != nil {
		return fmt.Errorf("trainer: %w", err)
	}
	dtype := safetensors.F32
	if t.policy.Arch.ComputeDType() == dtypes.BFloat16 {
		dtype = safetensors.BF16
		c.Optimizer = t.tensors(masterPrefix, t.policy.Specs, t.policy.Weights, safetensors.F32)
	}
	c.Model = t.tensors("", t.policy.Specs, t.policy.Weights, dtype)
	if t.head != nil {
		c.Optimizer = append(c.Optimizer, t.tensors("", t.head.specs, t.head.weights, safetensors.F32)...)
	}
	if st != nil {
		trained := t.head.specsAfter(t.policy.Specs)
		for _, part := range []struct {
			prefix string
			values []*device.Tensor
		}{{firstPrefix, st.optimizer.first}, {secondPrefix, st.optimizer.second}, {referencePrefix, st.reference}} {
			c.Optimizer = append(c.Optimizer, t.tensors(part.prefix, trained, part.values, safetensors.F32)...)
		}
	}
	t.state.Queue = nil
	if st != nil {
		var tokens []checkpoints.Tensor
		if t.state.Queue, tokens, err = t.saveQueue(st.queue); err != nil {
			return fmt.Errorf("trainer: queue: %w", err)
		}
		c.Optimizer = append(c.Optimizer, tokens...)
	}
	if c.State, err = json.Marshal(&t.state); err != nil {
		return fmt.Errorf("trainer: %w", err)
	}
	if err := errors.Join(t.setup.Report.Sync(), st.sync()); err != nil {
		return fmt.Errorf("trainer: %w", err)
	}
	if err := checkpoints.Save(ctx, t.setup.CheckpointDir, c, t.setup.Checkpoint); err != nil {
		return fmt.Errorf("trainer: %w", err)
	}
	return nil
}

// files are the small files of a checkpoint: those that the model came with, its
// config.json with the dtype of the weights that are saved now.
func (t *Trainer) files() (map[string][]byte, error) {
	dtype := t.policy.Arch.ComputeDType().String()
	files := maps.Clone(t.setup.ModelFiles)
	if files != nil {
		var err error
		files["config.json"], err = checkpoints.WithDType(files["config.json"], dtype)
		return files, err
	}
	files = map[string][]byte{}
	for name, text := range t.setup.Tokenizer.Files() {
		files[name] = text
	}
	var err error
	if files["config.json"], err = t.policy.Arch.ConfigJSON(dtype); err != nil {
		return nil, err
	}
	files["generation_config.json"], err = json.Marshal(map[string]any{"eos_token_id": t.setup.Tokenizer.EOS(), "pad_token_id": t.setup.Tokenizer.PadID()})
	return files, err
}

// tensors lists values in the order of specs, to be saved in dtype; a stack as
// the parts that it has in Hugging Face's files. A value is copied to the host when
// its turn to be written comes.
func (t *Trainer) tensors(prefix string, specs []model.Weight, values []*device.Tensor, dtype safetensors.DType) []checkpoints.Tensor {
	var out []checkpoints.Tensor
	for i, v := range values {
		w := &specs[i]
		names, shape := w.Parts, w.Shape
		if names == nil {
			names = []string{w.Name}
		} else {
			shape = shape[1:]
		}
		var left []float32 // of the stack, whose parts are written one after the other
		for part, name := range names {
			out = append(out, checkpoints.Tensor{Name: prefix + name, DType: dtype, Shape: shape, Produce: func(to io.Writer) error {
				if part == 0 {
					var err error
					if left, err = device.Values[float32](t.setup.Device, v); err != nil {
						return err
					}
				}
				n := len(left) / (len(names) - part)
				x := left[:n]
				left = left[n:]
				if len(left) == 0 {
					left = nil
				}
				return safetensors.WriteFloat32(to, dtype, x)
			}})
		}
	}
	return out
}

// restore continues from a loaded checkpoint. The tensors of the stage in progress
// are taken up when the stage opens.
func (t *Trainer) restore(c *checkpoints.Checkpoint) error {
	s, err := parseState(c.State)
	if err != nil {
		return fmt.Errorf("trainer: state of step %d: %w", c.Step, err)
	}
	if s.Seed != t.setup.Seed || s.Stage > len(t.setup.Stages) || s.Step != c.Step {
		return fmt.Errorf("trainer: step %d was saved with seed %d in stage %d; this run has seed %d and %d stages",
			c.Step, s.Seed, s.Stage, t.setup.Seed, len(t.setup.Stages))
	}
	weights, prefix := c.Model, ""
	if t.policy.Arch.ComputeDType() != dtypes.Float32 {
		weights, prefix = c.Optimizer, masterPrefix
	}
	p, err := model.PolicyFromTensors(t.policy.Arch, lookup(weights, prefix), t.setup.Device.Keep)
	if err != nil {
		return fmt.Errorf("trainer: step %d: %w", c.Step, err)
	}
	p.Version = s.PolicyVersion
	if err := t.restoreHead(c); err != nil {
		return err
	}
	*t.policy = *p
	t.state, t.saved = *s, c
	return nil
}

// maxCount is far beyond any count of a run, and far from overflow.
const maxCount = 1 << 53

// parseState reads a saved state and refuses what no run has saved.
func parseState(raw []byte) (*state, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	s := &state{}
	if err := dec.Decode(s); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, errors.New("more than one JSON value")
	}
	for _, count := range []struct {
		name  string
		value int
	}{
		{"step", s.Step}, {"stage", s.Stage}, {"stage_step", s.StageStep}, {"consumed", s.Consumed},
		{"optimizer_steps", s.OptimizerSteps}, {"collected", int(s.Collected)}, {"policy_version", s.PolicyVersion}, {"num_tokens", s.NumTokens},
	} {
		if count.value < 0 || count.value > maxCount {
			return nil, fmt.Errorf("%s is %d", count.name, count.value)
		}
	}
	if s.StageStep > s.Step {
		return nil, fmt.Errorf("step %d of a stage in step %d of the run", s.StageStep, s.Step)
	}
	return s, nil
}

// restoreStage puts the saved optimizer state and reference into a stage that was
// in progress.
func (t *Trainer) restoreStage(st *stage) error {
	if t.saved == nil {
		return nil
	}
	defer t.saved.Close()
	defer func() { t.saved = nil }()
	if t.state.StageStep == 0 {
		return nil
	}
	st.optimizer.steps = t.state.OptimizerSteps
	for _, s := range t.state.Shapes {
		if !st.packer.allows(s) {
			return fmt.Errorf("trainer: state of step %d: micro-batches of %+v are larger than the stage's can be", t.state.Step, s)
		}
	}
	st.packer.shapes = t.state.Shapes
	trained := t.head.specsAfter(t.policy.Specs)
	for _, part := range []struct {
		prefix string
		into   *[]*device.Tensor
	}{{firstPrefix, &st.optimizer.first}, {secondPrefix, &st.optimizer.second}, {referencePrefix, &st.reference}} {
		if *part.into == nil {
			continue
		}
		var err error
		*part.into, err = model.ReadWeights(trained[:len(*part.into)], lookup(t.saved.Optimizer, part.prefix), t.setup.Device.Keep)
		if err != nil {
			return fmt.Errorf("trainer: optimizer state of step %d: %w", t.state.Step, err)
		}
	}
	if err := t.restoreQueue(st); err != nil {
		return fmt.Errorf("trainer: queue of step %d: %w", t.state.Step, err)
	}
	return nil
}

// lookup finds saved tensors by prefix and weight name.
func lookup(saved []checkpoints.Tensor, prefix string) model.Lookup {
	index := make(map[string]*checkpoints.Tensor, len(saved))
	for i := range saved {
		index[saved[i].Name] = &saved[i]
	}
	return func(name string) ([]float32, []int, error) {
		found, ok := index[prefix+name]
		if !ok {
			return nil, nil, fmt.Errorf("%s%s is missing", prefix, name)
		}
		x, err := safetensors.ToFloat32(found.DType, found.Data)
		return x, found.Shape, err
	}
}
