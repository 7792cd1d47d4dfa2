package algos_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

// tokenRewards is the feature that says what is paid at which token.
const tokenRewards = "rewards/token"

const peersFile = "testdata/advantages.json, see TestAdvantagesOfPeers"

// peerCase is a step with another program's advantages; null is no reward.
type peerCase struct {
	Explanation string                `json:"explanation"`
	Algorithm   string                `json:"algorithm"`
	Options     map[string]any        `json:"options"`
	Group       []int                 `json:"group"`
	Mask        [][]bool              `json:"mask"`
	Reward      []*float64            `json:"reward"`
	Rewards     map[string][]*float64 `json:"rewards"`
	Paid        [][]float32           `json:"paid"`
	Values      [][]float32           `json:"values"`
	Advantages  [][]float64           `json:"advantages"`
	Returns     [][]float64           `json:"returns"`
	// Tolerance is what that program's arithmetic costs, relative to 1 + |advantage|.
	Tolerance float64 `json:"tolerance"`
}

func orNaN(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

func (c *peerCase) scored() *data.Scored {
	s := &data.Scored{Stats: map[string]float64{}}
	for i := range c.Mask {
		if i == 0 || c.Group[i] != c.Group[i-1] {
			s.Groups = append(s.Groups, data.Group{})
		}
		r := data.Row{Group: len(s.Groups) - 1, Reward: orNaN(c.Reward[i]), Mask: c.Mask[i], Rollout: &data.Rollout{}}
		if c.Paid != nil {
			r.Features = map[string][]float32{tokenRewards: c.Paid[i]}
		}
		if c.Values != nil {
			r.Values = c.Values[i]
		}
		s.Rows = append(s.Rows, r)
	}
	for name, values := range c.Rewards {
		if s.Rewards == nil {
			s.Rewards = map[string][]float64{}
		}
		for _, x := range values {
			s.Rewards[name] = append(s.Rewards[name], orNaN(x))
		}
	}
	return s
}

func readGolden(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// TestAdvantagesOfPeers compares with the advantages and returns that verl and TRL give
// for the same rewards, at trained tokens.
func TestAdvantagesOfPeers(t *testing.T) {
	var g struct {
		Origin string     `json:"origin"`
		Cases  []peerCase `json:"cases"`
	}
	readGolden(t, "testdata/advantages.json", &g)
	if len(g.Cases) < 40 || g.Origin == "" {
		t.Fatalf("%d cases", len(g.Cases))
	}
	for i := range g.Cases {
		c := &g.Cases[i]
		t.Run(c.Explanation, func(t *testing.T) {
			a, err := algos.Resolve(algos.Options{Name: c.Algorithm, Options: c.Options})
			if err != nil {
				t.Fatal(err)
			}
			s := c.scored()
			got, err := algotest.Advantages(a.Estimator, s)
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				for u, trained := range c.Mask[i] {
					if want := c.Advantages[i][u]; trained && !(math.Abs(got[i][u]-want) <= c.Tolerance*(1+math.Abs(want))) {
						t.Errorf("row %d token %d: advantage %v, want %v", i, u, got[i][u], want)
					}
					if c.Returns == nil || !trained {
						continue
					}
					// Returns are float32.
					if want := c.Returns[i][u]; math.Abs(float64(s.Rows[i].Returns[u])-want) > 2e-7*(1+math.Abs(want)) {
						t.Errorf("row %d token %d: return %v, want %v", i, u, s.Rows[i].Returns[u], want)
					}
				}
			}
		})
	}
}
