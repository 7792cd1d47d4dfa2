package algos

import (
	"fmt"
	"maps"
	"slices"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// Part describes a registered loss, term, weight, estimator, aggregation, shaper or
// selector.
type Part struct {
	// Kind is "loss", "term", "weight", "estimator", "aggregation", "shaper" or
	// "selector". The registry sets it.
	Kind string
	// Name is unique among the parts of a kind.
	Name string
	// Paper says where it comes from: "arXiv 2402.03300". A loss must have one.
	Paper string
	// Summary is one line for `rlvr list algorithms`.
	Summary string
	// Options are the options that the part reads. No other part of the same
	// preset may declare one of the same name.
	Options []Option
	// Offline marks an estimator that makes sense only where answers are given.
	Offline bool
	// OneAdvantage marks a loss that reads one advantage a response. It goes with no
	// part that sets TokenAdvantages, which marks an estimator or a shaper that gives
	// the tokens of a response different ones.
	OneAdvantage, TokenAdvantages bool
	// Warnings are doubts about options that are allowed: what is legal and seldom
	// meant. Nil: none.
	Warnings func(v Values) []Warning
	// Contradictions adds a fault for options that do not go together; their
	// paths are option names. It is called when each value by itself is right.
	// Nil if any values go together.
	Contradictions func(v Values, l *fault.List)
}

// Warning is a doubt about the options of an algorithm.
type Warning struct {
	// Name is short and stable, such as "gspo-epsilon".
	Name string
	// Text says what was found and what is usual.
	Text string
}

// registry holds the parts of one kind.
type registry[T any] struct {
	kind      string
	needPaper bool
	entries   map[string]entry[T]
}

type entry[T any] struct {
	Part
	build func(Values) T
}

var (
	losses       = registry[Loss]{kind: "loss", needPaper: true}
	terms        = registry[Loss]{kind: "term", needPaper: true}
	weights      = registry[Weigher]{kind: "weight", needPaper: true}
	estimators   = registry[Estimator]{kind: "estimator"}
	aggregations = registry[Aggregation]{kind: "aggregation"}
	shapers      = registry[Shaper]{kind: "shaper"}
	selectors    = registry[Selector]{kind: "selector"}
)

// RegisterLoss makes a loss known to presets. Like the other Register functions it
// is called from init and panics on a duplicate, a missing name or paper.
func RegisterLoss(p Part, build func(Values) Loss) { losses.register(p, build) }

// RegisterTerm makes a term known that presets may add to their loss: one with outputs
// of its own, nothing where its options turn it off.
func RegisterTerm(p Part, build func(Values) Loss) { terms.register(p, build) }

// RegisterWeight makes a weight of tokens known.
func RegisterWeight(p Part, build func(Values) Weigher) { weights.register(p, build) }

// RegisterEstimator makes an advantage estimator known.
func RegisterEstimator(p Part, build func(Values) Estimator) { estimators.register(p, build) }

// RegisterAggregation makes an aggregation known.
func RegisterAggregation(p Part, build func(Values) Aggregation) { aggregations.register(p, build) }

// RegisterShaper makes a shaper known.
func RegisterShaper(p Part, build func(Values) Shaper) { shapers.register(p, build) }

// RegisterSelector makes a selector known.
func RegisterSelector(p Part, build func(Values) Selector) { selectors.register(p, build) }

// Parts are all registered parts, by kind (losses first) and name.
func Parts() []Part {
	return slices.Concat(losses.list(), terms.list(), weights.list(), estimators.list(), aggregations.list(), shapers.list(), selectors.list())
}

func (r *registry[T]) register(p Part, build func(Values) T) {
	p.Kind = r.kind
	switch _, known := r.entries[p.Name]; {
	case known:
		panic(fmt.Sprintf("algos: %s %q is registered twice", p.Kind, p.Name))
	case p.Name == "":
		panic(fmt.Sprintf("algos: a %s without a name", p.Kind))
	case r.needPaper && p.Paper == "":
		panic(fmt.Sprintf("algos: %s %q names no paper", p.Kind, p.Name))
	}
	for i, o := range p.Options {
		if _, ok := o.parse(o.Default); !ok {
			panic(fmt.Sprintf("algos: %s %q: default of option %q is not allowed", p.Kind, p.Name, o.Name))
		}
		if slices.ContainsFunc(p.Options[:i], func(q Option) bool { return q.Name == o.Name }) {
			panic(fmt.Sprintf("algos: %s %q: option %q is declared twice", p.Kind, p.Name, o.Name))
		}
	}
	if r.entries == nil {
		r.entries = map[string]entry[T]{}
	}
	r.entries[p.Name] = entry[T]{p, build}
}

func (r *registry[T]) names() []string { return slices.Sorted(maps.Keys(r.entries)) }

func (r *registry[T]) list() []Part {
	var out []Part
	for _, name := range r.names() {
		out = append(out, r.entries[name].Part)
	}
	return out
}

// owner says which part declares an option, as "loss sapo", or "another loss" if several do:
// their names would change with every objective. Its kind is empty if none does.
func owner(option string) (kind, who string) {
	for _, p := range Parts() {
		if !slices.ContainsFunc(p.Options, func(o Option) bool { return o.Name == option }) {
			continue
		}
		if kind == p.Kind {
			return kind, "another " + kind
		}
		if kind == "" {
			kind, who = p.Kind, p.Kind+" "+p.Name
		}
	}
	return kind, who
}
