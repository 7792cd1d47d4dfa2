package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rlvr-go/rlvr/configs"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/tokenize"
	"github.com/rlvr-go/rlvr/trainer"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// evalOptions are the flags of rlvr eval.
type evalOptions struct {
	config, backend, checkpoint string
	sets                        []string
	json                        bool
}

func newEvalCommand() *cobra.Command {
	o := &evalOptions{}
	c := &cobra.Command{
		Use:   "eval CONFIG",
		Short: "evaluate a checkpoint on the config's validation and test problems",
		Long: `Evaluate on the config's validation and test problems: the newest checkpoint of its run,
that of --checkpoint, or, before a run, the weights that it would start from.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.config = args[0]
			return runEval(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	addBackendFlag(c, &o.backend)
	c.Flags().StringArrayVar(&o.sets, "set", nil, "override a key: --set eval.num_generations=4")
	c.Flags().StringVar(&o.checkpoint, "checkpoint", "", "a checkpoint folder")
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON object")
	return c
}

func runEval(ctx context.Context, o *evalOptions, out, errOut io.Writer) error {
	c, err := configs.Load(o.config, withBackend(o.sets, o.backend))
	if err != nil {
		return err
	}
	notes := out
	if o.json {
		notes = errOut
	}
	t, _, from, err := openTrained(ctx, c, o.checkpoint, notes, errOut)
	if err != nil {
		return err
	}
	defer t.Close()
	var all []*trainer.Evaluation
	for _, set := range []string{tasks.Validation, tasks.Test} {
		e, _, err := t.Evaluate(ctx, set)
		if err != nil {
			return err
		}
		if e.Problems > 0 {
			all = append(all, e)
		}
	}
	if o.json {
		return json.NewEncoder(out).Encode(map[string]any{"checkpoint": from, "evaluations": all})
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "set\tproblems\tavg@k\tk\t95 % interval\tpass@k\tlength\ttruncated")
	for _, e := range all {
		fmt.Fprintf(w, "%s\t%d\t%.4f\t%d\t%.4f to %.4f\t%.4f\t%.1f\t%.1f %%\n", e.Set, e.Problems, e.Avg, e.K, e.Low, e.High, e.Pass, e.MeanLength, 100*e.Clipped)
	}
	return w.Flush()
}

// openTrained makes a trainer that holds a checkpoint's weights, for commands that
// do not train: checkpoint, or the run's newest, or those that a run starts from.
// It says which on notes and returns the folder.
func openTrained(ctx context.Context, c *configs.Config, checkpoint string, notes, errOut io.Writer) (*trainer.Trainer, *trainer.Setup, string, error) {
	if checkpoint == "" {
		var err error
		if checkpoint, err = latestCheckpoint(c); err != nil {
			return nil, nil, "", err
		}
	}
	if checkpoint != "" {
		// Its weights and tokenizer take the place of those that the run began with.
		of := *c
		of.Model, of.Tokenizer = model.DefaultOptions(), tokenize.Options{}
		of.Model.Path, of.Model.DType = checkpoint, c.Model.DType
		c = &of
	}
	s, err := assemble(ctx, c, verifier.SelfTestSize, newLogger(errOut), errOut)
	if err != nil {
		return nil, nil, "", err
	}
	fmt.Fprintln(notes, backendLine(s.Device))
	if checkpoint == "" {
		fmt.Fprintf(notes, "no checkpoint in %s: the weights that a run starts from\n", s.CheckpointDir)
	} else {
		fmt.Fprintf(notes, "checkpoint %s\n", checkpoint)
	}
	s.Report, s.EvaluateOnly = silent{}, true
	t, err := trainer.New(*s)
	if err != nil {
		return nil, nil, "", userError(err)
	}
	return t, s, checkpoint, nil
}
