package code

import (
	"regexp"
	"slices"
	"strings"
)

// Format says where the code of a completion is.
type Format string

// The formats.
const (
	// Fenced: in the last fenced block; without one there is no code.
	Fenced Format = "fenced"
	// Any: in the last fenced block, or the whole text where there is none.
	Any Format = "any"
	// Raw: the whole text, as base models are asked to go on with a prompt. It ends
	// before the first line that starts something new at the left margin: class, def, #,
	// if or print, the stop sequences of Codex (Chen et al., 2021, section 2.1).
	Raw Format = "raw"
)

func (f Format) known() bool { return f == Fenced || f == Any || f == Raw }

// languages are the tags of fenced blocks that say Python.
var languages = []string{"python", "python3", "py", "py3"}

const endOfThought = "</think>"

// Extract is the code of a completion; false where it has none.
//
// What follows the last </think> comes before the thoughts; code within them counts only
// where there is none after, and with afterThink never: without </think> there is no code
// then.
//
// A fenced block is CommonMark's: a line of three or more backticks or tildes, with a
// language, up to a line of as many, or to the end of the text where that is cut short.
// The last block with a language of Python counts, else the last one without a language;
// blocks of other languages never do.
func Extract(completion string, format Format, afterThink bool) (string, bool) {
	i := strings.LastIndex(completion, endOfThought)
	if i < 0 {
		if afterThink {
			return "", false
		}
		return extract(completion, format)
	}
	if code, ok := extract(completion[i+len(endOfThought):], format); ok || afterThink {
		return code, ok
	}
	return extract(completion[:i], format)
}

func extract(text string, format Format) (string, bool) {
	if format == Raw {
		return notEmpty(untilStop(text))
	}
	if code, ok := lastBlock(text); ok {
		return notEmpty(code)
	}
	if format == Any {
		return notEmpty(text)
	}
	return "", false
}

func notEmpty(code string) (string, bool) { return code, strings.TrimSpace(code) != "" }

// stops begin what no longer belongs to the function that a base model was to finish.
var stops = []string{"\nclass", "\ndef", "\n#", "\nif", "\nprint"}

func untilStop(text string) string {
	for _, stop := range stops {
		if i := strings.Index(text, stop); i >= 0 {
			text = text[:i]
		}
	}
	return text
}

// fence is an opening line of a block: indentation, the fence, the info string.
var fence = regexp.MustCompile("^( {0,3})(`{3,}|~{3,})[ \t]*(.*)$")

// lastBlock is the block that counts, see [Extract].
func lastBlock(text string) (string, bool) {
	var tagged, plain []string
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		m := fence.FindStringSubmatch(lines[i])
		if m == nil || m[2][0] == '`' && strings.Contains(m[3], "`") {
			continue
		}
		var block []string
		for i++; i < len(lines) && !closes(lines[i], m[2]); i++ {
			block = append(block, dedent(lines[i], len(m[1])))
		}
		switch {
		case language(m[3]) == "":
			plain = block
		case slices.Contains(languages, language(m[3])):
			tagged = block
		}
	}
	if tagged == nil {
		tagged = plain
	}
	return strings.Join(tagged, "\n"), tagged != nil
}

// closes reports whether a line ends the block that a fence began.
func closes(line, fence string) bool {
	rest := strings.TrimRight(line, " \t")
	if trimmed := strings.TrimLeft(rest, " "); len(rest)-len(trimmed) <= 3 {
		return len(trimmed) >= len(fence) && strings.Trim(trimmed, fence[:1]) == ""
	}
	return false
}

// language is the first word of an info string, in small letters.
func language(info string) string {
	words := strings.FieldsFunc(info, func(r rune) bool { return strings.ContainsRune(" \t{},:", r) })
	if len(words) == 0 {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(words[0], "."))
}

// dedent takes up to n spaces from the beginning of a line.
func dedent(line string, n int) string {
	for n > 0 && strings.HasPrefix(line, " ") {
		line, n = line[1:], n-1
	}
	return line
}

// continues reports whether code goes on with the function that the prompt began: its
// first line with anything in it is indented.
func continues(code string) bool {
	for line := range strings.Lines(code) {
		if strings.TrimSpace(line) != "" {
			return line[0] == ' ' || line[0] == '\t'
		}
	}
	return false
}
