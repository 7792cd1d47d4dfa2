package trainer

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/checkpoints"
)

// savedRun is the checkpoint of step 2 of a stage of 4, and its setup.
func savedRun(t testing.TB) (Setup, *checkpoints.Checkpoint) {
	t.Helper()
	s, _ := kitSetup(t, openDevice(t, "go"), kitStage("rl", "grpo", 4))
	verify(evenStart).judgeBy(&s)
	s.Test, s.Validation = nil, nil
	runAll(t, s)
	c, err := checkpoints.Load(s.CheckpointDir, 2)
	if err != nil {
		t.Fatal(err)
	}
	s.Policy = kitPolicy(t, kitArch())
	return s, c
}

// TestRestoreRefuses: a checkpoint that is not of this run, or that no run has
// saved, is an error before or when the stage opens, and never a panic.
func TestRestoreRefuses(t *testing.T) {
	s, c := savedRun(t)
	for name, tt := range map[string]struct{ from, to, want string }{
		"no JSON":             {"{", "", "state of step 2"},
		"two values":          {"{", "{}{", "more than one"},
		"unknown field":       {`"step":2`, `"step":2,"stepp":2`, "stepp"},
		"wrong type":          {`"step":2`, `"step":"2"`, "step"},
		"another step":        {`"step":2`, `"step":3`, "step 2"},
		"another seed":        {`"seed":1`, `"seed":5`, "seed 5"},
		"stage that is not":   {`"stage":0`, `"stage":2`, "stage 2"},
		"negative stage":      {`"stage":0`, `"stage":-1`, "stage is -1"},
		"negative place":      {`"consumed":8`, `"consumed":-8`, "consumed is -8"},
		"negative stage step": {`"stage_step":2`, `"stage_step":-2`, "stage_step is -2"},
		"later stage step":    {`"stage_step":2`, `"stage_step":3`, "step 3 of a stage"},
		"huge number":         {`"consumed":8`, `"consumed":1e30`, "consumed"},
		"huge shape":          {`"R":`, `"R":9999999`, "larger"},
		"shape of nothing":    {`"S":`, `"S":0,"S":-`, "larger"},
	} {
		t.Run(name, func(t *testing.T) {
			state := strings.Replace(string(c.State), tt.from, tt.to, 1)
			if state == string(c.State) {
				t.Fatalf("the state has no %s: %s", tt.from, state)
			}
			tr := newTrainer(t, s)
			err := tr.Resume(&checkpoints.Checkpoint{Step: 2, State: []byte(state), Model: c.Model, Optimizer: c.Optimizer})
			if err == nil {
				_, err = tr.openStage()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// TestRestoreWantsTensors: a missing or wrong weight or moment is named.
func TestRestoreWantsTensors(t *testing.T) {
	s, c := savedRun(t)
	without := func(list []checkpoints.Tensor, i int) []checkpoints.Tensor {
		return append(append([]checkpoints.Tensor{}, list[:i]...), list[i+1:]...)
	}
	short := append([]checkpoints.Tensor{}, c.Optimizer...)
	short[3].Shape = []int{2, len(short[3].Data) / 8}
	for name, tt := range map[string]struct {
		model, optimizer []checkpoints.Tensor
		want             string
	}{
		"no weight":    {without(c.Model, 2), c.Optimizer, c.Model[2].Name},
		"no moment":    {c.Model, without(c.Optimizer, 4), c.Optimizer[4].Name},
		"no optimizer": {c.Model, nil, c.Optimizer[0].Name},
		"wrong shape":  {c.Model, short, short[3].Name[len(firstPrefix):]},
	} {
		tr := newTrainer(t, s)
		err := tr.Resume(&checkpoints.Checkpoint{Step: 2, State: c.State, Model: tt.model, Optimizer: tt.optimizer})
		if err == nil {
			_, err = tr.openStage()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one that names %s", name, err, tt.want)
		}
	}
}

// FuzzParseState: whatever a state file holds is refused or makes a state that
// reads the same again, and a run goes on from it or says why not.
func FuzzParseState(f *testing.F) {
	s, c := savedRun(f)
	f.Add(c.State)
	f.Add([]byte(`{"step":2,"stage":0,"stage_step":2,"consumed":8,"optimizer_steps":9223372036854775807,"seed":1,"shapes":[{"R":1,"S":512,"N":16,"T":64}]}`))
	f.Add([]byte(`{"step":2,"seed":1,"stage":1,"milestones":[{"after":"x","step":-1,"eval":{"avg":1e300}}]}`))
	f.Add([]byte(`{"step":2,"seed":1,"consumed":9223372036854775807,"stage_step":1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		state, err := parseState(raw)
		if err != nil {
			return
		}
		text, err := json.Marshal(state)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseState(text)
		if err != nil || !cmp.Equal(state, again) {
			t.Fatalf("%s is read as %+v, then %+v, %v", raw, state, again, err)
		}
		setup := s
		setup.Report, setup.CheckpointDir = &recorder{}, ""
		tr := newTrainer(t, setup)
		if err := tr.Resume(&checkpoints.Checkpoint{Step: 2, State: bytes.Clone(raw), Model: c.Model, Optimizer: c.Optimizer}); err != nil {
			return
		}
		if tr.state.Stage == len(setup.Stages) {
			return
		}
		st, err := tr.openStage()
		if err != nil || st.over(&tr.state) {
			return
		}
		_, scoring, err := tr.rollouts(t.Context(), st, st.opts.NumPromptsPerStep)
		if err != nil {
			t.Fatal(err)
		}
		scoring.Close()
	})
}
