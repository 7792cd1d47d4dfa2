package trainer

import (
	"fmt"
	"slices"

	"github.com/rlvr-go/rlvr/algos"
)

// Warnings are doubts about a stage that runs algorithm a, which o resolves to: those of
// its options, and those about what the stage makes of it.
func (o *StageOptions) Warnings(a *algos.Algorithm) []algos.Warning {
	out, needs := slices.Clone(a.Warnings), a.Needs()
	if k := o.Queue.MaxStaleness; k > 0 && !needs.Rollout {
		out = append(out, algos.Warning{Name: "stale-rollouts", Text: fmt.Sprintf(
			"rollouts up to %d steps old are trained on as if they were new; old_log_probs: rollout or rollout_is makes up for their age", k)})
	}
	if needs.Groups && !a.Offline && o.Rollout.NumGenerations == 1 {
		out = append(out, algos.Warning{Name: "singleton-groups", Text: "advantages compare the completions of a prompt, and num_generations is 1: all of them are 0"})
	}
	return out
}
