package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/rlvr-go/rlvr/configs"
	"github.com/rlvr-go/rlvr/configs/fault"
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
	problems, splits, by        []string
	out, against                string
	clean, json                 bool
	// eval are the flags that take the place of the config's section eval; given reports
	// which there are.
	eval  trainer.EvalOptions
	given func(flag string) bool
}

func newEvalCommand() *cobra.Command {
	o := &evalOptions{}
	c := &cobra.Command{
		Use:   "eval CONFIG",
		Short: "evaluate a checkpoint: avg@k, pass@k, maj@k with 95 % intervals, compared with another",
		Long: `Evaluate on the config's validation and test problems, or on problem files: the newest
checkpoint of its run, that of --checkpoint, or, before a run, the weights that it would start
from. docs/evaluation.md defines every number.

With --out every problem is written as soon as it is judged, and the same command goes on
where it was interrupted; the numbers are those of an uninterrupted one.`,
		Example: `  rlvr eval quickstart.yaml -n 8
  rlvr eval run.yaml --set data.task=math --set 'data.options={test_files: [test.jsonl]}' --by level
  rlvr eval run.yaml --problems mine.jsonl --out after.jsonl --against before.jsonl`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.config, o.given = args[0], cmd.Flags().Changed
			return runEval(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	addBackendFlag(c, &o.backend)
	f := c.Flags()
	f.StringArrayVar(&o.sets, "set", nil, "override a key: --set seed=2")
	f.StringVar(&o.checkpoint, "checkpoint", "", "a checkpoint or model folder, a GGUF file, a name on the Hub")
	f.IntVarP(&o.eval.NumGenerations, numFlag, "n", 0, "completions of each problem (default: as the config)")
	f.Float64Var(&o.eval.Temperature, temperatureFlag, 0, "0 for greedy (default: as the config; 1 where that is greedy and there are several completions)")
	f.IntVar(&o.eval.MaxCompletionLength, maxTokensFlag, 0, "most tokens of a completion (default: as the config)")
	f.IntVar(&o.eval.MaxExamples, limitFlag, 0, "the first problems of each split only; 0: all (default: as the config)")
	f.StringArrayVar(&o.problems, "problems", nil, "a JSONL problem file in place of the config's problems; may be given several times")
	f.StringSliceVar(&o.splits, "split", nil, "the splits to evaluate: train, validation, test (default: the latter two)")
	f.StringArrayVar(&o.by, "by", nil, "results by a field of the problems, such as level; may be given several times")
	f.StringVar(&o.out, "out", "", "a JSONL file for every problem with its completions, and to go on from")
	f.BoolVar(&o.clean, "clean", false, "start the --out file anew")
	f.StringVar(&o.against, "against", "", "compare with the --out file of another evaluation, or with a run folder or model, which is then evaluated too")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	return c
}

func runEval(ctx context.Context, o *evalOptions, out, errOut io.Writer) error {
	c, err := o.load()
	if err != nil {
		return err
	}
	against, err := openAgainst(o)
	if err != nil {
		return userError(err)
	}
	e := &evaluator{options: o, config: c, against: against, notes: out, errOut: errOut}
	if o.json {
		e.notes = errOut
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	here, err := e.evaluate(ctx, o.checkpoint, o.out)
	if err != nil {
		return err
	}
	there, err := against.results(ctx, e)
	if err != nil {
		return err
	}
	r := newEvalReport(o, here, there)
	if o.json {
		return json.NewEncoder(out).Encode(r)
	}
	return r.print(out)
}

// The flags that take the place of keys of the section eval.
const (
	numFlag         = "num"
	temperatureFlag = "temperature"
	maxTokensFlag   = "max-tokens"
	limitFlag       = "limit"
)

// sampling lays the flags over the config's section eval.
func (o *evalOptions) sampling(e *trainer.EvalOptions) error {
	if o.given(maxTokensFlag) {
		e.MaxCompletionLength = o.eval.MaxCompletionLength
	}
	if o.given(limitFlag) {
		e.MaxExamples = o.eval.MaxExamples
	}
	if o.given(numFlag) {
		e.NumGenerations = o.eval.NumGenerations
	}
	switch {
	case o.given(temperatureFlag):
		e.Temperature = o.eval.Temperature
	case o.given(numFlag) && e.NumGenerations > 1 && e.Temperature == 0:
		e.Temperature = 1
	}
	names := map[string]string{"num_generations": numFlag, "temperature": temperatureFlag, "max_completion_length": maxTokensFlag, "max_examples": limitFlag}
	var errs []error
	for _, f := range fault.Of(e.Validate()) {
		errs = append(errs, userError(fmt.Errorf("eval: --%s: found %v, allowed: %s", names[f.Path], f.Value, f.Allowed)))
	}
	return errors.Join(errs...)
}

// load reads the config and puts the problems that the flags name in place of its own.
func (o *evalOptions) load() (*configs.Config, error) {
	c, err := configs.Load(o.config, withBackend(o.sets, o.backend))
	if err != nil {
		return nil, err
	}
	if err := o.sampling(&c.Eval); err != nil {
		return nil, err
	}
	for _, name := range o.splits {
		if !slices.Contains(tasks.Splits, name) {
			return nil, userError(fmt.Errorf("eval: --split: found %q, allowed: %s", name, fault.OneOf(name, tasks.Splits)))
		}
	}
	if o.clean && o.out == "" {
		return nil, userError(errors.New("eval: --clean without --out: there is no file to start anew"))
	}
	if len(o.problems) == 0 {
		if len(o.splits) == 0 {
			o.splits = []string{tasks.Validation, tasks.Test}
		}
		return c, nil
	}
	if len(o.splits) > 0 {
		return nil, userError(errors.New("eval: --split beside --problems: problem files have no splits"))
	}
	o.splits = []string{tasks.Test}
	c.Data.Task, c.Data.Options = "", nil
	c.Data.TrainFiles, c.Data.ValidationFiles, c.Data.TestFiles = nil, nil, o.problems
	return c, nil
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
