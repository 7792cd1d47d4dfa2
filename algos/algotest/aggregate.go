package algotest

import "fmt"

// Aggregate is loss_agg_mode in float64: it joins a per-token loss over the trained
// tokens of a whole step. perToken is asked about those only. Oracles use it; it is
// itself the oracle of the aggregations.
func Aggregate(mode string, b *Batch, perToken func(i, t int) float64) float64 {
	total := 0.0
	for i := range b.Mask {
		row := 0.0
		for t, trained := range b.Mask[i] {
			if trained {
				row += perToken(i, t)
			}
		}
		if mode == "seq-mean-token-mean" && b.Trained(i) > 0 {
			row /= float64(b.Trained(i))
		}
		total += row
	}
	if b.Tokens() == 0 {
		return 0
	}
	switch mode {
	case "token-mean":
		return total / float64(b.Tokens())
	case "seq-mean-token-mean", "seq-mean-token-sum":
		return total / float64(b.Sequences())
	case "seq-mean-token-sum-norm":
		return total / float64(b.Sequences()) / float64(b.MaxLength)
	}
	panic(fmt.Sprintf("algotest: no oracle for loss_agg_mode %q", mode))
}
