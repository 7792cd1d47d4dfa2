package tasks_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// guess is an answer of the right form at random: the policy that a task's chance is the
// expected reward of, written anew from its documentation.
var guess = map[string]func(r *rand.Rand, ex *data.Example) string{
	"addition": func(r *rand.Rand, _ *data.Example) string {
		digits := []byte(fmt.Sprintf("%03d", r.IntN(199)))
		slices.Reverse(digits)
		return string(digits)
	},
	"arithmetic":  func(r *rand.Rand, _ *data.Example) string { return strconv.Itoa(r.IntN(19)) },
	"charbench":   guessLetters,
	"countdown":   guessExpression,
	"graph_path":  guessPath,
	"json_format": nil, // its chance is too small to be played out; see TestJSONChance
	"ranked_list": func(r *rand.Rand, ex *data.Example) string {
		given := strings.Fields(strings.TrimSuffix(ex.Prompt, ">"))
		r.Shuffle(len(given), func(i, j int) { given[i], given[j] = given[j], given[i] })
		return strings.Join(given[:3], "\n")
	},
	"reverse":     guessDigits,
	"running_sum": guessDigits,
	"sort": func(r *rand.Rand, ex *data.Example) string {
		given := strings.Fields(strings.TrimSuffix(ex.Prompt, ">"))
		r.Shuffle(len(given), func(i, j int) { given[i], given[j] = given[j], given[i] })
		return strings.Join(given, " ")
	},
	"sudoku4": func(r *rand.Rand, ex *data.Example) string {
		out := []byte(strings.TrimSuffix(ex.Prompt, ">"))
		for i := range out {
			if out[i] == '.' {
				out[i] = byte('1' + r.IntN(4))
			}
		}
		return string(out)
	},
	"tool_call": guessCall,
}

func guessDigits(r *rand.Rand, ex *data.Example) string {
	out := ""
	for range ex.Answers[0] {
		out += strconv.Itoa(r.IntN(10))
	}
	return out
}

func guessLetters(r *rand.Rand, ex *data.Example) string {
	parts := strings.Fields(strings.TrimSuffix(ex.Prompt, ">"))
	word := parts[len(parts)-1]
	switch parts[0] {
	case "count":
		return strconv.Itoa(r.IntN(len(word) + 1))
	case "position":
		return strconv.Itoa(1 + r.IntN(len(word)))
	}
	out := ""
	for range ex.Answers[0] {
		out += string(rune('a' + r.IntN(26)))
	}
	return out
}

func guessExpression(r *rand.Rand, ex *data.Example) string {
	given, _, _ := strings.Cut(ex.Prompt, ">")
	terms := strings.Fields(given)
	for len(terms) > 1 {
		r.Shuffle(len(terms), func(i, j int) { terms[i], terms[j] = terms[j], terms[i] })
		terms = append(terms[2:], "("+terms[0]+string("+-*/"[r.IntN(4)])+terms[1]+")")
	}
	return terms[0]
}

func guessPath(r *rand.Rand, ex *data.Example) string {
	list, ends, _ := strings.Cut(strings.TrimSuffix(ex.Prompt, ">"), ",")
	path := ends[:1]
	for path[len(path)-1] != ends[1] {
		var next []byte
		for _, e := range strings.Fields(list) {
			for i := range 2 {
				if e[i] == path[len(path)-1] && strings.IndexByte(path, e[1-i]) < 0 {
					next = append(next, e[1-i])
				}
			}
		}
		if len(next) == 0 {
			return "stuck"
		}
		path += string(next[r.IntN(len(next))])
	}
	return strings.Join(strings.Split(path, ""), " ")
}

func guessCall(r *rand.Rand, ex *data.Example) string {
	list, _, _ := strings.Cut(ex.Prompt, "|")
	signatures := strings.Fields(list)
	name, keys, _ := strings.Cut(strings.TrimSuffix(signatures[r.IntN(len(signatures))], ")"), "(")
	words := map[string][]string{
		"room": {"attic", "hall", "cellar"}, "hue": {"red", "blue", "green"}, "day": {"mon", "wed", "sun"}, "song": {"jazz", "rock", "folk"},
		"to": {"ann", "bob", "eve"}, "about": {"rent", "lunch", "trip"}, "item": {"milk", "bread", "eggs"},
	}
	var arguments []string
	for _, key := range strings.Split(keys, ",") {
		value := strconv.Itoa(r.IntN(10))
		if of := words[key]; of != nil {
			value = of[r.IntN(len(of))]
		}
		arguments = append(arguments, key+"='"+value+"'")
	}
	return name + "(" + strings.Join(arguments, ",") + ")"
}

// TestChances: the expected reward that a task states is that of the policy it names,
// played out here on the first test problems and judged by the task's verifier.
func TestChances(t *testing.T) {
	const problems, tries = 100, 300
	for _, info := range tasks.List() {
		task, err := tasks.New(info.Name, nil)
		if err != nil {
			continue // it reads files
		}
		play, known := guess[info.Name]
		chancer, ok := task.(tasks.Chancer)
		if !ok || !known {
			t.Errorf("task %s states no chance, or is not played here", info.Name)
			continue
		}
		if play == nil {
			continue
		}
		t.Run(info.Name, func(t *testing.T) {
			t.Parallel()
			_, v := open1(t, info.Name, nil)
			r := rand.New(rand.NewPCG(5, 6))
			all := examples(t, task, tasks.Test)
			all = all[:min(problems, len(all))]
			n, sum, squares := 0.0, 0.0, 0.0
			for i := range all {
				for range tries {
					score := v.Verify(t.Context(), &all[i], play(r, &all[i])).Score
					n, sum, squares = n+1, sum+score, squares+score*score
				}
			}
			mean := sum / n
			// Four standard errors of the mean, one in 16,000 by chance; one that is never
			// right tells no more than that 4 in n are too many.
			margin := 4*math.Sqrt((squares/n-mean*mean)/n) + 4/n
			if got := chancer.Chance(); math.Abs(got-mean) > margin {
				t.Errorf("states %.5f, is %.5f (+- %.5f)", got, mean, margin)
			}
		})
	}
}

// TestJSONChance computes the chance of json_format from the prompts.
func TestJSONChance(t *testing.T) {
	task, _ := open1(t, "json_format", nil)
	sum := 0.0
	interval := regexp.MustCompile(`(\d)\.\.(\d)`)
	all := examples(t, task, tasks.Test)[:100]
	for _, ex := range all {
		p := 0.001 * math.Pow(0.4, float64(strings.Count(ex.Prompt, "|")))
		for _, m := range interval.FindAllStringSubmatch(ex.Prompt, -1) {
			p *= float64(m[2][0]-m[1][0]+1) / 10
		}
		sum += p
	}
	const rounding = 1e-12
	if got := task.(tasks.Chancer).Chance(); math.Abs(got-sum/float64(len(all))) > rounding {
		t.Errorf("states %v, is %v", got, sum/float64(len(all)))
	}
}
