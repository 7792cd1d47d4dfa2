package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/spf13/cobra"

	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// parityOptions are the flags of rlvr parity.
type parityOptions struct {
	model, golden, backend, dtype string
	atol                          float64
	seed                          int64
	json                          bool
}

// parityTolerance is --atol's default in float32: two builds of the reference differ by
// 3e-6 on small models, mistakes by more than 1e-3.
const parityTolerance = 1e-4

func newParityCommand() *cobra.Command {
	o := &parityOptions{}
	c := &cobra.Command{
		Use:   "parity --model DIR [--golden FILE]",
		Short: "compare logits with a golden file, or sampler and trainer with each other",
		Long: `Compare what a model computes with a golden file, or its own ways to compute with each other.

The golden file, in safetensors format, holds for K = 0, 1, ... input_ids_K [n] and
logits_K [n, V]; where it has them, logprobs_K [n-1] (of token t+1 given tokens up to t),
greedy_K (a greedy continuation), and, of layer L, router_topk_K.L and router_weight_K.L [n, k]
are compared too. For each K the largest absolute difference is printed, and the largest
relative one: of an element to its own size, among those of at least a hundredth of the
largest.

Without --golden, completions of random prompts are sampled, and the log-probability of
each token is computed by the sampler, token by token, in one pass, in batches padded on
either side, and in packed rows as in training; the largest difference of each pair of
these is printed.

Exit code 1 if a difference exceeds --atol, or ids are not the same. In bfloat16 there is
no default for it: differences are only printed.`,
		Example: `  rlvr parity --model Qwen3-0.6B --golden golden.safetensors
  rlvr parity --model Qwen3-0.6B --dtype bfloat16`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.dtype == "bfloat16" && !cmd.Flags().Changed("atol") {
				o.atol = math.Inf(1)
			}
			return runParity(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVar(&o.model, "model", "", "a model folder in Hugging Face layout, a GGUF file, or a name on the Hugging Face Hub")
	f.StringVar(&o.golden, "golden", "", "a safetensors file with expected outputs")
	f.Float64Var(&o.atol, "atol", parityTolerance, "the largest absolute difference allowed")
	f.StringVar(&o.dtype, "dtype", "float32", "dtype of computation: float32, bfloat16")
	f.Int64Var(&o.seed, "seed", 0, "seed of the random prompts")
	addBackendFlag(c, &o.backend)
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	return c
}

// parityReport is what rlvr parity finds out.
type parityReport struct {
	Model   string  `json:"model"`
	Backend string  `json:"backend"`
	DType   string  `json:"dtype"`
	ATol    reading `json:"atol"`
	// Sequences are those of a golden file, Pairs the ways to compute.
	Sequences []sequenceReport `json:"sequences,omitempty"`
	Pairs     []pairReport     `json:"pairs,omitempty"`
	// MaxAbs is the largest absolute difference of all, OK that nothing is wrong.
	MaxAbs reading `json:"max_abs"`
	OK     bool    `json:"ok"`
}

// reading is a number that JSON has no word for where it is not finite: null then.
type reading float64

// MarshalJSON implements [json.Marshaler].
func (r reading) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(r)) || math.IsInf(float64(r), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(r))
}

func runParity(ctx context.Context, o *parityOptions, out, errOut io.Writer) error {
	if o.model == "" {
		return userError(errors.New("parity: --model is missing: a model folder or a GGUF file"))
	}
	if !(o.atol >= 0) {
		return userError(fmt.Errorf("parity: --atol: found %g, allowed: 0 or more", o.atol))
	}
	var golden *goldenFile
	if o.golden != "" {
		var err error
		if golden, err = openGolden(o.golden); err != nil {
			return userError(err)
		}
		defer golden.Close()
	}
	dev, err := device.Open(o.backend, newLogger(errOut))
	if err != nil {
		return userError(err)
	}
	notes := out
	if o.json {
		notes = errOut
	}
	fmt.Fprintln(notes, backendLine(dev))
	p, err := loadWeights(ctx, o.model, dev, errOut)
	if err != nil {
		return userError(err)
	}
	if err := p.Arch.SetDType(o.dtype); err != nil {
		return userError(err)
	}
	passes := model.NewPasses(dev, p)
	r := &parityReport{Model: o.model, Backend: dev.Name, DType: o.dtype, ATol: reading(o.atol), OK: true}
	if golden != nil {
		err = r.compareGolden(ctx, golden, passes, p.Arch)
	} else {
		err = r.comparePaths(ctx, dev, p, passes, o.seed)
	}
	if err != nil {
		return err
	}
	return r.print(out, o.json)
}

// note takes a difference into account.
func (r *parityReport) note(d reading) {
	r.MaxAbs = reading(math.Max(float64(r.MaxAbs), float64(d))) // which keeps NaN
	if !(d <= r.ATol) {
		r.OK = false
	}
}

// print writes the report; where something is wrong, its error is exit code 1.
func (r *parityReport) print(out io.Writer, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(r); err != nil {
			return err
		}
	} else {
		for i := range r.Sequences {
			fmt.Fprint(out, &r.Sequences[i])
		}
		for _, p := range r.Pairs {
			fmt.Fprintf(out, "%-24s %-24s max abs %.2e\n", p.A, p.B, float64(p.MaxAbs))
		}
		fmt.Fprintf(out, "largest difference %.2e (%s, %s)\n", float64(r.MaxAbs), r.Backend, r.DType)
	}
	if !r.OK {
		return fmt.Errorf("parity: the largest difference is %.2e, allowed is %.2e, or ids differ", float64(r.MaxAbs), float64(r.ATol))
	}
	return nil
}
