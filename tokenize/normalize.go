package tokenize

import (
	"encoding/json"
	"fmt"
	"strings"
)

// normalizer changes the text between added tokens, step by step.
type normalizer []normalStep

// normalStep is one of three: NFC, a text put before (Prepend), a text replaced.
type normalStep struct {
	nfc      bool
	prepend  string
	old, new string
}

// apply normalizes a text; an empty one stays empty.
func (n normalizer) apply(text string) string {
	for i := range n {
		s := &n[i]
		switch {
		case text == "":
		case s.nfc:
			text = nfc(text)
		case s.old != "":
			text = strings.ReplaceAll(text, s.old, s.new)
		default:
			text = s.prepend + text
		}
	}
	return text
}

// hasNFC reports that a text with a character taken out must be composed again.
func (n normalizer) hasNFC() bool {
	for _, s := range n {
		if s.nfc {
			return true
		}
	}
	return false
}

// parseNormalizer reads the part "normalizer" at path.
func parseNormalizer(r *refusals, path string, raw json.RawMessage) normalizer {
	if isNull(raw) {
		return nil
	}
	var kind, prepend, content string
	var pattern, list json.RawMessage
	switch kind = kindField(raw); kind {
	case "NFC":
		r.fields(path, raw, map[string]any{"type": &kind})
		return normalizer{{nfc: true}}
	case "Prepend":
		r.fields(path, raw, map[string]any{"type": &kind, "prepend": &prepend})
		if prepend == "" {
			return nil
		}
		return normalizer{{prepend: prepend}}
	case "Replace":
		r.fields(path, raw, map[string]any{"type": &kind, "pattern": &pattern, "content": &content})
		old := parseText(r, path+".pattern", pattern)
		if content == "" {
			r.fault(path+".content", "is empty, implemented is only a text")
		}
		grown(r, path, 1, old, content)
		return normalizer{{old: old, new: content}}
	case "Sequence":
		r.fields(path, raw, map[string]any{"type": &kind, "normalizers": &list})
		var out normalizer
		eachOf(r, path+".normalizers", list, func(at string, value json.RawMessage) {
			out = append(out, parseNormalizer(r, at, value)...)
		})
		growth := 1
		for _, s := range out {
			growth = grown(r, path, growth, s.old, s.new)
		}
		return out
	}
	r.add(path, raw, "NFC, Prepend, Replace, Sequence")
	return nil
}

// mostGrowth bounds how much longer replacing may make a text, so that a file cannot
// make a short text fill the memory; a space becomes three bytes in real files.
const mostGrowth = 64

// grown is how many times longer a text can be after replacing, and refuses too much.
func grown(r *refusals, path string, growth int, before, after string) int {
	if before == "" || len(after) <= len(before) {
		return growth
	}
	growth *= (len(after) + len(before) - 1) / len(before)
	if growth > mostGrowth {
		r.fault(path, "makes a text %d times longer, implemented is only %d times", growth, mostGrowth)
		return 1
	}
	return growth
}

// mostNested bounds lists within lists; real files have one.
const mostNested = 4

// kindField is the field "type" of an object.
func kindField(raw json.RawMessage) string {
	fields, _ := object(raw)
	for _, f := range fields {
		if f.name == "type" && len(f.value) > 0 && f.value[0] == '"' {
			return unquote(f.value)
		}
	}
	return ""
}

// eachOf calls f for the elements of a list with their paths.
func eachOf(r *refusals, path string, raw json.RawMessage, f func(at string, value json.RawMessage)) {
	if strings.Count(path, "[") >= mostNested {
		r.fault(path, "is nested too deep")
		return
	}
	i := 0
	if !isNull(raw) && array(raw, func(value json.RawMessage) bool {
		f(fmt.Sprintf("%s[%d]", path, i), value)
		i++
		return true
	}) {
		return
	}
	r.add(path, raw, "a list")
}

// parseText reads a pattern that is a plain text: {"String": "..."}.
func parseText(r *refusals, path string, raw json.RawMessage) string {
	var text string
	fields, ok := object(raw)
	if !ok || len(fields) != 1 || fields[0].name != "String" || json.Unmarshal(fields[0].value, &text) != nil || text == "" {
		r.add(path, raw, `{"String": "..."}`)
	}
	return text
}
