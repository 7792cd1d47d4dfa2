package model

import (
	"github.com/rlvr-go/rlvr/configs/fault"
)

// Options name the policy (config section "model"): a checkpoint folder, or an
// architecture to initialise at random.
type Options struct {
	// Path is a folder in Hugging Face layout.
	Path string `yaml:"path"`
	// Config has the fields of config.json, for a random initialisation.
	Config *Arch `yaml:"config"`
	// DType is the dtype of computation and of saved weights: float32. Master
	// weights and optimizer state are float32 always.
	DType string `yaml:"dtype"`
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
	l.Check(o.DType == "float32", "dtype", o.DType, "float32")
	return l.Err()
}
