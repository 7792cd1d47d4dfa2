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
	json, raw                          bool
}

func newSampleCommand() *cobra.Command {
	o := &sampleOptions{}
	c := &cobra.Command{
		Use:   "sample (CONFIG | --model DIR)",
		Short: "print completions of prompts, with verdicts where the answer is known",
		Long: `Print completions of prompts: of the newest checkpoint of a config's run, or of a model: a
folder in Hugging Face layout, a GGUF file or a name on the Hub. A prompt is the user's message
of a chat where the model has a chat template, else text to continue.
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
	f.StringVar(&o.model, "model", "", "a model: a folder in Hugging Face layout, a GGUF file, a name on the Hub")
	f.StringVar(&o.checkpoint, "checkpoint", "", "a checkpoint folder of the config's run")
	f.StringArrayVar(&o.sets, "set", nil, "override a key of the config")
	f.StringArrayVar(&o.prompts, "prompt", nil, "a prompt; may be given several times")
	f.BoolVar(&o.raw, "raw", false, "prompts are text to continue, even where the model has a chat template")
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
	s, err := openSampler(ctx, o, notes, errOut)
	if err != nil {
		return err
	}
	defer s.trainer.Close()
	ask := func(text string, i int) error {
		s, err := s.trainer.Complete(ctx, s.problem(text), s.options, sampler.Draw{Seed: o.seed, Step: i})
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

// openedSampler completes prompts.
type openedSampler struct {
	trainer *trainer.Trainer
	options sampler.Options
	// known are the problems whose answers are known, by what they ask.
	known map[string]*data.Example
	// chat says that a prompt is the user's message of a chat.
	chat bool
}

// problem is the problem that asks a text.
func (s *openedSampler) problem(text string) *data.Example {
	if ex, ok := s.known[text]; ok {
		return ex
	}
	if s.chat {
		return &data.Example{ID: text, Messages: []data.Message{{Role: data.RoleUser, Content: text}}}
	}
	return &data.Example{ID: text, Prompt: text}
}

// question is what a problem asks: its prompt, or the last message of its chat.
func question(ex *data.Example) string {
	if n := len(ex.Messages); n > 0 {
		return ex.Messages[n-1].Content
	}
	return ex.Prompt
}

// openSampler opens what the flags name.
func openSampler(ctx context.Context, o *sampleOptions, notes, errOut io.Writer) (*openedSampler, error) {
	s := &openedSampler{options: sampler.DefaultOptions(), known: map[string]*data.Example{}}
	open := s.openModel
	if o.config != "" {
		open = s.openConfig
	}
	if err := open(ctx, o, notes, errOut); err != nil {
		return nil, err
	}
	s.chat = s.chat && !o.raw
	s.options.NumGenerations, s.options.Temperature = o.n, o.temperature
	if o.maxTokens > 0 {
		s.options.MaxCompletionLength = o.maxTokens
	}
	return s, userError(s.options.Validate())
}

// openConfig takes the model, the problems and the sampling options of a run.
func (s *openedSampler) openConfig(ctx context.Context, o *sampleOptions, notes, errOut io.Writer) error {
	c, err := configs.Load(o.config, withBackend(o.sets, o.backend))
	if err != nil {
		return err
	}
	t, setup, _, err := openTrained(ctx, c, o.checkpoint, notes, errOut)
	if err != nil {
		return err
	}
	s.trainer, s.chat = t, setup.Tokenizer.HasChatTemplate()
	for _, set := range [][]data.Example{setup.Train, setup.Validation, setup.Test} {
		for i := range set {
			s.known[question(&set[i])] = &set[i]
		}
	}
	for i := range c.Stages {
		if !c.Stages[i].Offline() {
			s.options = c.Stages[i].Rollout
		}
	}
	return nil
}

// openModel takes a model alone.
func (s *openedSampler) openModel(ctx context.Context, o *sampleOptions, notes, errOut io.Writer) error {
	dev, err := device.Open(o.backend, newLogger(errOut))
	if err != nil {
		return userError(err)
	}
	fmt.Fprintln(notes, backendLine(dev))
	m, err := loadModel(ctx, o.model, dev, errOut)
	if err != nil {
		return userError(err)
	}
	reward := verifier.DefaultOptions()
	rewards, err := reward.Open(newLogger(errOut))
	if err != nil {
		return err
	}
	s.trainer = trainer.NewForSampling(trainer.Setup{Device: dev, Policy: m.policy, Tokenizer: m.tokenizer, Rewards: rewards, Log: newLogger(errOut), Report: silent{}})
	s.chat = m.tokenizer.HasChatTemplate()
	s.options.MaxCompletionLength = max(1, min(s.options.MaxCompletionLength, m.policy.Arch.MaxPositionEmbeddings/2))
	return nil
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
			if err := enc.Encode(runlog.NewSample(0, "", question(ex), ex, &s.Rows[i])); err != nil {
				return err
			}
		}
		return nil
	}
	chat := len(ex.Messages) > 0
	if chat {
		fmt.Fprintln(out, question(ex))
	}
	for i := range s.Rows {
		r := &s.Rows[i]
		// A text that is continued stays on a line with its prompt, an answer on its own.
		text := r.Rollout.Text
		if !chat {
			text = ex.Prompt + strings.ReplaceAll(text, "\n", "\\n")
		}
		if len(ex.Answers) > 0 {
			text += fmt.Sprintf("   %s (answer %s)", r.Verdict.Kind, ex.Answers[0])
		}
		if r.Rollout.Finish == data.FinishLength {
			text += "   cut at the length limit"
		}
		fmt.Fprintln(out, text)
	}
	return nil
}
