package verifier_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/verifiertest"
)

// countdownRow is a problem as a row of a problem file.
func countdownRow(target string, numbers ...string) data.Example {
	all := make([]any, len(numbers))
	for i, n := range numbers {
		all[i] = json.Number(n)
	}
	return data.Example{ID: "countdown", Prompt: "?", Extra: map[string]any{"numbers": all, "target": json.Number(target)}}
}

func TestCountdown(t *testing.T) {
	ex := countdownRow("13", "2", "3", "7")
	verifiertest.Run(t, verifiertest.Suite{
		New: func() (verifier.Verifier, error) { return verifier.New("countdown", nil) },
		Cases: []verifiertest.Case{
			row(ex, "2*3+7", data.Correct, "match"),
			row(ex, "7 + (3*2)", data.Correct, "match"),
			row(ex, "((7))+3*2", data.Correct, "match"),
			row(ex, "2*3+7=13", data.Correct, "match"),
			row(ex, "2*3+7 = 13 ", data.Correct, "match"),
			row(ex, "I try 2+3+7.\n2*3+7\n", data.Correct, "match"),
			row(ex, "<think>2+3</think> so <answer> 2*3+7 </answer>, then", data.Correct, "match"),
			row(ex, "<answer>1</answer><answer>3*2+7</answer>", data.Correct, "match"),
			row(countdownRow("1", "4", "8", "2"), "4/(8/2)", data.Correct, "match"),
			row(countdownRow("24", "3", "3", "8", "8"), "8/(3-8/3)", data.Correct, "match"), // by fractions
			row(countdownRow("-4", "3", "7"), "3-7", data.Correct, "match"),
			row(countdownRow("-4", "3", "7"), "3-7=-4", data.Correct, "match"),
			row(ex, "2*3+7=12", data.Incorrect, "mismatch"),
			row(ex, "2*3+7=13=13", data.Incorrect, "mismatch"),
			row(ex, "2*3+7=", data.Incorrect, "mismatch"),
			row(ex, "2+3+7", data.Incorrect, "mismatch"),
			row(ex, "2*3+7+0", data.Incorrect, "numbers"),
			row(ex, "6+7", data.Incorrect, "numbers"),
			row(ex, "13", data.Incorrect, "numbers"),
			row(ex, "2*3+7*7/7", data.Incorrect, "numbers"),
			row(ex, "7/(3-3)*2", data.Incorrect, "division_by_zero"),
			row(ex, "2/(3-3", data.Incorrect, "unparsed"),
			row(ex, "2**3+7", data.Incorrect, "unparsed"),
			row(ex, "7//3*2", data.Incorrect, "unparsed"),
			row(ex, "2(3)+7", data.Incorrect, "unparsed"),
			row(ex, "-2*3+7", data.Incorrect, "unparsed"),
			row(ex, "02*3+7", data.Incorrect, "unparsed"),
			row(ex, "2*3.0+7", data.Incorrect, "unparsed"),
			row(ex, "2*3+7.", data.Incorrect, "unparsed"),
			row(ex, "2*3+7; import os", data.Incorrect, "unparsed"),
			row(ex, "()", data.Incorrect, "unparsed"),
			row(ex, "2 * 3 + 7"+strings.Repeat(" ", 60)+"+ 0", data.Incorrect, "too_long"),
			row(ex, "\u0662*3+7", data.Incorrect, "unparsed"), // another script's 2
			row(ex, "", data.Incorrect, "empty"),
			row(ex, "2*3+7</think>", data.Incorrect, "empty"),
			row(countdownRow("x", "2"), "2", data.Error, "no_gold"),
			row(countdownRow("2"), "2", data.Error, "no_gold"),
			row(data.Example{Extra: map[string]any{"numbers": "2", "target": 2}}, "2", data.Error, "no_gold"),
		},
	})
}

// tree is a random expression with its value, nil where it divides by zero: an oracle
// that prints what it knows.
func tree(r *rand.Rand, numbers []int) (string, *big.Rat) {
	if len(numbers) == 1 {
		return fmt.Sprint(numbers[0]), big.NewRat(int64(numbers[0]), 1)
	}
	cut := 1 + r.IntN(len(numbers)-1)
	a, x := tree(r, numbers[:cut])
	b, y := tree(r, numbers[cut:])
	op := "+-*/"[r.IntN(4)]
	text := "(" + a + ")" + string(op) + "(" + b + ")"
	if x == nil || y == nil || op == '/' && y.Sign() == 0 {
		return text, nil
	}
	v := new(big.Rat)
	switch op {
	case '+':
		v.Add(x, y)
	case '-':
		v.Sub(x, y)
	case '*':
		v.Mul(x, y)
	default:
		v.Quo(x, y)
	}
	return text, v
}

// TestCountdownValues: random expressions have the value that they were made with, and no
// other.
func TestCountdownValues(t *testing.T) {
	v, err := verifier.New("countdown", nil)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	judged := 0
	for range 20_000 {
		numbers := make([]int, 2+r.IntN(4))
		texts := make([]string, len(numbers))
		for i := range numbers {
			numbers[i] = 1 + r.IntN(9)
			texts[i] = fmt.Sprint(numbers[i])
		}
		text, value := tree(r, numbers)
		target := "5"
		if value != nil && value.IsInt() && r.IntN(4) > 0 {
			target = value.Num().String()
		}
		ex := countdownRow(target, texts...)
		want := value != nil && value.IsInt() && value.Num().String() == target
		if got := v.Verify(t.Context(), &ex, text); (got.Kind == data.Correct) != want && len(text) <= 64 {
			t.Fatalf("%s = %v, target %s: %+v", text, value, target, got)
		}
		if want {
			judged++
		}
	}
	if judged < 1000 {
		t.Errorf("only %d right expressions", judged)
	}
}

func FuzzCountdown(f *testing.F) {
	for _, s := range []string{"2*3+7", "((2*3)+7)=13", "2/0", "<answer>", "1e9"} {
		f.Add(s)
	}
	v, err := verifier.New("countdown", nil)
	if err != nil {
		f.Fatal(err)
	}
	ex := countdownRow("13", "2", "3", "7")
	f.Fuzz(func(t *testing.T, s string) {
		got := v.Verify(t.Context(), &ex, s)
		if got.Kind == data.Correct && (strings.Count(got.Extracted, "2") != 1 || strings.ContainsAny(got.Extracted, "489")) {
			t.Errorf("%q: %+v", s, got)
		}
	})
}
