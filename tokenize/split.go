package tokenize

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// stage is a step of the pre-tokenizer: it may change a piece and cuts it.
type stage struct {
	// space replaces each " " where it is set (Metaspace).
	space string
	// prefix is put before a piece that does not start with it; firstOnly: only
	// before the piece that starts the text.
	prefix    string
	firstOnly bool
	// scan cuts; nil leaves the piece whole.
	scan scanner
}

// preTokenizer is the part "pre_tokenizer".
type preTokenizer struct {
	stages []stage
	// bytes is set where it ends with ByteLevel: the model then sees bytes.
	bytes bool
}

// encodePieces appends the ids of text, a part of a normalized text, from stage k on.
// first is set where it starts the whole text. It reports false if it left out what
// the vocabulary cannot express.
func (b *bpe) encodePieces(dst []int32, text string, first bool, k int) ([]int32, bool) {
	if text == "" {
		return dst, true
	}
	if k == len(b.pre.stages) {
		return b.model.encode(dst, text)
	}
	s := &b.pre.stages[k]
	if s.space != "" {
		text = strings.ReplaceAll(text, " ", s.space)
	}
	if s.prefix != "" && (first || !s.firstOnly) && !strings.HasPrefix(text, s.prefix) {
		text = s.prefix + text
	}
	if s.scan == nil {
		return b.encodePieces(dst, text, first, k+1)
	}
	whole := true
	for i, end := 0, 0; i < len(text); i = end {
		end = s.scan(text, i)
		var ok bool
		dst, ok = b.encodePieces(dst, text[i:end], first && i == 0, k+1)
		whole = whole && ok
	}
	return dst, whole
}

// parsePreTokenizer reads the part "pre_tokenizer".
func parsePreTokenizer(r *refusals, raw json.RawMessage) *preTokenizer {
	p := &preTokenizer{}
	if !isNull(raw) {
		p.parse(r, "pre_tokenizer", raw)
	}
	return p
}

func (p *preTokenizer) parse(r *refusals, path string, raw json.RawMessage) {
	kind := kindField(raw)
	if p.bytes {
		r.fault(path, "%s after ByteLevel, implemented is only ByteLevel as the last one", kind)
		return
	}
	switch kind {
	case "Sequence":
		var list json.RawMessage
		r.fields(path, raw, map[string]any{"type": &kind, "pretokenizers": &list})
		eachOf(r, path+".pretokenizers", list, func(at string, value json.RawMessage) { p.parse(r, at, value) })
	case "Split":
		p.parseSplit(r, path, raw)
	case "Digits":
		var individual bool
		r.fields(path, raw, map[string]any{"type": &kind, "individual_digits": &individual})
		most := 0
		if individual {
			most = 1
		}
		p.stages = append(p.stages, stage{scan: runScanner(classNumeric, most)})
	case "ByteLevel":
		var s stage
		prefix, trim, regex := false, false, true
		r.fields(path, raw, map[string]any{"type": &kind, "add_prefix_space": &prefix, "trim_offsets": &trim, "use_regex": &regex})
		if prefix {
			s.prefix = " "
		}
		if regex {
			s.scan = scanGPT2
		}
		if prefix || regex {
			p.stages = append(p.stages, s)
		}
		p.bytes = true
	case "Metaspace":
		p.parseMetaspace(r, path, raw)
	default:
		r.add(path, raw, "Sequence, Split, Digits, ByteLevel, Metaspace")
	}
}

// lineEscapes spells line ends in an expression as escapes: DeepSeek's files hold the
// characters themselves, which mean the same.
var lineEscapes = strings.NewReplacer("\r", `\r`, "\n", `\n`)

// parseSplit chooses a scanner by the expression's exact spelling.
func (p *preTokenizer) parseSplit(r *refusals, path string, raw json.RawMessage) {
	var kind, behavior string
	var invert bool
	var pattern json.RawMessage
	r.fields(path, raw, map[string]any{"type": &kind, "pattern": &pattern, "behavior": &behavior, "invert": &invert})
	fields, _ := object(pattern)
	var regex string
	if len(fields) == 1 && fields[0].name == "Regex" {
		if err := json.Unmarshal(fields[0].value, &regex); err != nil {
			regex = ""
		}
	}
	s, ok := scanners[lineEscapes.Replace(regex)]
	switch {
	case !ok:
		r.add(path+".pattern", pattern, "the expressions of GPT-2, Qwen2, Qwen3.5, Llama-3 and DeepSeek-V3")
	case behavior == "Isolated" && !invert, behavior == "Removed" && invert && s.covers:
		p.stages = append(p.stages, stage{scan: s.scan})
	default:
		r.fault(path+".behavior", "%q with invert %v, implemented is only \"Isolated\" without", behavior, invert)
	}
}

// metaspace is what the pre-tokenizer and the decoder Metaspace hold.
type metaspace struct {
	replacement string
	scheme      string // always, first or never
	split       bool
}

func parseMetaspaceFields(r *refusals, path string, raw json.RawMessage) (metaspace, bool) {
	m := metaspace{scheme: "always", split: true}
	var kind string
	var prefix *bool
	before := len(r.texts)
	r.fields(path, raw, map[string]any{"type": &kind, "replacement": &m.replacement, "prepend_scheme": &m.scheme,
		"split": &m.split, "add_prefix_space": &prefix, "str_rep": new(string)})
	if _, ok := singleRune(m.replacement); !ok {
		r.fault(path+".replacement", "%q is no single character", m.replacement)
	}
	if m.scheme != "always" && m.scheme != "first" && m.scheme != "never" {
		r.fault(path+".prepend_scheme", `%q, implemented is only "always", "first", "never"`, m.scheme)
	}
	if prefix != nil && !*prefix && m.scheme != "never" {
		r.fault(path+".add_prefix_space", "false contradicts prepend_scheme %q", m.scheme)
	}
	return m, len(r.texts) == before
}

func (p *preTokenizer) parseMetaspace(r *refusals, path string, raw json.RawMessage) {
	m, ok := parseMetaspaceFields(r, path, raw)
	if !ok {
		return
	}
	s := stage{space: m.replacement, firstOnly: m.scheme == "first"}
	if m.scheme != "never" {
		s.prefix = m.replacement
	}
	if m.split {
		s.scan = func(s string, i int) int { return nextMark(s, i, m.replacement) }
	}
	p.stages = append(p.stages, s)
}

// nextMark is where a text goes on with mark, after its first character at s[i].
func nextMark(s string, i int, mark string) int {
	_, size := utf8.DecodeRuneInString(s[i:])
	i += size
	if at := strings.Index(s[i:], mark); at >= 0 {
		return i + at
	}
	return len(s)
}
