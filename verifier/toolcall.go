package verifier

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("tool_call", "a call name(key='value', ...) of a tool of the row, equal to a reference call; a reward for each class of error (TL-Training, arXiv 2412.15495)", newToolCall)
}

// toolCall gives the reward of TL-Training's IRM (arXiv 2412.15495, official code), first
// match wins:
//
//	format              -2     no name(arguments) found, or a tool that is not listed
//	tool                -1.5   another listed tool, or no name
//	hal_red_miss        -1.8   all three errors of arguments
//	hal_red, hal_miss   -1.3   a key that the tool does not have, and another error
//	red_miss            -1.0   a key that the reference lacks, and one that is missing
//	hal                 -0.8   a key that the tool does not have
//	red, miss           -0.5   one of these
//	value               -0.25  the keys of the reference, with other values
//	exact               +1
//
// The class is the verdict's Class. A call is the first "(" that a ")" follows, with what
// is before it on its line for a name. Arguments are key='value', in single quotes, in
// any order; anything else counts as absent, and what follows the call does not count. The
// tools are the row's, as an array of functions with JSON schemas; without the tool's
// parameters hal and red are no errors. Of several reference answers the one with the
// best reward counts. Reasons: match, or the class; no_gold (no reference answer is a
// call, or the tools cannot be read).
type toolCall struct{ strict bool }

// strictAllErrors is the reward of hal_red_miss under order strict: above another tool's.
const strictAllErrors = -1.4

var toolRewards = map[string]float64{
	"format": -2, "tool": -1.5, "hal_red_miss": -1.8, "hal_red": -1.3, "hal_miss": -1.3, "red_miss": -1,
	"hal": -0.8, "red": -0.5, "miss": -0.5, "value": -0.25, "exact": 1,
}

// newToolCall has the option
//
//	order  official (default): as the official code, where all three errors of arguments
//	       (-1.8) are worse than another tool (-1.5). strict: -1.4 for them, so that
//	       whoever gets nearer gets more.
func newToolCall(options map[string]any) (Verifier, error) {
	v := toolCall{}
	var l fault.List
	for _, key := range sortedKeys(options) {
		if key != "order" {
			l.Add(key, nil, "unknown option; %s", fault.OneOf(key, []string{"order"}))
			continue
		}
		order, _ := options[key].(string)
		l.Check(order == "official" || order == "strict", key, options[key], "official, strict")
		v.strict = order == "strict"
	}
	return v, l.Err()
}

func (toolCall) Name() string { return "tool_call" }

func (v toolCall) Verify(_ context.Context, ex *data.Example, completion string) data.Verdict {
	tools, ok := toolParameters(ex.Tools)
	if !ok {
		return noGold("the row needs tools, an array of functions with a name each")
	}
	said, isCall := parseCall(completion)
	best := data.Verdict{}
	golds := 0
	for _, answer := range ex.Answers {
		gold, ok := parseCall(answer)
		if !ok {
			continue
		}
		class := "format"
		if isCall {
			class = classify(said, gold, tools)
		}
		got := data.Verdict{Kind: data.Incorrect, Class: class, Score: v.reward(class), Reason: class, Extracted: said.show(), Blame: data.BlameCompletion}
		if class == "exact" {
			got.Kind, got.Reason, got.Blame = data.Correct, "match", data.BlameNone
		}
		if golds++; golds == 1 || got.Score > best.Score {
			best = got
		}
	}
	if golds == 0 {
		return noGold("")
	}
	return best
}

func (v toolCall) reward(class string) float64 {
	if v.strict && class == "hal_red_miss" {
		return strictAllErrors
	}
	return toolRewards[class]
}

// call is a call of a tool.
type call struct {
	name      string
	arguments map[string]string
}

// argument is key='value' within the parentheses of a call.
var argument = regexp.MustCompile(`([\pL\pN_]+)\s*=\s*'([^']*)'`)

// parseCall finds the call of a text; false where it has none.
func parseCall(text string) (call, bool) {
	end := strings.LastIndexByte(text, ')')
	open := strings.IndexByte(text, '(')
	if open < 0 || open > end {
		return call{}, false
	}
	name := text[strings.LastIndexByte(text[:open], '\n')+1 : open]
	inside, _, _ := strings.Cut(text[open+1:], ")")
	c := call{strings.TrimSpace(name), map[string]string{}}
	// A call of more arguments is wrong whatever they are.
	const mostArguments = 1000
	for _, m := range argument.FindAllStringSubmatch(inside, mostArguments) {
		c.arguments[m[1]] = m[2]
	}
	return c, true
}

// show is the call with its arguments in order, for people.
func (c call) show() string {
	if c.arguments == nil {
		return ""
	}
	parts := make([]string, 0, len(c.arguments))
	for _, key := range slices.Sorted(maps.Keys(c.arguments)) {
		parts = append(parts, key+"='"+c.arguments[key]+"'")
	}
	return shorten(c.name + "(" + strings.Join(parts, ", ") + ")")
}

// classify compares a call with the reference; tools are the parameters by name, nil for
// a tool that has no signature.
func classify(said, gold call, tools map[string][]string) string {
	parameters, listed := tools[said.name]
	switch {
	case !listed && said.name != "":
		return "format"
	case said.name != gold.name:
		return "tool"
	}
	var hal, red, miss bool
	for key := range said.arguments {
		has := slices.Contains(parameters, key)
		_, wanted := gold.arguments[key]
		hal = hal || !has && parameters != nil
		red = red || has && !wanted
	}
	for key := range gold.arguments {
		_, ok := said.arguments[key]
		miss = miss || !ok
	}
	var found []string
	for _, e := range []struct {
		is   bool
		name string
	}{{hal, "hal"}, {red, "red"}, {miss, "miss"}} {
		if e.is {
			found = append(found, e.name)
		}
	}
	switch {
	case len(found) > 0:
		return strings.Join(found, "_")
	case !maps.Equal(said.arguments, gold.arguments):
		return "value"
	}
	return "exact"
}

// toolParameters are the names of each tool's parameters, from an array of functions as
// chat templates take them: {"function": {"name": ..., "parameters": {"properties":
// {...}}}}, or the function alone. A tool without parameters is nil.
func toolParameters(tools json.RawMessage) (map[string][]string, bool) {
	type function struct {
		Name       string `json:"name"`
		Parameters *struct {
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"parameters"`
	}
	var all []struct {
		function
		Function *function `json:"function"`
	}
	if err := json.Unmarshal(tools, &all); err != nil || len(all) == 0 {
		return nil, false
	}
	out := make(map[string][]string, len(all))
	for _, t := range all {
		f := t.function
		if t.Function != nil {
			f = *t.Function
		}
		if f.Name == "" {
			return nil, false
		}
		out[f.Name] = nil
		if f.Parameters != nil {
			out[f.Name] = append([]string{}, slices.Sorted(maps.Keys(f.Parameters.Properties))...)
		}
	}
	return out, true
}
