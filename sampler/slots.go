package sampler

import (
	"slices"
	"sync"
)

// task is one completion to sample.
type task struct {
	prompt, sample int
}

// queue hands out tasks in order, so that the rows of a group start together and
// share one prefill. It is safe for concurrent use by the tiles.
type queue struct {
	mu    sync.Mutex
	tasks []task
}

// take removes up to n tasks whose prompts are all of one bucket (key), starting
// with the oldest task.
func (q *queue) take(n int, key func(prompt int) int) []task {
	q.mu.Lock()
	defer q.mu.Unlock()
	end := 0
	for end < min(n, len(q.tasks)) && key(q.tasks[end].prompt) == key(q.tasks[0].prompt) {
		end++
	}
	out := slices.Clone(q.tasks[:end])
	q.tasks = q.tasks[end:]
	return out
}

func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.tasks) == 0
}

// row is one line of a tile: a completion in progress, or free.
type row struct {
	task   task
	busy   bool
	result Result
	key    [2]uint32
	// promptLen is the prompt's length, left the tokens still allowed.
	promptLen, left int
	// seen is how many tokens the Stopper has looked at.
	seen int
}
