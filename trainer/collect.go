package trainer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// completionsFile is what a stage with collect: true leaves in its folder.
const completionsFile = "completions.jsonl"

// collected is a line of that file: a judged completion, as a row of a problem file
// ([data.DecodeJSONL]) with what only the run itself reads.
type collected struct {
	ID      string          `json:"id"`
	Prompt  string          `json:"prompt,omitempty"`
	Chat    []data.Message  `json:"messages,omitempty"`
	Tools   json.RawMessage `json:"tools,omitempty"`
	Kwargs  map[string]any  `json:"chat_template_kwargs,omitempty"`
	Answers []string        `json:"answer,omitempty"`
	// Completion is the text; a row of a problem file has no empty one.
	Completion string `json:"completion,omitempty"`
	// Problem is the id of the problem, Step the step of the run that sampled the
	// completion, Sample its index in its group.
	Problem string  `json:"problem"`
	Step    int     `json:"step"`
	Sample  int     `json:"sample"`
	Verdict string  `json:"verdict"`
	Reward  float64 `json:"reward"`
	Finish  string  `json:"finish"`
	// PromptIDs and CompletionIDs are the tokens that were sampled: text would not
	// always give the same ones again.
	PromptIDs     []int32 `json:"prompt_ids"`
	CompletionIDs []int32 `json:"completion_ids"`
}

// collector writes the completions of a stage that trains nothing.
type collector struct {
	file *os.File
	size int64
}

// openCollector opens the file of a stage and cuts it back to size, where the run that
// is resumed had saved it.
func openCollector(dir string, size int64) (*collector, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, completionsFile), os.O_CREATE|os.O_RDWR, 0o644) //nolint:gosec // a file of the run folder
	if err != nil {
		return nil, err
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err == nil && end < size {
		err = fmt.Errorf("%s has %d bytes, %d were saved", f.Name(), end, size)
	}
	if err == nil {
		err = f.Truncate(size)
	}
	if err == nil {
		_, err = f.Seek(size, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &collector{file: f, size: size}, nil
}

// add writes the judged completions of a step. Those that could not be judged are left
// out.
func (c *collector) add(step int, s *data.Scored) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false) // which would change messages
	for i := range s.Rows {
		r := &s.Rows[i]
		if r.Verdict.Masked() {
			continue
		}
		g := &s.Groups[r.Group]
		ex := g.Example
		if err := enc.Encode(&collected{
			ID:     fmt.Sprintf("%s/%d/%d", ex.ID, step, r.Rollout.Sample),
			Prompt: ex.Prompt, Chat: ex.Messages, Tools: ex.Tools, Kwargs: ex.Kwargs, Answers: ex.Answers,
			Completion: r.Rollout.Text, Problem: ex.ID, Step: step, Sample: r.Rollout.Sample,
			Verdict: r.Verdict.Kind.String(), Reward: r.Reward, Finish: r.Rollout.Finish.String(),
			PromptIDs: g.Prompt, CompletionIDs: r.Rollout.Tokens(),
		}); err != nil {
			return err
		}
	}
	n, err := c.file.Write(text.Bytes())
	c.size += int64(n)
	return err
}

// bytes is the size of what was written; 0 of a stage that keeps nothing.
func (c *collector) bytes() int64 {
	if c == nil {
		return 0
	}
	return c.size
}

// sync makes durable what a stage, if there is one, has kept.
func (st *stage) sync() error {
	if st == nil || st.collector == nil {
		return nil
	}
	return st.collector.file.Sync()
}

// close closes the file of what a stage has kept.
func (st *stage) close() error {
	if st.collector == nil {
		return nil
	}
	return errors.Join(st.collector.file.Sync(), st.collector.file.Close())
}

// checkCollect reports what a stage that trains nothing cannot have.
func (o *StageOptions) checkCollect(l *fault.List) {
	l.Check(o.Algorithm.Name == "", "algorithm.name", o.Algorithm.Name, "nothing while collect is true: such a stage trains nothing")
	l.Check(o.Collected == CollectedOptions{}, "collected.stage", o.Collected.Stage, "nothing while collect is true")
	l.Check(len(o.Roles) == 0, "roles", nil, "nothing while collect is true")
	l.Check(o.Until.Metric == "", "until.metric", o.Until.Metric, "nothing while collect is true: the policy stays as it is")
	l.Check(o.Queue.MaxStaleness == 0, "queue.max_staleness", o.Queue.MaxStaleness, "0 while collect is true")
}

// openCollection makes ready a stage that rolls the policy out and trains nothing.
func (t *Trainer) openCollection(o *StageOptions) (*stage, error) {
	a, err := o.Resolve()
	if err != nil {
		return nil, err
	}
	st := &stage{
		opts: o, algorithm: a, objective: &objective{}, optimizer: &optimizer{},
		packer: newPacker(t.policy.Arch, o),
		cursor: cursor{n: len(t.train), seed: t.setup.Seed, stage: t.state.Stage, consumed: t.state.Consumed},
	}
	if st.generator, err = t.newGenerator(o.Rollout); err != nil {
		return nil, fmt.Errorf("trainer: stage %s: %w", o.Name, err)
	}
	if err := t.restoreStage(st); err != nil {
		return nil, err
	}
	if st.collector, err = openCollector(t.stageFolder(o.Name), t.state.Collected); err != nil {
		return nil, fmt.Errorf("trainer: stage %s: %w", o.Name, err)
	}
	t.setup.Report.Stage(runlog.Stage{
		Name: o.Name, Algorithm: collectName, Number: t.state.Stage + 1, Of: len(t.setup.Stages),
		First: t.state.Step + 1, Last: t.state.Step - t.state.StageStep + o.Steps,
		Notes: []string{fmt.Sprintf("%d prompts a step x %d completions of at most %d tokens at temperature %g, kept and not trained on; %d training problems",
			o.NumPromptsPerStep, o.Rollout.NumGenerations, o.Rollout.MaxCompletionLength, o.Rollout.Temperature, len(t.train))},
	})
	return st, nil
}

// collectName is what logs call a stage that trains nothing.
const collectName = "collect"

// collect does a step of such a stage.
func (t *Trainer) collect(ctx context.Context, st *stage) error {
	clock := t.startClock()
	s, err := t.gather(ctx, st, clock)
	if err != nil {
		return err
	}
	if err := st.collector.add(t.state.Step+1, s); err != nil {
		return fmt.Errorf("trainer: stage %s: %w", st.opts.Name, err)
	}
	return t.endStep(ctx, st, clock, s, map[string]float64{}, 0)
}

// readCollected reads the lines of a stage's completions.
func readCollected(r io.Reader) ([]collected, error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 64<<10), data.MaxLineBytes)
	var out []collected
	for in.Scan() {
		var c collected
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(out)+1, err)
		}
		out = append(out, c)
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", len(out)+1, err)
	}
	return out, nil
}
