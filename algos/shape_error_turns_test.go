package algos

import (
	"testing"

	"github.com/rlvr-go/rlvr/data"
)

// A group that is no turn of a conversation is none to leave out, nor is a last turn.
func TestErrorTurnsAtTheEnds(t *testing.T) {
	messages := []data.Message{{Role: data.RoleUser}, {Role: data.RoleUser}, {Role: data.RoleAssistant}}
	for _, turn := range []int{0, 2} {
		s := &data.Scored{
			Groups: []data.Group{{Example: &data.Example{Messages: messages}, Turn: turn}},
			Rows:   []data.Row{{Mask: []bool{true}}},
		}
		if err := (errorTurns{drop: true, official: true}).Shape(s); err != nil || !s.Rows[0].Mask[0] {
			t.Errorf("turn %d: mask %v, error %v", turn, s.Rows[0].Mask, err)
		}
	}
}

func TestTLTrainingTakesTurns(t *testing.T) {
	if !(tlTraining{}).Needs().Turns {
		t.Error("tl_training does not ask for turns")
	}
}
