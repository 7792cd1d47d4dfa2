package tasks

import "github.com/rlvr-go/rlvr/data"

// Chancer is a task that knows what guessing is worth.
type Chancer interface {
	// Chance is the expected reward of a policy that gives answers of the right form at
	// random, over the problems that the task tests with. Each task says which policy
	// that is. The same in every run.
	Chance() float64
}

// chanceProblems is how many problems the expected reward is the mean of: the standard
// error is small beside the differences between tasks.
const chanceProblems = 100

// meanChance is the mean of a problem's expected reward over the first test problems, or
// training problems where there are none.
func meanChance(splits map[string][]data.Example, of func(ex *data.Example) float64) float64 {
	problems := splits[Test]
	if len(problems) == 0 {
		problems = splits[Train]
	}
	n := min(len(problems), chanceProblems)
	sum := 0.0
	for i := range n {
		sum += of(&problems[i])
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}
