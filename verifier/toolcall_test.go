package verifier_test

import (
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/verifiertest"
)

// toolRow is a problem with three tools, of which ping has no signature.
func toolRow(golds ...string) data.Example {
	ex := answers(golds...)
	ex.Tools = json.RawMessage(`[
		{"type":"function","function":{"name":"lamp","parameters":{"type":"object","properties":{"room":{"type":"string"},"level":{"type":"integer"},"hue":{}}}}},
		{"name":"mail","parameters":{"properties":{"to":{}}}},
		{"name":"ping"}]`)
	return ex
}

func TestToolCall(t *testing.T) {
	ex := toolRow("lamp(room='hall',level='7')")
	verifiertest.Run(t, verifiertest.Suite{
		New: func() (verifier.Verifier, error) { return verifier.New("tool_call", nil) },
		Cases: []verifiertest.Case{
			row(ex, "lamp(room='hall',level='7')", data.Correct, "match"),
			row(ex, "lamp( level = '7' , room='hall' )", data.Correct, "match"),
			row(ex, "I do this:\n lamp(room='hall',level='7') and no more", data.Correct, "match"),
			row(ex, "lamp(room='hall',level='6',level='7')", data.Correct, "match"), // the last of a key counts, as there
			row(toolRow("mail(to='a')", "lamp(room='hall')"), "lamp(room='hall')", data.Correct, "match"),
			row(ex, "lamp", data.Incorrect, "format"),
			row(ex, ")lamp(", data.Incorrect, "format"),
			row(ex, "bell(room='hall')", data.Incorrect, "format"),
			row(ex, "so lamp(room='hall',level='7')", data.Incorrect, "format"), // its name is "so lamp"
			row(ex, "Lamp(room='hall',level='7')", data.Incorrect, "format"),
			row(ex, "mail(to='ann')", data.Incorrect, "tool"),
			row(ex, "(room='hall',level='7')", data.Incorrect, "tool"),
			row(ex, "lamp(size='1',hue='red')", data.Incorrect, "hal_red_miss"),
			row(ex, "lamp(room='hall',level='7',hue='red',size='1')", data.Incorrect, "hal_red"),
			row(ex, "lamp(room='hall',size='1')", data.Incorrect, "hal_miss"),
			row(ex, "lamp(room='hall',hue='red')", data.Incorrect, "red_miss"),
			row(ex, "lamp(room='hall',level='7',size='1')", data.Incorrect, "hal"),
			row(ex, "lamp(room='hall',level='7',hue='red')", data.Incorrect, "red"),
			row(ex, "lamp(room='hall')", data.Incorrect, "miss"),
			row(ex, "lamp()", data.Incorrect, "miss"),
			row(ex, `lamp(room="hall",level=7)`, data.Incorrect, "miss"), // double quotes and none count as absent
			row(ex, "lamp(room='hall',level='8')", data.Incorrect, "value"),
			row(ex, "lamp(room='hall',level='07')", data.Incorrect, "value"),
			row(toolRow("ping(a='1')"), "ping(a='1',b='2')", data.Incorrect, "value"), // no signature: neither hal nor red
			row(toolRow("lamp"), "lamp()", data.Error, "no_gold"),
			row(answers("lamp()"), "lamp()", data.Error, "no_gold"),
		},
	})
}

// TestToolCallRewards: the rewards of objectives in the order of their classes, and the
// class is the verdict's.
func TestToolCallRewards(t *testing.T) {
	official := map[string]float64{
		"bell()": -2, "mail(to='a')": -1.5, "lamp(x='1',hue='red')": -1.8, "lamp(room='hall',level='7',hue='r',x='1')": -1.3, "lamp(room='hall',x='1')": -1.3,
		"lamp(room='hall',hue='red')": -1, "lamp(room='hall',level='7',x='')": -0.8, "lamp(room='hall',level='7',hue='')": -0.5, "lamp(level='7')": -0.5,
		"lamp(room='attic',level='7')": -0.25, "lamp(room='hall',level='7')": 1,
	}
	for _, order := range []string{"official", "strict"} {
		v, err := verifier.New("tool_call", map[string]any{"order": order})
		if err != nil {
			t.Fatal(err)
		}
		ex := toolRow("lamp(room='hall',level='7')")
		for completion, want := range official {
			got := v.Verify(t.Context(), &ex, completion)
			if order == "strict" && want == -1.8 {
				want = -1.4
			}
			if got.Score != want || got.Class == "" {
				t.Errorf("%s, %s: %+v, want %v", order, completion, got, want)
			}
		}
	}
	if _, err := verifier.New("tool_call", map[string]any{"order": "loose"}); err == nil {
		t.Error("order loose is accepted")
	}
}

// The patterns of the official code.
var (
	officialCall     = regexp.MustCompile(`(.*?)\(([\s\S]*?)\)`)
	officialArgument = regexp.MustCompile(`(\w+)\s*=\s*'([^']*)'`)
)

// officialReward is the reward as the official code has it, for tools with signatures.
func officialReward(said, gold string, tools map[string][]string) float64 {
	p, g := officialCall.FindStringSubmatch(said), officialCall.FindStringSubmatch(gold)
	if p == nil {
		return -2
	}
	read := func(text string) map[string]string {
		out := map[string]string{}
		for _, m := range officialArgument.FindAllStringSubmatch(text, -1) {
			out[m[1]] = m[2]
		}
		return out
	}
	name, saidArgs, goldArgs := strings.TrimSpace(p[1]), read(p[2]), read(g[2])
	params, listed := tools[name]
	if !listed && name != "" {
		return -2
	}
	if name != strings.TrimSpace(g[1]) {
		return -1.5
	}
	hal, red, miss, same := false, false, false, true
	for k, v := range saidArgs {
		_, inGold := goldArgs[k]
		hal = hal || !slices.Contains(params, k)
		red = red || !inGold && slices.Contains(params, k)
		same = same && goldArgs[k] == v
	}
	for k := range goldArgs {
		_, ok := saidArgs[k]
		miss = miss || !ok
	}
	switch {
	case hal && red && miss:
		return -1.8
	case hal && (red || miss):
		return -1.3
	case red && miss:
		return -1
	case hal:
		return -0.8
	case red || miss:
		return -0.5
	case !same:
		return -0.25
	}
	return 1
}

// TestToolCallAsOfficial compares rewards with the official rules on random texts.
func TestToolCallAsOfficial(t *testing.T) {
	v, err := verifier.New("tool_call", nil)
	if err != nil {
		t.Fatal(err)
	}
	ex := toolRow("")
	tools := map[string][]string{"lamp": {"room", "level", "hue"}, "mail": {"to"}}
	pieces := []string{"lamp", "mail", "(", ")", "lamp(", "room='hall'", "level='7'", "hue='red'", "x='1'", ",", " ", "\n", "level = '8'", "'", "=", "to='a'"}
	golds := []string{"lamp(room='hall',level='7')", "lamp(hue='red')", "mail(to='a')", "lamp()"}
	r := rand.New(rand.NewPCG(3, 4))
	seen := map[float64]int{}
	for range 50_000 {
		said := ""
		if r.IntN(3) > 0 {
			said = "lamp("
		}
		for range r.IntN(7) {
			said += pieces[r.IntN(len(pieces))]
		}
		if r.IntN(3) > 0 {
			said += ")"
		}
		ex.Answers = []string{golds[r.IntN(len(golds))]}
		want := officialReward(said, ex.Answers[0], tools)
		seen[want]++
		if got := v.Verify(t.Context(), &ex, said); got.Score != want {
			t.Fatalf("%q against %s: %+v, want %v", said, ex.Answers[0], got, want)
		}
	}
	if len(seen) != 9 {
		t.Errorf("rewards seen: %v, want all nine", seen)
	}
}

func FuzzToolCall(f *testing.F) {
	f.Add("lamp(room='hall',level='7')")
	f.Add("((''=")
	v, err := verifier.New("tool_call", nil)
	if err != nil {
		f.Fatal(err)
	}
	ex := toolRow("lamp(room='hall',level='7')")
	f.Fuzz(func(t *testing.T, s string) {
		got := v.Verify(t.Context(), &ex, s)
		if got.Kind == data.Correct && !(strings.Contains(s, "lamp") && strings.Contains(s, "'hall'") && strings.Contains(s, "'7'")) {
			t.Errorf("%q: %+v", s, got)
		}
	})
}
