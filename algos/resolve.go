package algos

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// The options that choose a part.
const (
	aggregationOption = "loss_agg_mode"
	estimatorOption   = "advantage_estimator"
)

// Resolve builds the algorithm that o names. Its error holds a [fault.Fault] for
// each mistake in o, all of them at once; paths are relative to o ("name",
// "options.epsilon").
func Resolve(o Options) (*Algorithm, error) {
	p, known := presets[o.Name]
	if !known {
		return nil, unknownPreset(o.Name)
	}
	r := &resolver{preset: p, given: o.Options, bad: map[string]bool{}, values: Values{of: map[string]any{}, usual: map[string]any{}}}
	r.choose()
	if err := r.declare(); err != nil {
		return nil, fmt.Errorf("algos: preset %s: %w", p.Name, err)
	}
	r.read()
	r.contradict()
	if err := r.faults.Err(); err != nil {
		return nil, err
	}
	return r.build(), nil
}

func unknownPreset(name string) error {
	var l fault.List
	allowed := "one of " + strings.Join(presetNames(), ", ")
	if name == "" {
		l.Add("name", nil, "required: %s", allowed)
		return l.Err()
	}
	l.Add("name", name, "%s", didYouMean(name, presetNames(), allowed))
	return l.Err()
}

// didYouMean puts the nearest of names before the text that says what is allowed.
func didYouMean(word string, names []string, allowed string) string {
	if near := fault.Closest(word, names); near != "" {
		return "did you mean " + near + "? " + allowed
	}
	return allowed
}

// resolver is one resolution of a preset with the options given for it.
type resolver struct {
	preset                 Preset
	given                  map[string]any
	estimator, aggregation string
	parts                  []Part
	settings               []Setting
	values                 Values
	bad                    map[string]bool
	faults                 fault.List
	unfit                  error // a vetted value that its option refuses
}

// choose reads the options that choose a part, for they decide which other options
// there are. A wrong choice is a fault and leaves the preset's own part.
func (r *resolver) choose() {
	names := aggregations.names()
	if r.preset.Aggregation != "" {
		r.aggregation = r.choice(aggregationOption, r.preset.Aggregation, "How per-token losses become one number; counts are those of the whole optimizer step.", names)
	}
	r.estimator = r.preset.Estimator
	if r.preset.Offline {
		return
	}
	names = slices.DeleteFunc(estimators.names(), func(n string) bool { return estimators.entries[n].Offline })
	r.estimator = r.choice(estimatorOption, r.preset.Estimator, "How rewards become advantages.", names)
}

func (r *resolver) choice(name, usual, help string, names []string) string {
	o := ChoiceOption(name, usual, help, names...)
	return r.set(o, "preset "+r.preset.Name).(string)
}

// set reads option o, declared by of, and returns its value.
func (r *resolver) set(o Option, of string) any {
	if v, vetted := r.preset.Options[o.Name]; vetted {
		if parsed, ok := o.parse(v); ok && parsed == v {
			o.Default = v
		} else {
			r.unfit = fmt.Errorf("the vetted value of %s is not allowed", o.Name)
		}
	}
	value := o.Default
	if v, given := r.given[o.Name]; given {
		if parsed, ok := o.parse(v); ok {
			value = parsed
		} else {
			r.refuse(o, v)
		}
	}
	r.values.of[o.Name], r.values.usual[o.Name] = value, o.Default
	r.settings = append(r.settings, Setting{Option: o, Value: value, Of: of})
	return value
}

func (r *resolver) refuse(o Option, v any) {
	r.bad[o.Name] = true
	allowed := o.Allowed
	if _, ok := o.Default.(float64); ok {
		allowed = "a number, " + allowed
	}
	if _, ok := o.Default.(int); ok {
		allowed = "a whole number, " + allowed
	}
	if v == nil {
		allowed += "; leave the key out for " + fmt.Sprint(o.Default)
	}
	r.faults.Add("options."+o.Name, v, "%s", allowed)
}

// declare collects the parts and sets their options. Its errors are mistakes in
// the registration of the preset, not in a config.
func (r *resolver) declare() error {
	for _, find := range []func() error{
		func() error { return addPart(r, &losses, r.preset.Loss) },
		func() error { return addPart(r, &terms, r.preset.terms()...) },
		func() error { return addPart(r, &weights, r.preset.weights()...) },
		func() error { return addPart(r, &estimators, r.estimator) },
		func() error { return addPart(r, &aggregations, r.aggregationNames()...) },
		func() error { return addPart(r, &shapers, r.preset.shapers()...) },
		func() error { return addPart(r, &selectors, r.preset.selectors()...) },
	} {
		if err := find(); err != nil {
			return err
		}
	}
	r.declareCompat()
	for _, p := range r.parts {
		for _, o := range p.Options {
			if o.Name == compatName {
				continue
			}
			if _, twice := r.values.of[o.Name]; twice {
				return fmt.Errorf("option %s is declared twice, the second time by %s %s", o.Name, p.Kind, p.Name)
			}
			r.set(o, p.Kind+" "+p.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.preset.Options)) {
		// One of a part that the config replaced is idle.
		kind, _ := owner(name)
		if _, declared := r.values.of[name]; !declared && kind == "" {
			return fmt.Errorf("no part has the option %s", name)
		}
	}
	return r.unfit
}

// declareCompat declares compat with the peers of all parts.
func (r *resolver) declareCompat() {
	var peers []string
	for _, p := range r.parts {
		for _, o := range p.Options {
			if o.Name == compatName {
				peers = union(peers, o.choices[1:])
			}
		}
	}
	if peers != nil {
		slices.Sort(peers)
		r.set(CompatOption(peers...), "preset "+r.preset.Name)
	}
}

// aggregationNames is the aggregation, if the preset has one.
func (r *resolver) aggregationNames() []string {
	if r.aggregation == "" {
		return nil
	}
	return []string{r.aggregation}
}

func addPart[T any](r *resolver, from *registry[T], names ...string) error {
	for _, name := range names {
		e, ok := from.entries[name]
		if !ok {
			return fmt.Errorf("no %s %q is registered", from.kind, name)
		}
		r.parts = append(r.parts, e.Part)
	}
	return nil
}

// read finds the given options that no chosen part has.
func (r *resolver) read() {
	var names []string
	for _, s := range r.settings {
		names = append(names, s.Name)
	}
	allowed := "an option of " + r.preset.Name + ": " + strings.Join(names, ", ")
	for _, name := range slices.Sorted(maps.Keys(r.given)) {
		if _, declared := r.values.of[name]; declared {
			continue
		}
		if kind, who := owner(name); kind != "" {
			if kind != "estimator" || !r.bad[estimatorOption] { // else nobody knows yet
				r.faults.Add("options."+name, r.given[name], "nothing here: it is an option of %s, which this algorithm does not use", who)
			}
			continue
		}
		r.faults.Add("options."+name, r.given[name], "%s", didYouMean(name, names, allowed))
	}
}

// contradict asks each part whose options are right by themselves whether they go
// together.
func (r *resolver) contradict() {
	r.contradictParts()
	for _, p := range r.parts {
		wrong := slices.ContainsFunc(p.Options, func(o Option) bool { return r.bad[o.Name] })
		if wrong || p.Contradictions == nil {
			continue
		}
		var l fault.List
		p.Contradictions(r.values, &l)
		r.faults.Merge("options", l.Err())
	}
}

// contradictParts finds parts that do not go together.
func (r *resolver) contradictParts() {
	loss, token := r.parts[0], slices.IndexFunc(r.parts, func(p Part) bool { return p.TokenAdvantages })
	if loss.OneAdvantage && token >= 0 {
		p := r.parts[token]
		r.faults.Add("options."+estimatorOption, r.estimator, "one advantage a response: loss %s reads no more, and %s %s gives each token its own", loss.Name, p.Kind, p.Name)
	}
	if r.preset.Offline || len(r.bad) > 0 {
		return
	}
	v, ratio := r.values, losses.entries[r.preset.Loss].build(r.values).Needs().Old
	bypass := v.Text("old_log_probs") == "rollout"
	if is := v.Text("rollout_is"); bypass && ratio && is != "none" {
		r.faults.Add("options.rollout_is", is, "none while old_log_probs is rollout: the ratio of loss %s corrects for the sampler already", loss.Name)
	}
	if bypass && !ratio && v.Text("rollout_is") == "none" {
		r.faults.Add("options.old_log_probs", "rollout", "recompute while rollout_is is none: loss %s reads no old log-probabilities", loss.Name)
	}
	if beta := v.Float("beta"); beta > 0 && v.Has(klInReward) && v.Float(klInReward) > 0 {
		r.faults.Add("options.beta", beta, "0 while %s is %g: the divergence would count twice, in the reward and in the loss", klInReward, v.Float(klInReward))
	}
}

// klInReward is the option of the part that takes the divergence off rewards.
const klInReward = "kl_reward_coef"

func (r *resolver) build() *Algorithm {
	a := &Algorithm{
		Name: r.preset.Name, Paper: r.preset.Paper, Offline: r.preset.Offline,
		Loss:      losses.entries[r.preset.Loss].build(r.values),
		Estimator: estimators.entries[r.estimator].build(r.values),
		settings:  r.settings,
	}
	if r.aggregation != "" {
		a.Aggregation = aggregations.entries[r.aggregation].build(r.values)
	}
	for _, p := range r.parts {
		if p.Warnings != nil {
			a.Warnings = append(a.Warnings, p.Warnings(r.values)...)
		}
	}
	for _, name := range r.preset.terms() {
		a.Terms = append(a.Terms, terms.entries[name].build(r.values))
	}
	for _, name := range r.preset.weights() {
		a.Weights = append(a.Weights, weights.entries[name].build(r.values))
	}
	for _, name := range r.preset.shapers() {
		a.Shapers = append(a.Shapers, shapers.entries[name].build(r.values))
	}
	for _, name := range r.preset.selectors() {
		a.Selectors = append(a.Selectors, selectors.entries[name].build(r.values))
	}
	return a
}
