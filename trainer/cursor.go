package trainer

import (
	"hash/fnv"
	"math/rand/v2"
)

// cursor walks over the n training problems of a stage in an order of its own for
// each pass. Its place is one number, so a resumed run goes on with the very next
// problem.
type cursor struct {
	n    int
	seed int64
	// stage keeps the orders of two stages apart.
	stage int
	// consumed counts the problems handed out.
	consumed int
	epoch    int
	order    []int
}

// next returns the indices of the next k problems.
func (c *cursor) next(k int) []int {
	out := make([]int, k)
	for i := range out {
		if epoch := c.consumed / c.n; c.order == nil || epoch != c.epoch {
			c.epoch = epoch
			c.order = rand.New(rand.NewPCG(uint64(c.seed), uint64(c.stage)<<32|uint64(epoch))).Perm(c.n)
		}
		out[i] = c.order[c.consumed%c.n]
		c.consumed++
	}
	return out
}

// promptID is the identity of a problem for the sampler's random numbers.
func promptID(exampleID string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(exampleID))
	return h.Sum64()
}
