package tasks

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("json_format", "JSON that a small schema allows: \"id=417 size:3..7 hue:red|blue>\" is {\"id\":417,\"size\":5,\"hue\":\"red\"}, or any other", newJSONFormat)
}

// jsonFormat draws schemas of an object.
type jsonFormat struct {
	minFields, maxFields int
	arrays, chat         bool
}

// newJSONFormat has the options
//
//	min_fields  the fewest fields beside id, default 1
//	max_fields  the most, up to 6, default 3
//	arrays      some fields are arrays of such values, default false
//	chat        asked in words, with a JSON schema, for a chat model, default false
//
// and train_size 2000, validation_size 200, test_size 300. Each object has an id with a
// given value, so that no object is right for two problems with different ids.
func newJSONFormat(options map[string]any) (Task, error) {
	t := &jsonFormat{minFields: 1, maxFields: 3}
	s := sizes{2000, 200, 300}
	if err := decode(options, append([]option{
		{"min_fields", &t.minFields}, {"max_fields", &t.maxFields}, {"arrays", &t.arrays}, {"chat", &t.chat},
	}, s.options()...)); err != nil {
		return nil, err
	}
	most := len(jsonFields)
	var l fault.List
	l.Check(t.minFields >= 0 && t.minFields <= most, "min_fields", t.minFields, "0 to %d", most)
	l.Check(t.maxFields >= t.minFields && t.maxFields <= most, "max_fields", t.maxFields, "min_fields (%d) to %d", t.minFields, most)
	s.check(&l)
	if err := l.Err(); err != nil {
		return nil, err
	}
	g := &generated{name: "json_format", verifier: "json_format", sizes: s, draw: t.draw, chance: t.chance}
	return g.open(), nil
}

// jsonFields are names of fields with what words they may have; none: a number.
var jsonFields = []struct {
	name  string
	words []string
}{
	{"hue", []string{"red", "blue", "green", "gold", "pink"}},
	{"size", nil},
	{"day", []string{"mon", "tue", "wed", "thu", "fri"}},
	{"count", nil},
	{"pet", []string{"cat", "dog", "owl", "fox", "hen"}},
	{"on", []string{"true", "false"}},
}

const (
	// maxID and maxJSONNumber are the largest values of id and of other numbers.
	maxID, maxJSONNumber = 999, 9
	// jsonItems is the number of items of an array.
	jsonItems = 2
)

// jsonField is a field of a problem, said in three ways.
type jsonField struct{ terse, schema, gold string }

func (t *jsonFormat) draw(d *dice) (data.Example, bool) {
	id := strconv.Itoa(d.between(0, maxID))
	parts := []jsonField{{"id=" + id, `"id":{"type":"integer","const":` + id + `}`, `"id":` + id}}
	names := []string{`"id"`}
	fields := d.distinct(d.between(t.minFields, t.maxFields), 0, len(jsonFields)-1)
	for _, i := range fields {
		parts = append(parts, t.field(d, i))
		names = append(names, strconv.Quote(jsonFields[i].name))
	}
	var terse, properties, gold []string
	for _, p := range parts {
		terse, properties, gold = append(terse, p.terse), append(properties, p.schema), append(gold, p.gold)
	}
	schema := fmt.Sprintf(`{"type":"object","properties":{%s},"required":[%s],"additionalProperties":false}`, strings.Join(properties, ","), strings.Join(names, ","))
	text := strings.Join(terse, " ")
	return ask(data.Example{ID: text, Answers: []string{"{" + strings.Join(gold, ",") + "}"}, Extra: map[string]any{"schema": schema}}, t.chat, text+">",
		"Write a JSON object that this JSON schema allows, and nothing else.\n"+schema), true
}

// field draws what a field may be, and one such value.
func (t *jsonFormat) field(d *dice, i int) jsonField {
	f := jsonFields[i]
	var terse, kind, gold string
	switch {
	case f.words == nil:
		low := d.between(0, maxJSONNumber-1)
		high := d.between(low+1, maxJSONNumber)
		terse, gold = fmt.Sprintf("%d..%d", low, high), strconv.Itoa(d.between(low, high))
		kind = fmt.Sprintf(`"type":"integer","minimum":%d,"maximum":%d`, low, high)
	case f.name == "on":
		terse, kind, gold = "bool", `"type":"boolean"`, pick(d, f.words)
	default:
		two := d.distinct(2, 0, len(f.words)-1)
		a, b := f.words[two[0]], f.words[two[1]]
		terse, gold = a+"|"+b, strconv.Quote(pick(d, []string{a, b}))
		kind = fmt.Sprintf(`"type":"string","enum":[%q,%q]`, a, b)
	}
	if t.arrays && d.below(3) == 0 {
		terse, gold = terse+"*"+strconv.Itoa(jsonItems), "["+strings.Repeat(gold+",", jsonItems-1)+gold+"]"
		kind = fmt.Sprintf(`"type":"array","items":{%s},"minItems":%d,"maxItems":%d`, kind, jsonItems, jsonItems)
	}
	return jsonField{f.name + ":" + terse, strconv.Quote(f.name) + ":{" + kind + "}", strconv.Quote(f.name) + ":" + gold}
}

// chance is that of the right keys and types, with the id, every number from 0 to 9 and
// every word of the field at random.
func (t *jsonFormat) chance(ex *data.Example) float64 {
	p := 1.0 / (maxID + 1)
	for _, part := range strings.Fields(strings.TrimPrefix(ex.ID, "json_format/"))[1:] {
		name, what, _ := strings.Cut(part, ":")
		what, _, array := strings.Cut(what, "*")
		q := 1.0
		if low, high, ok := strings.Cut(what, ".."); ok {
			a, _ := strconv.Atoi(low)
			b, _ := strconv.Atoi(high)
			q = float64(b-a+1) / (maxJSONNumber + 1)
		} else if name != "on" {
			q = 2.0 / 5
		}
		p *= q
		if array {
			p *= q
		}
	}
	return p
}
