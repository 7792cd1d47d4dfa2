package tokenize

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// The classes of [ToolTokens].
const (
	// ToolOther is a token that has no part in choosing a tool or ending an argument.
	ToolOther = 0
	// ToolKey is the first token of a tool's name, or the one that tells it from another
	// listed tool whose name begins alike.
	ToolKey = 1
	// ToolEnd is the token that ends an argument; ToolKey+ToolEnd is both.
	ToolEnd = 2
)

// ToolTokens classes the tokens of a completion by what they mean in calls of the listed
// tools, [L] (TL-Training, arXiv 2412.15495). A call is written name(arguments), as a JSON
// object with "name" and "arguments" or "parameters", or as <function=name> with
// <parameter=...> in it. A token has the class of what lies in its text, so that a tokenizer
// may cut names as it likes; what the authors' code finds by the tokens of one model is
// found here by characters.
func ToolTokens(tok Tokenizer, ids []int32, tools []string) []float32 {
	out := make([]float32, len(ids))
	calls := callPattern(tools)
	if calls == nil {
		return out
	}
	text := tok.Decode(ids, true)
	var keys, ends []int
	for _, at := range calls.FindAllStringSubmatchIndex(text, -1) {
		for group := 1; group <= 3; group++ {
			from, to := at[2*group], at[2*group+1]
			if from < 0 {
				continue
			}
			keys = append(keys, from)
			for _, other := range tools {
				if n := commonPrefix(text[from:to], other); other != text[from:to] && n > 0 {
					keys = append(keys, from+n)
				}
			}
			ends = append(ends, argumentEnds(text, to, group)...)
		}
	}
	stream, begin := NewStream(tok, true), 0
	for i, id := range ids {
		end := begin + len(stream.Push(id))
		in := func(at int) bool { return begin <= at && at < end }
		if slices.ContainsFunc(keys, in) {
			out[i] += ToolKey
		}
		if slices.ContainsFunc(ends, in) {
			out[i] += ToolEnd
		}
		begin = end
	}
	return out
}

// The groups of callPattern: the three ways to write a call.
const (
	plainCall = 1 + iota
	jsonCall
	taggedCall
)

// longestName bounds a tool's name in bytes; no tool is called anything longer.
const longestName = 256

// callPattern finds calls of tools, with the name in the group of its way; nil without
// tools.
func callPattern(tools []string) *regexp.Regexp {
	var names []string
	for _, name := range tools {
		if name != "" && len(name) <= longestName && utf8.ValidString(name) {
			names = append(names, regexp.QuoteMeta(name))
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	name := "(" + strings.Join(names, "|") + ")"
	return regexp.MustCompile(`(?:^|[^\w.-])` + name + `[ \t]*\(|"name"\s*:\s*"` + name + `"|<function=` + name + `>`)
}

var (
	argumentsOpen = regexp.MustCompile(`^"\s*,\s*"(?:arguments|parameters)"\s*:\s*\{`)
	parameterEnd  = "</parameter>"
	functionEnd   = "</function>"
)

// argumentEnds are the places where the arguments of a call end whose name ends at to.
func argumentEnds(text string, to, way int) []int {
	switch way {
	case plainCall:
		return closings(text, to+strings.IndexByte(text[to:], '(')+1)
	case jsonCall:
		if open := argumentsOpen.FindStringIndex(text[to:]); open != nil {
			return closings(text, to+open[1])
		}
		return nil
	}
	whole, _, _ := strings.Cut(text[to:], functionEnd)
	var out []int
	for at := 0; ; at += len(parameterEnd) {
		next := strings.Index(whole[at:], parameterEnd)
		if next < 0 {
			return out
		}
		at += next
		out = append(out, to+at)
	}
}

// closings are the places where values end in key=value or "key": value from an opened
// bracket on: the closing quote or bracket of a value, else the comma or bracket after it.
func closings(text string, from int) []int {
	var out []int
	depth, quote, value := 1, byte(0), false
	end := func(at int) {
		if value && depth == 1 {
			out, value = append(out, at), false
		}
	}
	for i := from; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0 && c == '\\':
			i++
		case quote != 0 && c == quote:
			quote = 0
			end(i)
		case quote != 0:
		case strings.IndexByte(`'"`, c) >= 0:
			quote = c
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			if depth == 1 {
				end(i)
				return out
			}
			depth--
			end(i)
		case c == ',':
			end(i)
		case strings.IndexByte("=:", c) >= 0 && depth == 1:
			value = true
		}
	}
	return out
}
