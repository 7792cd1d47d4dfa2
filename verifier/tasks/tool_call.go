package tasks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("tool_call", "calls of a listed tool, with a reward for each class of error (TL-Training, arXiv 2412.15495): \"lamp(room,level) buy(item)|lamp 7 attic>\" is \"lamp(room='attic',level='7')\"", newToolCall)
}

// toolCall draws lists of tools and a request for one of them.
type toolCall struct {
	tools int
	chat  bool
}

// newToolCall has the options
//
//	tools  how many tools are listed, 1 to 6, default 2
//	chat   asked in words, with the tools as the chat template writes them, default false
//
// and train_size 2000, validation_size 200, test_size 300. A request names the tool and
// gives values for one or more of its parameters, in any order, not the keys: those are
// in the list, and which value is for which follows from its kind. The splits share no
// call.
func newToolCall(options map[string]any) (Task, error) {
	t := &toolCall{tools: 2}
	s := sizes{2000, 200, 300}
	if err := decode(options, append([]option{{"tools", &t.tools}, {"chat", &t.chat}}, s.options()...)); err != nil {
		return nil, err
	}
	var l fault.List
	l.Check(t.tools >= 1 && t.tools <= len(toolKit), "tools", t.tools, "1 to %d", len(toolKit))
	s.check(&l)
	if err := l.Err(); err != nil {
		return nil, err
	}
	g := &generated{name: "tool_call", verifier: "tool_call", sizes: s, draw: t.draw, chance: t.chance,
		family: func(ex *data.Example) string { return ex.Answers[0] }}
	return g.open(), nil
}

// parameter is one of a tool: words, or the numbers from 0 to 9 where there are none.
type parameter struct {
	name  string
	words []string
}

// toolKit are the tools that problems list, each with some of its parameters.
var toolKit = []struct {
	name       string
	parameters []parameter
}{
	{"lamp", []parameter{{"room", []string{"attic", "hall", "cellar"}}, {"level", nil}, {"hue", []string{"red", "blue", "green"}}}},
	{"heat", []parameter{{"room", []string{"attic", "hall", "cellar"}}, {"hours", nil}}},
	{"alarm", []parameter{{"day", []string{"mon", "wed", "sun"}}, {"hour", nil}}},
	{"play", []parameter{{"song", []string{"jazz", "rock", "folk"}}, {"volume", nil}}},
	{"mail", []parameter{{"to", []string{"ann", "bob", "eve"}}, {"about", []string{"rent", "lunch", "trip"}}}},
	{"buy", []parameter{{"item", []string{"milk", "bread", "eggs"}}, {"count", nil}, {"day", []string{"mon", "wed", "sun"}}}},
}

// toolNumbers is how many numbers a parameter without words may be.
const toolNumbers = 10

func (p *parameter) values() int {
	if p.words == nil {
		return toolNumbers
	}
	return len(p.words)
}

func (p *parameter) value(d *dice) string {
	if p.words == nil {
		return fmt.Sprint(d.below(toolNumbers))
	}
	return pick(d, p.words)
}

// listedTool is a tool of a problem with the parameters that it has there.
type listedTool struct {
	name       string
	parameters []parameter
}

func (t *listedTool) signature() string {
	names := make([]string, len(t.parameters))
	for i, p := range t.parameters {
		names[i] = p.name
	}
	return t.name + "(" + strings.Join(names, ",") + ")"
}

func (t *toolCall) draw(d *dice) (data.Example, bool) {
	listed := make([]listedTool, t.tools)
	signatures := make([]string, t.tools)
	for i, k := range d.distinct(t.tools, 0, len(toolKit)-1) {
		listed[i] = listedTool{toolKit[k].name, some(d, toolKit[k].parameters)}
		signatures[i] = listed[i].signature()
	}
	tool := pick(d, listed)
	var given, arguments, phrases []string
	for _, p := range some(d, tool.parameters) {
		v := p.value(d)
		given = append(given, v)
		arguments = append(arguments, p.name+"='"+v+"'")
		phrases = append(phrases, p.name+" "+v)
	}
	shuffle(d, given)
	terse := fmt.Sprintf("%s|%s %s", strings.Join(signatures, " "), tool.name, strings.Join(given, " "))
	return ask(data.Example{
		ID: terse, Answers: []string{tool.name + "(" + strings.Join(arguments, ",") + ")"}, Tools: describe(listed),
	}, t.chat, terse+">",
		fmt.Sprintf("Use %s with %s. Answer with one call of a tool, written as name(key='value', key='value').", tool.name, strings.Join(phrases, " and "))), true
}

// some are one or more parameters in their order.
func some(d *dice, of []parameter) []parameter {
	keep := d.distinct(d.between(1, len(of)), 0, len(of)-1)
	slices.Sort(keep)
	out := make([]parameter, len(keep))
	for i, k := range keep {
		out[i] = of[k]
	}
	return out
}

// describe is the tools as functions with JSON schemas.
func describe(tools []listedTool) json.RawMessage {
	var all []string
	for _, t := range tools {
		var properties []string
		for _, p := range t.parameters {
			kind := "integer"
			if p.words != nil {
				kind = "string"
			}
			properties = append(properties, fmt.Sprintf(`%q:{"type":%q}`, p.name, kind))
		}
		all = append(all, fmt.Sprintf(`{"type":"function","function":{"name":%q,"description":%q,"parameters":{"type":"object","properties":{%s}}}}`,
			t.name, "Use the "+t.name+".", strings.Join(properties, ",")))
	}
	return json.RawMessage("[" + strings.Join(all, ",") + "]")
}

// chance is that of a listed tool at random with all of its parameters, each with a
// random value of its kind, under the rewards of verifier tool_call.
func (t *toolCall) chance(ex *data.Example) float64 {
	const exact, value, redundant, otherTool = 1, -0.25, -0.5, -1.5
	list, request, _ := strings.Cut(strings.TrimPrefix(ex.ID, "tool_call/"), "|")
	wanted := strings.Fields(request)
	right := 0.0
	for _, signature := range strings.Fields(list) {
		name, keys, _ := strings.Cut(strings.TrimSuffix(signature, ")"), "(")
		if name != wanted[0] {
			continue
		}
		parameters := strings.Split(keys, ",")
		if len(parameters) > len(wanted)-1 {
			right = redundant
			break
		}
		p := 1.0
		for _, key := range parameters {
			p /= float64(kitParameter(name, key).values())
		}
		right = p*exact + (1-p)*value
	}
	return (right + float64(t.tools-1)*otherTool) / float64(t.tools)
}

// kitParameter is a parameter of a tool by their names.
func kitParameter(tool, name string) *parameter {
	for _, t := range toolKit {
		for i := range t.parameters {
			if t.name == tool && t.parameters[i].name == name {
				return &t.parameters[i]
			}
		}
	}
	return &parameter{}
}
