package algos

import "github.com/rlvr-go/rlvr/data"

// This file holds what shapers of rewards share.

// addReward adds a number to the reward of each row that has one, and keeps what it
// added among the rewards by name: [gdpo] compares it by itself, and people read it.
func addReward(s *data.Scored, name string, of func(r *data.Row) float64) {
	added := make([]float64, len(s.Rows))
	for i := range s.Rows {
		if r := &s.Rows[i]; scored(r) {
			added[i] = of(r)
			r.Reward += added[i]
		}
	}
	if s.Rewards == nil {
		s.Rewards = map[string][]float64{}
	}
	s.Rewards[name] = added
}
