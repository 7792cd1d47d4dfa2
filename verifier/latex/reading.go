package latex

import (
	"errors"
	"strings"
)

// reading are the trees that a text may stand for, best first.
type reading struct {
	nodes []*node
	// formula says that the text was parsed, and is not just words or raw text.
	formula bool
}

// errEmpty says that there is nothing to read.
var errEmpty = errors.New("empty answer")

// read parses a text. What is no formula is compared as text: words without regard to
// case, anything else as it is spelt. Only a text without fuel is an error.
func read(s string, f *fuel) (reading, error) {
	s = trimAnswer(s)
	if s == "" {
		return reading{}, errEmpty
	}
	if len(s) > maxAnswer {
		return reading{}, errFuel
	}
	var r reading
	said := plainText(s)
	if said == "" || !isWord(said) {
		n, ambiguous, err := parse(s, true, f)
		if errors.Is(err, errFuel) {
			return reading{}, err
		}
		if err == nil {
			r.nodes, r.formula = append(r.nodes, n), true
		}
		if ambiguous {
			if n, _, err = parse(s, false, f); err == nil {
				r.nodes, r.formula = append(r.nodes, n), true
			}
		}
	}
	switch {
	case said != "":
		if n, ok := numberOfWords(said); ok {
			r.nodes, r.formula = append(r.nodes, integer(n)), true
		}
		r.nodes = append(r.nodes, &node{op: opText, name: foldWord(said)})
	case len(r.nodes) == 0:
		r.nodes = append(r.nodes, &node{op: opText, name: "\\raw " + rawText(s)})
	}
	return r, nil
}

// trimAnswer drops what surrounds an answer without being part of it.
func trimAnswer(s string) string {
	for {
		t := strings.TrimSpace(strings.Trim(strings.TrimSpace(s), "`"))
		if len(t) > 4 && strings.HasPrefix(t, "**") && strings.HasSuffix(t, "**") {
			t = t[2 : len(t)-2]
		}
		t = strings.TrimSuffix(t, ".")
		if t == s {
			return t
		}
		s = t
	}
}

// plainText is a text of plain words, at least one of two letters; "" for others.
func plainText(s string) string {
	long := false
	for i, w := range strings.Fields(s) {
		w = strings.Trim(w, ",.")
		if i > 12 || w == "" {
			return ""
		}
		for k := range len(w) {
			if !isLetter(w[k]) && (w[k] != '-' || k == 0 || k == len(w)-1) {
				return ""
			}
		}
		if plainWord(w) != "" || w == "and" || w == "or" {
			return ""
		}
		long = long || len(w) > 1
	}
	if !long {
		return ""
	}
	return s
}

// words that are answers by themselves and never products of letters.
var answerWords = setOf("yes no true false odd even on none never always left right up down north south east west")

// isWord reports whether plain text is words and not a product of variables.
func isWord(said string) bool {
	fields := strings.Fields(said)
	if len(fields) == 1 {
		return answerWords[strings.ToLower(said)] || len(said) > 5
	}
	for _, w := range fields {
		if len(w) > 2 {
			return true
		}
	}
	return false
}

// foldWord is text as words are compared: lower case, single spaces, no full stop.
func foldWord(s string) string {
	return strings.ToLower(strings.Trim(strings.Join(strings.Fields(s), " "), " .,"))
}

var rawReplacer = strings.NewReplacer(`\left`, "", `\right`, "", `\,`, "", `\!`, "", `\;`, "", `\ `, "", " ", "", "$", "", "\n", "", "\t", "")

// rawText is text that no parser understands, without what cannot matter.
func rawText(s string) string { return rawReplacer.Replace(s) }

// compareReadings is Equal where any pair of readings is, and Undecided where any pair
// is undecided and none equal.
func (c *comparer) compareReadings(gold, pred reading) Outcome {
	result := Different
	for _, g := range gold.nodes {
		for _, p := range pred.nodes {
			switch c.compare(g, p) {
			case Equal:
				return Equal
			case Undecided:
				result = Undecided
			default:
			}
		}
	}
	return result
}
