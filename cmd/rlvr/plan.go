package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/checkpoints/hub"
	"github.com/rlvr-go/rlvr/configs"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/tokenize"
	"github.com/rlvr-go/rlvr/trainer"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

func newPlanCommand() *cobra.Command {
	var sets []string
	var asJSON bool
	c := &cobra.Command{
		Use:   "plan CONFIG",
		Short: "say what a run would do and need, and do nothing",
		Long: `Say what a run would do and need: its problems, its stages with their updates a rollout, its
memory by part, and what is missing here. Nothing is computed, written or downloaded. A
model or problem file that is not here is told, not an error: rlvr train would refuse.
rlvr train CONFIG --dry-run does the same.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPlan(cmd.Context(), args[0], sets, asJSON, cmd.OutOrStdout())
		},
	}
	addSetFlag(c, &sets)
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// plan is what rlvr plan tells.
type plan struct {
	Config    string       `json:"config"`
	OutputDir string       `json:"output_dir"`
	Model     string       `json:"model"`
	Params    int64        `json:"parameters,omitempty"`
	Data      []planData   `json:"data"`
	Stages    []planStage  `json:"stages"`
	Memory    []planMemory `json:"memory,omitempty"`
	Warnings  []string     `json:"warnings,omitempty"`
	Missing   []string     `json:"missing,omitempty"`
}

type planData struct {
	Split    string `json:"split"`
	Problems int    `json:"problems"`
}

type planStage struct {
	Name        string `json:"name"`
	Algorithm   string `json:"algorithm"`
	Steps       int    `json:"steps"`
	Prompts     int    `json:"prompts_per_step"`
	Completions int    `json:"completions_per_step"`
	Length      int    `json:"max_completion_length"`
	Updates     int    `json:"updates_per_rollout"`
	Staleness   int    `json:"max_staleness"`
	Passes      string `json:"passes"`
}

type planMemory struct {
	Part  string `json:"part"`
	Bytes int64  `json:"bytes"`
}

func runPlan(ctx context.Context, config string, sets []string, asJSON bool, out io.Writer) error {
	c, err := configs.Load(config, sets)
	if err != nil {
		return err
	}
	p := &plan{Config: config, OutputDir: c.OutputDir}
	p.addProblems(c)
	arch := p.addModel(ctx, c)
	if err := p.addStages(c); err != nil {
		return err
	}
	if arch != nil {
		if err := p.addMemory(c, arch); err != nil {
			return err
		}
	}
	if asJSON {
		return json.NewEncoder(out).Encode(p)
	}
	return p.print(out)
}

// addProblems counts the problems of each split, or says that they are not here.
func (p *plan) addProblems(c *configs.Config) {
	task, err := tasks.Open(c.Data)
	if err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			p.Missing = append(p.Missing, "data: "+line)
		}
		return
	}
	for _, split := range tasks.Splits {
		examples, err := task.Split(split)
		if err != nil {
			p.Missing = append(p.Missing, "data: "+err.Error())
			continue
		}
		p.Data = append(p.Data, planData{split, len(examples)})
	}
}

// addModel finds the architecture; nil where the model is not here.
func (p *plan) addModel(ctx context.Context, c *configs.Config) *model.Arch {
	arch, err := p.findArch(ctx, c)
	if err != nil {
		p.Missing = append(p.Missing, "model: "+err.Error())
		return nil
	}
	arch.DType = c.Model.DType
	for _, w := range arch.Weights() {
		p.Params += int64(w.Size())
	}
	if p.Model == "" {
		p.Model = arch.ModelType + " from random weights"
	}
	return arch
}

func (p *plan) findArch(ctx context.Context, c *configs.Config) (*model.Arch, error) {
	if c.Model.Path == "" {
		tok, err := tokenize.New(c.Tokenizer)
		if err != nil {
			return nil, err
		}
		arch := c.Model.Config.WithDefaults()
		if arch.VocabSize == 0 {
			arch.VocabSize = tok.VocabSize()
		}
		return &arch, nil
	}
	p.Model = c.Model.Path
	path := c.Model.Path
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && hub.IsName(path) {
		if path, err = hub.Resolve(ctx, path, hub.Options{CacheOnly: true}); err != nil {
			return nil, fmt.Errorf("%s is not in the cache: rlvr train would download it from the Hugging Face Hub", p.Model)
		}
	}
	m, err := checkpoints.OpenModel(path)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	return model.ParseArch(m.Files["config.json"])
}

func (p *plan) addStages(c *configs.Config) error {
	for i := range c.Stages {
		o := &c.Stages[i]
		a, err := o.Resolve()
		if err != nil {
			return err
		}
		s := planStage{
			Name: o.Name, Algorithm: a.Name, Steps: o.Steps, Prompts: o.NumPromptsPerStep, Length: o.Rollout.MaxCompletionLength,
			Updates: o.Update.NumIterations, Staleness: o.Queue.MaxStaleness,
		}
		if m := o.Update.MiniBatchPrompts; m > 0 {
			s.Updates *= o.NumPromptsPerStep / m
		}
		if !a.Offline {
			s.Completions = o.NumPromptsPerStep * o.Rollout.NumGenerations
		}
		s.Passes = passes(a, s.Updates)
		for _, w := range o.Warnings(a) {
			p.Warnings = append(p.Warnings, fmt.Sprintf("stage %s (%s): %s", o.Name, w.Name, w.Text))
		}
		p.Stages = append(p.Stages, s)
	}
	return nil
}

// passes names the forward passes of a step beside its updates.
func passes(a *algos.Algorithm, updates int) string {
	needs := a.Needs()
	var out []string
	switch {
	case needs.Values:
		out = append(out, "old and values")
	case needs.Old && updates > 1 || needs.Score:
		out = append(out, "old")
	}
	if needs.Ref {
		out = append(out, "reference")
	}
	if len(out) == 0 {
		return "-"
	}
	return strings.Join(out, ", ")
}

func (p *plan) addMemory(c *configs.Config, arch *model.Arch) error {
	limit := c.Data.MaxPromptLength
	if limit == 0 {
		limit = arch.MaxPositionEmbeddings
	}
	parts, err := trainer.Memory(arch, c.Stages, limit)
	if err != nil {
		return err
	}
	for _, m := range parts {
		p.Memory = append(p.Memory, planMemory{m.Name, m.Bytes})
	}
	return nil
}

func (p *plan) print(out io.Writer) error {
	fmt.Fprintf(out, "%s: no faults; would write to %s\n", p.Config, p.OutputDir)
	if p.Params > 0 {
		fmt.Fprintf(out, "model  %s, %d parameters\n", p.Model, p.Params)
	}
	for _, d := range p.Data {
		fmt.Fprintf(out, "data   %s: %d problems\n", d.Split, d.Problems)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nstage\talgorithm\tsteps\tprompts\tcompletions\ttokens at most\tupdates/rollout\tstaleness\tfurther passes")
	for _, s := range p.Stages {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", s.Name, s.Algorithm, s.Steps, s.Prompts, s.Completions, s.Length, s.Updates, s.Staleness, s.Passes)
	}
	if len(p.Memory) > 0 {
		total := int64(0)
		fmt.Fprintln(w, "\ndevice memory\tMiB")
		for _, m := range p.Memory {
			total += m.Bytes
			fmt.Fprintf(w, "%s\t%.1f\n", m.Part, mib(m.Bytes))
		}
		fmt.Fprintf(w, "together, without activations\t%.1f\n", mib(total))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, text := range p.Warnings {
		fmt.Fprintf(out, "\nwarning: %s\n", text)
	}
	if len(p.Missing) > 0 {
		fmt.Fprintf(out, "\nnot here:\n  %s\n", strings.Join(p.Missing, "\n  "))
	}
	return nil
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }
