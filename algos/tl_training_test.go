package algos_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

// keyWeight is w of a row, of its key and other tokens.
func keyWeight(b *algotest.Batch, i int, most float64) float64 {
	key, other := 0.0, 0.0
	for t, trained := range b.Mask[i] {
		switch class := b.Feature[algos.FeatureToolTokens][i][t]; {
		case !trained:
		case class == 1 || class == 3:
			key++
		case class == 0:
			other++
		}
	}
	if key == 0 || key >= other {
		return 1
	}
	return math.Min(other/key, most)
}

func tlCase(options map[string]any, most float64, official bool) algotest.Case {
	isKey := func(b *algotest.Batch, i, t int) bool {
		return math.Mod(b.Feature[algos.FeatureToolTokens][i][t], 2) == 1
	}
	return algotest.Case{
		Algorithm: algos.Options{Name: "tl_training", Options: options},
		Oracle: func(in, _ *algotest.Batch) float64 {
			total := 0.0
			for i := range in.Mask {
				w, sum, below := keyWeight(in, i, most), 0.0, 0.0
				for t, trained := range in.Mask[i] {
					if !trained {
						continue
					}
					ce := -in.Weight(i, t) * in.LogProbs[i][t]
					switch {
					case !isKey(in, i, t):
						sum, below = sum+ce, below+1
					case official && in.Feature[algos.FeatureToolTokens][i][t] == 3:
						sum, below = sum+(w+1)*ce, below+w
					default:
						sum, below = sum+w*ce, below+w
					}
				}
				total += sum / math.Max(below, 1)
			}
			return total / math.Max(1, float64(in.Sequences()))
		},
		Metrics: func(b *algotest.Batch) map[string]float64 {
			return map[string]float64{
				"key_tokens": share(b, func(i, t int) bool { return isKey(b, i, t) }),
				"key_weight": mean(b, func(i, _ int) float64 { return keyWeight(b, i, most) }),
			}
		},
		Prepare: func(b *algotest.Batch, rng *rand.Rand) {
			for _, row := range b.Feature[algos.FeatureToolTokens] {
				for t := range row {
					row[t] = []float64{0, 0, 0, 0, 0, 1, 2, 3}[rng.IntN(8)]
				}
			}
		},
	}
}

func TestTLTraining(t *testing.T) {
	plain := same("turns without a call are plain fine-tuning, turn by turn", "sft", map[string]any{"loss_agg_mode": "seq-mean-token-mean"}, func(b *algotest.Batch) {
		for _, row := range b.Feature[algos.FeatureToolTokens] {
			clear(row)
		}
	})
	usual, off, official := tlCase(nil, 9, false), tlCase(map[string]any{"max_key_weight": 1}, 1, false), tlCase(map[string]any{"max_key_weight": 2, "compat": "official"}, 2, true)
	usual.Identities = []algotest.Identity{plain}
	off.Identities = []algotest.Identity{same("without weights it is plain fine-tuning, turn by turn", "sft", map[string]any{"loss_agg_mode": "seq-mean-token-mean"}, nil)}
	official.Golden = "testdata/tl_training.json"
	for _, c := range []algotest.Case{usual, off, official} {
		algotest.Run(t, c)
	}
}

// conversation is a chat in which turns 1, 3, ... are the assistant's, with a row for each
// of its turns.
func conversation(roles []data.Role, contents []string) *data.Scored {
	ex := &data.Example{ID: "c", Messages: []data.Message{{Role: data.RoleUser, Content: "q"}}}
	s := &data.Scored{}
	for i, content := range contents {
		ex.Messages = append(ex.Messages, data.Message{Role: data.RoleAssistant, Content: "call"}, data.Message{Role: roles[i], Content: content})
		s.Groups = append(s.Groups, data.Group{Example: ex, Turn: 2*i + 1})
		s.Rows = append(s.Rows, data.Row{Group: i, Mask: []bool{true, true}})
	}
	return s
}

func TestErrorTurns(t *testing.T) {
	tool, user := data.RoleTool, data.RoleUser
	roles := []data.Role{tool, tool, tool, tool, tool, user, tool}
	texts := []string{
		`{"result": 3}`, `{"Error": "no such city"}`, `{\"error\" : \"x\"}`, `{"error": "", "result": 3}`, `NAME is  not defined`, "no error", `there was no error: fine`,
	}
	for name, c := range map[string]struct {
		options map[string]any
		out     []int
	}{
		"usual":    {nil, []int{1, 2, 4}},
		"official": {map[string]any{"compat": "official"}, []int{1, 2, 3, 4, 5, 6}},
		"off":      {map[string]any{"drop_error_turns": false}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			algotest.RunShaper(t, algotest.ShaperCase{
				Name: "error_turns", Algorithm: algos.Options{Name: "tl_training", Options: c.options},
				Scored: func() *data.Scored { return conversation(roles, texts) },
				Want: func(s *data.Scored) {
					for _, i := range c.out {
						clear(s.Rows[i].Mask)
					}
				},
			})
		})
	}
}

// TestErrorTurnsOfTheAuthors compares with what the authors' code leaves out.
func TestErrorTurnsOfTheAuthors(t *testing.T) {
	text, err := os.ReadFile("testdata/tl_turns.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Cases []struct {
			Role    data.Role
			Content string
			Kept    bool
		}
	}
	if err := json.Unmarshal(text, &golden); err != nil || len(golden.Cases) == 0 {
		t.Fatal(len(golden.Cases), err)
	}
	a, err := algos.Resolve(algos.Options{Name: "tl_training", Options: map[string]any{"compat": "official"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range golden.Cases {
		s := conversation([]data.Role{c.Role}, []string{c.Content})
		if err := a.Shapers[0].Shape(s); err != nil {
			t.Fatal(err)
		}
		if s.Rows[0].Mask[0] != c.Kept {
			t.Error(strconv.Quote(c.Content), "of", c.Role, "is kept:", !c.Kept)
		}
	}
}
