package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
)

// verifyOptions are the flags of rlvr verify.
type verifyOptions struct {
	golds      []string
	completion string
	set        []string
	json       bool
	// single says that a completion was given, even an empty one.
	single bool
}

func newVerifyCommand() *cobra.Command {
	o := &verifyOptions{}
	c := &cobra.Command{
		Use:   "verify NAME [--gold G ... --completion C]",
		Short: "judge one completion, or lines of them",
		Long: `Judge completions with a verifier ("rlvr list verifiers").

With --completion one pair is judged, and how the verdict comes about is shown. Without it
each line of standard input is a JSON object, and so is each answer, in the same order:

  {"gold": "..." or ["...", ...], "completion": "...", "example": {...}}
  {"verdict": "correct|incorrect|undecided|error", "reward": 1, "extracted": "...", "reason": "...", "us": 12.3}

The example is a row of a problem file, for verifiers that need more than its answers; a
gold beside it takes the place of those. us is the time of the verdict in microseconds.`,
		Example: `  rlvr verify math --gold '\frac{1}{2}' --completion 'so \boxed{0.5}'
  rlvr verify math --set mode=math_verify --json < pairs.jsonl
  rlvr verify exec --set 'command=python3 reward.py' --gold 42 --completion 'it is 42'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.single = cmd.Flags().Changed("completion")
			return runVerify(cmd.Context(), args[0], o, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringArrayVar(&o.golds, "gold", nil, "a reference answer; several: any of them is right")
	f.StringVar(&o.completion, "completion", "", "what is judged")
	f.StringArrayVar(&o.set, "set", nil, "an option of the verifier, as key=value")
	f.BoolVar(&o.json, "json", false, "print a JSON object a line")
	return c
}

func runVerify(ctx context.Context, name string, o *verifyOptions, in io.Reader, out, errOut io.Writer) error {
	options, err := verifierOptions(o.set)
	if err != nil {
		return userError(err)
	}
	v, err := verifier.New(name, options)
	if err != nil {
		return userError(err)
	}
	if outside, ok := v.(verifier.Outside); ok {
		outside.LogTo(newLogger(errOut))
		defer outside.Close()
	}
	if !o.single {
		if len(o.golds) > 0 {
			return userError(errors.New("verify: --gold is given without --completion"))
		}
		return verifyLines(ctx, v, in, out)
	}
	if len(o.golds) == 0 && verifier.NeedsGold(v) {
		return userError(errors.New("verify: --completion is given without --gold"))
	}
	ex := &data.Example{ID: "command line", Answers: o.golds}
	if o.json {
		return json.NewEncoder(out).Encode(judged(ctx, v, ex, o.completion))
	}
	explain(ctx, out, v, ex, o.completion)
	return nil
}

// verifierOptions are the key=value pairs of --set, with numbers and truth values as
// such.
func verifierOptions(set []string) (map[string]any, error) {
	options := make(map[string]any, len(set))
	for _, s := range set {
		key, value, ok := strings.Cut(s, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("verify: --set: found %q, allowed: key=value", s)
		}
		options[key] = value
		if n, err := strconv.Atoi(value); err == nil {
			options[key] = n
		} else if x, err := strconv.ParseFloat(value, 64); err == nil {
			options[key] = x
		} else if b, err := strconv.ParseBool(value); err == nil && len(value) > 1 {
			options[key] = b
		}
	}
	return options, nil
}

// verdictLine is what is printed of a verdict, as the JSONL protocol has it.
type verdictLine struct {
	Verdict   string  `json:"verdict"`
	Reward    float64 `json:"reward"`
	Extracted string  `json:"extracted"`
	Reason    string  `json:"reason"`
	US        float64 `json:"us"`
	// detail is what went wrong, for people.
	detail string
}

// judged is the verdict on one completion, with the time that it took. A verifier that
// panics has broken, and is no reason to leave the other lines unanswered.
func judged(ctx context.Context, v verifier.Verifier, ex *data.Example, completion string) (line verdictLine) {
	start := time.Now()
	defer func() {
		line.US = float64(time.Since(start).Nanoseconds()/100) / 10
		if r := recover(); r != nil {
			line.Verdict, line.Reason, line.detail = data.Error.String(), verifier.ReasonPanic, fmt.Sprint(r)
		}
	}()
	got := v.Verify(ctx, ex, completion)
	return verdictLine{Verdict: got.Kind.String(), Reward: got.Score, Extracted: got.Extracted, Reason: got.Reason, detail: got.Detail}
}

// explain shows a verdict for people, with the steps where the verifier tells them.
func explain(ctx context.Context, out io.Writer, v verifier.Verifier, ex *data.Example, completion string) {
	r := judged(ctx, v, ex, completion)
	fmt.Fprintf(out, "%s (%s), reward %v, %v us\n", r.Verdict, r.Reason, r.Reward, r.US)
	if r.detail != "" {
		fmt.Fprintf(out, "  %s\n", r.detail)
	}
	if e, ok := v.(interface {
		Explain(ex *data.Example, completion string) []string
	}); ok {
		for _, line := range e.Explain(ex, completion) {
			fmt.Fprintf(out, "  %s\n", line)
		}
		return
	}
	if r.Extracted != "" {
		fmt.Fprintf(out, "  answer: %s\n", r.Extracted)
	}
}

// verifyLines answers requests until there are no more.
func verifyLines(ctx context.Context, v verifier.Verifier, in io.Reader, out io.Writer) error {
	lines, buffered := bufio.NewReaderSize(in, 1<<16), bufio.NewWriter(out)
	answers := json.NewEncoder(buffered)
	answers.SetEscapeHTML(false)
	for n := 1; ; n++ {
		line, err := lines.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return errors.Join(buffered.Flush(), err)
		}
		if strings.TrimSpace(line) == "" {
			if err != nil {
				return buffered.Flush()
			}
			continue
		}
		ex, completion, err := verifyRequest(line)
		if err != nil {
			return errors.Join(buffered.Flush(), userError(fmt.Errorf("line %d: %w", n, err)))
		}
		if err := answers.Encode(judged(ctx, v, ex, completion)); err != nil {
			return err
		}
		if lines.Buffered() == 0 { // someone may wait for the answer
			if err := buffered.Flush(); err != nil {
				return err
			}
		}
	}
}

// verifyRequest reads a line of the JSONL protocol.
func verifyRequest(line string) (*data.Example, string, error) {
	var q struct {
		Gold       json.RawMessage `json:"gold"`
		Completion *string         `json:"completion"`
		Example    json.RawMessage `json:"example"`
	}
	if !strings.HasPrefix(strings.TrimSpace(line), "{") {
		return nil, "", fmt.Errorf("found %.40q, allowed: a JSON object", strings.TrimSpace(line))
	}
	if err := json.Unmarshal([]byte(line), &q); err != nil {
		return nil, "", err
	}
	if q.Completion == nil {
		return nil, "", errors.New("completion is missing")
	}
	ex := &data.Example{ID: "standard input"}
	if len(q.Example) > 0 && string(q.Example) != "null" {
		rows, err := data.DecodeJSONL(strings.NewReader(compactJSON(q.Example)), "example", "example")
		if err != nil {
			return nil, "", err
		}
		if len(rows) == 1 {
			ex = &rows[0]
		}
	}
	golds, err := goldTexts(q.Gold)
	if err != nil {
		return nil, "", err
	}
	if golds != nil {
		ex.Answers = golds
	}
	return ex, *q.Completion, nil
}

// compactJSON is a JSON value on one line.
func compactJSON(raw json.RawMessage) string {
	return strings.NewReplacer("\n", " ", "\r", " ").Replace(string(raw))
}

// goldTexts are a text or an array of texts; nil where there is none.
func goldTexts(raw json.RawMessage) ([]string, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}, nil
	}
	many := []string{}
	if err := json.Unmarshal(raw, &many); err != nil {
		return nil, fmt.Errorf("gold: found %.40s, allowed: a text or an array of texts", raw)
	}
	return many, nil
}
