package model

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// Options name the policy (config section "model"): a checkpoint folder, or an
// architecture to initialise at random.
type Options struct {
	// Path is a folder in Hugging Face layout.
	Path string `yaml:"path"`
	// Config has the fields of config.json, for a random initialisation.
	Config *Arch `yaml:"config"`
	// DType is the dtype of computation and of saved weights, float32 or bfloat16.
	// Master weights and optimizer state are float32 always.
	DType string `yaml:"dtype"`
}

// computeDTypes are the dtypes of computation by their names.
var computeDTypes = map[string]dtypes.DType{"float32": dtypes.Float32, "bfloat16": dtypes.BFloat16}

// SetDType chooses the dtype of computation, float32 or bfloat16.
func (a *Arch) SetDType(name string) error {
	if _, ok := computeDTypes[name]; !ok {
		return fmt.Errorf("model: dtype: found %q, allowed: float32, bfloat16", name)
	}
	a.DType = name
	return nil
}

// ComputeDType is DType as the backend knows it; float32 where it is empty.
func (a *Arch) ComputeDType() dtypes.DType {
	if dtype, ok := computeDTypes[a.DType]; ok {
		return dtype
	}
	return dtypes.Float32
}

// DefaultOptions compute in float32.
func DefaultOptions() Options { return Options{DType: "float32"} }

// Validate reports every option out of range.
func (o *Options) Validate() error {
	var l fault.List
	switch {
	case o.Path == "" && o.Config == nil:
		l.Add("path", nil, "required: a checkpoint folder here, or an architecture under config")
	case o.Path != "" && o.Config != nil:
		l.Add("path", o.Path, "nothing while config is given: a checkpoint brings its own")
	case o.Config != nil:
		l.Merge("config", o.Config.Validate())
	}
	_, ok := computeDTypes[o.DType]
	l.Check(ok, "dtype", o.DType, "float32 or bfloat16")
	return l.Err()
}
