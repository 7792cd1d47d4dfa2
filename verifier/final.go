package verifier

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/rlvr-go/rlvr/data"
)

// finalText is the part of a completion that is judged: what follows the last </think>,
// within the last <answer> and </answer> where there are such, without white space
// around it.
func finalText(completion string) string {
	if i := strings.LastIndex(completion, "</think>"); i >= 0 {
		completion = completion[i+len("</think>"):]
	}
	if i := strings.LastIndex(completion, "<answer>"); i >= 0 {
		completion, _, _ = strings.Cut(completion[i+len("<answer>"):], "</answer>")
	}
	return strings.TrimSpace(completion)
}

// lastLine is the last line of a text that has something on it.
func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}

// correct and wrong are the verdicts of most verifiers.
func correct(extracted string) data.Verdict {
	return data.Verdict{Kind: data.Correct, Score: 1, Extracted: shorten(extracted), Reason: "match"}
}

func wrong(extracted, reason string) data.Verdict {
	return data.Verdict{Kind: data.Incorrect, Extracted: shorten(extracted), Reason: reason, Blame: data.BlameCompletion}
}

// noGold is the verdict where the example lacks what a completion is compared with.
func noGold(detail string) data.Verdict {
	return data.Verdict{Kind: data.Error, Reason: "no_gold", Detail: detail, Blame: data.BlameGold}
}

// mostShown is the most bytes of an answer that are kept for people.
const mostShown = 200

// shorten cuts a text that is kept for people.
func shorten(text string) string {
	if len(text) <= mostShown {
		return text
	}
	return strings.ToValidUTF8(text[:mostShown], "") + "..."
}

// wholeNumber is a field of a row that is a whole number, as [data.DecodeJSONL] reads it
// or as a Go program writes it.
func wholeNumber(field any) (int64, bool) {
	switch x := field.(type) {
	case json.Number:
		n, err := x.Int64()
		return n, err == nil
	case int:
		return int64(x), true
	case string:
		n, err := strconv.ParseInt(x, 10, 64)
		return n, err == nil
	}
	return 0, false
}

// wholeNumbers is a field of a row that is an array of whole numbers.
func wholeNumbers(field any) ([]int64, bool) {
	items, ok := field.([]any)
	if !ok {
		return nil, false
	}
	out := make([]int64, len(items))
	for i, item := range items {
		if out[i], ok = wholeNumber(item); !ok {
			return nil, false
		}
	}
	return out, true
}
