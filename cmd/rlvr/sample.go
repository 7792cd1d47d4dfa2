package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/rlvr-go/rlvr/configs"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/sampler"
	"github.com/rlvr-go/rlvr/trainer"
	"github.com/rlvr-go/rlvr/trainer/runlog"
	"github.com/rlvr-go/rlvr/verifier"
)

// sampleOptions are the flags of rlvr sample.
type sampleOptions struct {
	config, model, checkpoint, backend string
	sets, prompts                      []string
	n, maxTokens                       int
	temperature                        float64
	seed                               int64
	json                               bool
}

func newSampleCommand() *cobra.Command {
	o := &sampleOptions{}
	c := &cobra.Command{
		Use:   "sample (CONFIG | --model DIR)",
		Short: "print completions of prompts, with verdicts where the answer is known",
		Long: `Print completions of prompts: of the newest checkpoint of a config's run, or of a model folder.
Without --prompt it asks for prompts, or reads them from standard input, one a line.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.config = args[0]
			}
			if (o.config == "") == (o.model == "") {
				return userError(errors.New("sample: found neither or both of CONFIG and --model, allowed: one of them"))
			}
			if o.n > 1 && !cmd.Flags().Changed("temperature") {
				o.temperature = 1
			}
			return runSample(cmd.Context(), o, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVar(&o.model, "model", "", "a model folder in Hugging Face layout")
	f.StringVar(&o.checkpoint, "checkpoint", "", "a checkpoint folder of the config's run")
	f.StringArrayVar(&o.sets, "set", nil, "override a key of the config")
	f.StringArrayVar(&o.prompts, "prompt", nil, "a prompt; may be given several times")
	f.IntVarP(&o.n, "num", "n", 1, "completions of each prompt")
	f.IntVar(&o.maxTokens, "max-tokens", 0, "most tokens of a completion (default: as the config; of a model folder, half its positions, at most 512)")
	f.Float64Var(&o.temperature, "temperature", 0, "0 for greedy (default: greedy for one completion, else 1)")
	f.Int64Var(&o.seed, "seed", 0, "seed of the random numbers")
	addBackendFlag(c, &o.backend)
	f.BoolVar(&o.json, "json", false, "print a JSON object a line")
	return c
}

func runSample(ctx context.Context, o *sampleOptions, in io.Reader, out, errOut io.Writer) error {
	notes := out
	if o.json {
		notes = errOut
	}
	t, known, options, err := openSampler(ctx, o, notes, errOut)
	if err != nil {
		return err
	}
	ask := func(text string, i int) error {
		ex, ok := known[text]
		if !ok {
			ex = &data.Example{ID: text, Prompt: text}
		}
		s, err := t.Complete(ctx, ex, options, sampler.Draw{Seed: o.seed, Step: i})
		if err != nil {
			return userError(err)
		}
		return printCompletions(out, s, o.json)
	}
	for i, p := range o.prompts {
		if err := ask(p, i); err != nil {
			return err
		}
	}
	if len(o.prompts) > 0 {
		return nil
	}
	return converse(in, out, errOut, o.json, ask)
}

// openSampler makes the trainer that completes prompts, the problems whose answers
// are known by prompt, and the sampling options.
func openSampler(ctx context.Context, o *sampleOptions, notes, errOut io.Writer) (*trainer.Trainer, map[string]*data.Example, sampler.Options, error) {
	options := sampler.DefaultOptions()
	known := map[string]*data.Example{}
	var t *trainer.Trainer
	if o.config != "" {
		c, err := configs.Load(o.config, withBackend(o.sets, o.backend))
		if err != nil {
			return nil, nil, options, err
		}
		var s *trainer.Setup
		if t, s, _, err = openTrained(ctx, c, o.checkpoint, notes, errOut); err != nil {
			return nil, nil, options, err
		}
		for _, set := range [][]data.Example{s.Train, s.Validation, s.Test} {
			for i := range set {
				known[set[i].Prompt] = &set[i]
			}
		}
		for i := range c.Stages {
			if !c.Stages[i].Offline() {
				options = c.Stages[i].Rollout
			}
		}
	} else {
		var err error
		var positions int
		if t, positions, err = openModelOnly(ctx, o, notes, errOut); err != nil {
			return nil, nil, options, userError(err)
		}
		options.MaxCompletionLength = max(1, min(options.MaxCompletionLength, positions/2))
	}
	options.NumGenerations, options.Temperature = o.n, o.temperature
	if o.maxTokens > 0 {
		options.MaxCompletionLength = o.maxTokens
	}
	if err := options.Validate(); err != nil {
		return nil, nil, options, userError(err)
	}
	return t, known, options, nil
}

// openModelOnly makes a trainer of a model folder alone, and says how many positions
// the model has.
func openModelOnly(ctx context.Context, o *sampleOptions, notes, errOut io.Writer) (t *trainer.Trainer, positions int, err error) {
	dev, err := device.Open(o.backend, newLogger(errOut))
	if err != nil {
		return nil, 0, err
	}
	fmt.Fprintln(notes, backendLine(dev))
	p, tok, err := loadModel(ctx, o.model, dev, errOut)
	if err != nil {
		return nil, 0, err
	}
	reward := verifier.DefaultOptions()
	v, err := reward.New()
	if err != nil {
		return nil, 0, err
	}
	return trainer.NewForSampling(trainer.Setup{Device: dev, Policy: p, Tokenizer: tok, Reward: reward, Log: newLogger(errOut),
		Judge: verifier.NewJudge(v, 0, reward.Timeout()), Report: silent{}}), p.Arch.MaxPositionEmbeddings, nil
}

// converse asks for prompts on a terminal, or reads them a line each.
func converse(in io.Reader, out, errOut io.Writer, asJSON bool, ask func(text string, i int) error) error {
	f, ok := in.(*os.File)
	prompt := ok && term.IsTerminal(int(f.Fd())) && !asJSON
	if prompt {
		fmt.Fprintln(out, "a prompt a line; an empty line or Ctrl-D ends")
	}
	lines := bufio.NewScanner(in)
	for i := 0; ; i++ {
		if prompt {
			fmt.Fprint(out, "> ")
		}
		if !lines.Scan() || (prompt && lines.Text() == "") {
			return lines.Err()
		}
		err := ask(lines.Text(), i)
		if err != nil && !prompt {
			return err
		}
		if err != nil {
			fmt.Fprintln(errOut, err)
		}
	}
}

// printCompletions shows the completions of one prompt with their verdicts.
func printCompletions(out io.Writer, s *data.Scored, asJSON bool) error {
	ex := s.Groups[0].Example
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		for i := range s.Rows {
			if err := enc.Encode(runlog.NewSample(0, "", ex.Prompt, ex, &s.Rows[i])); err != nil {
				return err
			}
		}
		return nil
	}
	for i := range s.Rows {
		r := &s.Rows[i]
		line := fmt.Sprintf("%s%s", ex.Prompt, strings.ReplaceAll(r.Rollout.Text, "\n", "\\n"))
		if len(ex.Answers) > 0 {
			line += fmt.Sprintf("   %s (answer %s)", r.Verdict.Kind, ex.Answers[0])
		}
		if r.Rollout.Finish == data.FinishLength {
			line += "   cut at the length limit"
		}
		fmt.Fprintln(out, line)
	}
	return nil
}
