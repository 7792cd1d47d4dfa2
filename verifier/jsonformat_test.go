package verifier_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/verifiertest"
)

func schemaRow(schema any) data.Example {
	return data.Example{ID: "json", Prompt: "?", Extra: map[string]any{"schema": schema}}
}

const personSchema = `{"type":"object","title":"person","properties":{
	"id":{"type":"integer","const":417},
	"hue":{"enum":["red","blue"]},
	"size":{"type":"number","minimum":3,"maximum":7.5},
	"tags":{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":2},
	"on":{"type":"boolean"},"none":{"type":"null"}},
	"required":["id"],"additionalProperties":false}`

func TestJSONFormat(t *testing.T) {
	ex := schemaRow(personSchema)
	open := schemaRow(map[string]any{"type": "object", "required": []any{"a"}})
	verifiertest.Run(t, verifiertest.Suite{
		New: func() (verifier.Verifier, error) { return verifier.New("json_format", nil) },
		Cases: []verifiertest.Case{
			row(ex, `{"id":417}`, data.Correct, "match"),
			row(ex, ` { "hue" : "red" , "id" : 417.0 } `, data.Correct, "match"),
			row(ex, `{"id":4.17e2,"size":7.5,"tags":["a","b"],"on":false,"none":null}`, data.Correct, "match"),
			row(ex, "```json\n{\"id\":417}\n```", data.Correct, "match"),
			row(ex, "<think>{</think><answer>{\"id\":417}</answer>", data.Correct, "match"),
			row(ex, `{"\u0069d":417,"tags":["\"]}"]}`, data.Correct, "match"),
			row(open, `{"a":[1,{"b":{}}],"c":[]}`, data.Correct, "match"),
			row(ex, `{"id":"417"}`, data.Incorrect, "mismatch"),
			row(ex, `{"id":417.00000000000000000001}`, data.Incorrect, "mismatch"), // equal as float64
			row(ex, `{"hue":"red"}`, data.Incorrect, "mismatch"),
			row(ex, `{"id":417,"hue":"Red"}`, data.Incorrect, "mismatch"),
			row(ex, `{"id":417,"size":7.6}`, data.Incorrect, "mismatch"),
			row(ex, `{"id":417,"tags":[]}`, data.Incorrect, "mismatch"),
			row(ex, `{"id":417,"tags":["a","b","c"]}`, data.Incorrect, "mismatch"),
			row(ex, `{"id":417,"tags":[1]}`, data.Incorrect, "mismatch"),
			row(ex, `{"id":417,"on":"true"}`, data.Incorrect, "mismatch"),
			row(ex, `{"id":417,"none":0}`, data.Incorrect, "mismatch"),
			row(ex, `{"id":417,"more":1}`, data.Incorrect, "mismatch"),
			row(ex, `[417]`, data.Incorrect, "mismatch"),
			row(ex, `{"id":417,"id":417}`, data.Incorrect, "unparsed"),
			row(ex, `{"id":417,}`, data.Incorrect, "unparsed"),
			row(ex, `{'id':417}`, data.Incorrect, "unparsed"),
			row(ex, `{"id":0417}`, data.Incorrect, "unparsed"),
			row(ex, `{"id":417} // so`, data.Incorrect, "unparsed"),
			row(ex, `Here: {"id":417}`, data.Incorrect, "unparsed"),
			row(ex, `{"id":417}{"id":417}`, data.Incorrect, "unparsed"),
			row(ex, `{"id":NaN}`, data.Incorrect, "unparsed"),
			row(ex, `{"id":1e999999999}`, data.Incorrect, "unparsed"),
			row(ex, `{"id":4`+strings.Repeat("0", 40)+`}`, data.Incorrect, "unparsed"),
			row(ex, `{"id":417,"hue":"a`+"\n"+`b"}`, data.Incorrect, "unparsed"),
			row(ex, `{"id":417`, data.Incorrect, "unparsed"),
			row(open, `{"a":`+strings.Repeat("[", 20)+strings.Repeat("]", 20)+`}`, data.Incorrect, "unparsed"),
			row(open, `{"a":"`+strings.Repeat("x", 1<<15)+`"}`, data.Incorrect, "unparsed"),
			row(ex, "", data.Incorrect, "empty"),
			row(schemaRow(`{"type":"object","pattern":"a+"}`), "{}", data.Error, "no_gold"),
			row(schemaRow(`{"type":"text"}`), "{}", data.Error, "no_gold"),
			row(schemaRow(`[]`), "{}", data.Error, "no_gold"),
			row(schemaRow(3), "{}", data.Error, "no_gold"),
		},
	})
}

// FuzzJSONFormat: what the verifier parses is what the standard library parses, but
// for its limits and keys that come twice.
func FuzzJSONFormat(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `[1,2,{"b":null}]`, `"\ud800"`, `-0.5e-3`, "```json\n1```", `{"a":1,"a":2}`, `tru`, `+1`, `1 `} {
		f.Add(s)
	}
	v, err := verifier.New("json_format", nil)
	if err != nil {
		f.Fatal(err)
	}
	ex := schemaRow(`{}`)
	f.Fuzz(func(t *testing.T, s string) {
		got := v.Verify(t.Context(), &ex, s)
		if got.Kind == data.Correct && len(got.Extracted) < 200 && !json.Valid([]byte(got.Extracted)) {
			t.Errorf("%q is no JSON: %+v", s, got)
		}
		if got.Kind != data.Correct && json.Valid([]byte(s)) && utf8.ValidString(s) && len(s) < 20 && !strings.ContainsAny(s, "eE{<") {
			t.Errorf("%q is JSON: %+v", s, got)
		}
	})
}
