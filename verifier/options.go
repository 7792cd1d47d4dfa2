package verifier

import (
	"fmt"
	"math"
	"regexp"
	"time"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// Options say how completions are rewarded (config section "reward"): by one verifier,
// whose score is the reward, or by several rewards with weights, whose weighted sum is.
type Options struct {
	// Verifier is the name of a registered verifier. A config that names none, and no
	// rewards, gets its task's own, and exact for problem files.
	Verifier string `yaml:"verifier"`
	// Options are the verifier's own.
	Options map[string]any `yaml:"options"`
	// Rewards are several rewards in place of Verifier and Options.
	Rewards []RewardOptions `yaml:"rewards"`
	// Correctness names the one of Rewards whose verdicts say what is right: accuracy,
	// evaluation and the self-test go by it. Default: the first.
	Correctness string `yaml:"correctness"`
	// TimeoutMS is the time that one completion may take in milliseconds; a
	// completion that takes longer scores as wrong. It is the last line of
	// defence: verifiers bound their work themselves. Verifiers that wait for others
	// (exec, http) have a limit of their own instead. Default 2000.
	TimeoutMS int `yaml:"timeout_ms"`
	// MaxFaultFraction is the share of a step's verdicts that may be faults of the
	// reference answer or the infrastructure before the run stops. Default 0.1.
	MaxFaultFraction float64 `yaml:"max_fault_fraction"`
}

// RewardOptions are one of several rewards.
type RewardOptions struct {
	// Name is what metrics call it: rewards/<name>/mean. Default: its verifier's.
	Name string `yaml:"name"`
	// Verifier is the name of a registered verifier.
	Verifier string `yaml:"verifier"`
	// Weight multiplies the score in the sum; 0: it is logged only. Default 1.
	Weight float64 `yaml:"weight"`
	// Options are the verifier's own.
	Options map[string]any `yaml:"options"`
}

// DefaultOptions compare text exactly.
func DefaultOptions() Options {
	return Options{Verifier: "exact", TimeoutMS: 2000, MaxFaultFraction: 0.1}
}

// DefaultReward has weight 1 and no verifier yet.
func DefaultReward() RewardOptions { return RewardOptions{Weight: 1} }

// Timeout is TimeoutMS as a duration.
func (o *Options) Timeout() time.Duration { return time.Duration(o.TimeoutMS) * time.Millisecond }

// List is the rewards in either form, each with its name.
func (o *Options) List() []RewardOptions {
	if len(o.Rewards) == 0 {
		return []RewardOptions{{Name: o.Verifier, Verifier: o.Verifier, Weight: 1, Options: o.Options}}
	}
	list := make([]RewardOptions, len(o.Rewards))
	for i, r := range o.Rewards {
		if r.Name == "" {
			r.Name = r.Verifier
		}
		list[i] = r
	}
	return list
}

// correctness is the index in list of the reward that says what is right, -1 where
// none is called so.
func (o *Options) correctness(list []RewardOptions) int {
	if o.Correctness == "" {
		return 0
	}
	for i := range list {
		if list[i].Name == o.Correctness {
			return i
		}
	}
	return -1
}

// maxTimeoutMS is one hour: more is a typing error, and far from overflow.
const maxTimeoutMS = 3_600_000

// Validate reports every option out of range, those of the verifiers included.
func (o *Options) Validate() error {
	var l fault.List
	if len(o.Rewards) > 0 {
		o.validateRewards(&l)
	} else {
		_, err := New(o.Verifier, o.Options)
		l.Merge("", err)
		l.Check(o.Correctness == "", "correctness", o.Correctness, "nothing while there are no rewards to choose from")
	}
	l.Check(o.TimeoutMS >= 1 && o.TimeoutMS <= maxTimeoutMS, "timeout_ms", o.TimeoutMS, "1 to %d", maxTimeoutMS)
	l.Check(o.MaxFaultFraction >= 0 && o.MaxFaultFraction <= 1, "max_fault_fraction", o.MaxFaultFraction, "0 (any fault stops the run) to 1 (none does)")
	return l.Err()
}

// rewardName is what can stand in a metric's name.
var rewardName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// validateRewards reports what is wrong with the list.
func (o *Options) validateRewards(l *fault.List) {
	l.Check(o.Verifier == "", "verifier", o.Verifier, "nothing beside rewards: give each of them its verifier")
	l.Check(len(o.Options) == 0, "options", o.Options, "nothing beside rewards: give each of them its options")
	list := o.List()
	first := map[string]int{}
	weighs := false
	for i, r := range list {
		path := fmt.Sprintf("rewards.%d", i)
		weighs = weighs || r.Weight != 0
		l.Check(!math.IsNaN(r.Weight) && !math.IsInf(r.Weight, 0), path+".weight", r.Weight, "a finite number")
		if r.Verifier == "" {
			l.Add(path+".verifier", nil, "required: %s", fault.OneOf("", known.Names()))
			continue
		}
		_, err := New(r.Verifier, r.Options)
		l.Merge(path, err)
		if j, taken := first[r.Name]; taken {
			l.Add(path+".name", r.Name, "a name of its own, for reward %d is called so", j)
			continue
		}
		first[r.Name] = i
		l.Check(rewardName.MatchString(r.Name), path+".name", r.Name, "at most 64 letters, digits, _, . and -")
	}
	l.Check(weighs, "rewards.0.weight", list[0].Weight, "a number other than 0, in one reward at least")
	if o.correctness(list) < 0 {
		names := make([]string, len(list))
		for i := range list {
			names[i] = list[i].Name
		}
		l.Add("correctness", o.Correctness, "%s", fault.OneOf(o.Correctness, names))
	}
}
