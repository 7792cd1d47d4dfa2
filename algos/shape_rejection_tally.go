package algos

import "github.com/rlvr-go/rlvr/data"

// tally are the numbers that rejection reports.
type tally struct {
	tokens, lost, responses, touched int
	sum, least, most                 float64
}

func (c *tally) add(statistic float64) {
	if c.tokens == 0 {
		c.least, c.most = statistic, statistic
	}
	c.tokens++
	c.sum += statistic
	c.least, c.most = min(c.least, statistic), max(c.most, statistic)
}

func (c *tally) rows(lost int) {
	c.responses++
	c.lost += lost
	if lost > 0 {
		c.touched++
	}
}

func (c *tally) report(s *data.Scored) {
	if c.tokens == 0 {
		return
	}
	if s.Metrics == nil {
		s.Metrics = map[string]float64{}
	}
	n := float64(c.tokens)
	s.Metrics["rollout_corr/rollout_rs_mean"] = c.sum / n
	s.Metrics["rollout_corr/rollout_rs_min"], s.Metrics["rollout_corr/rollout_rs_max"] = c.least, c.most
	s.Metrics["rollout_corr/rollout_rs_masked_fraction"] = float64(c.lost) / n
	s.Metrics["rollout_corr/rollout_rs_seq_masked_fraction"] = float64(c.touched) / float64(c.responses)
}
