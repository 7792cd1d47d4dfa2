package tokenize

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/tokenize/jinja"
)

// controlTokens are the special tokens of a vocabulary, the longest first. Data must
// never make one.
type controlTokens struct {
	texts []string
	ids   []int32
	first [256]bool // the first bytes of texts
	byID  map[int32]bool
}

func newControlTokens(added []addedToken) *controlTokens {
	var special []addedToken
	for _, t := range added {
		if t.Special && t.Content != "" {
			special = append(special, t)
		}
	}
	slices.SortStableFunc(special, func(a, b addedToken) int { return cmp.Compare(len(b.Content), len(a.Content)) })
	c := &controlTokens{byID: map[int32]bool{}}
	for _, t := range special {
		c.texts, c.ids = append(c.texts, t.Content), append(c.ids, t.ID)
		c.first[t.Content[0]], c.byID[t.ID] = true, true
	}
	return c
}

// at is the index of the longest token that text begins with, -1 if none.
func (c *controlTokens) at(text string) int {
	if text == "" || !c.first[text[0]] {
		return -1
	}
	return slices.IndexFunc(c.texts, func(token string) bool { return strings.HasPrefix(text, token) })
}

// code replaces tokens in text by codes: a mark, the token's index, a mark.
func (c *controlTokens) code(text string, mark rune) string {
	var out strings.Builder // grows where there is a token only
	from := 0
	for i := 0; i < len(text); {
		k := c.at(text[i:])
		if k < 0 {
			i++
			continue
		}
		out.WriteString(text[from:i])
		out.WriteString(string(mark) + strconv.Itoa(k) + string(mark))
		i += len(c.texts[k])
		from = i
	}
	return out.String() + text[from:]
}

// codedChat is a rendered chat with the places of the control tokens that the
// template wrote. Whatever else looks like one is from data.
type codedChat struct {
	text string
	// codes are the template's tokens in text, in order.
	codes []codeSpan
	// guard is a character that text does not hold.
	guard rune
}

// codeSpan is a token of the template: its place and its index in controlTokens.
type codeSpan struct{ start, end, token int }

// The noncharacters that marks and guards are chosen from.
const (
	firstMark = '\ufdd0'
	lastMark  = '\ufdef'
)

// renderCoded renders a chat and tells the template's control tokens from those that
// data spells. The template is rendered with codes for its control tokens, made of a
// character that is not in the chat; the codes are then read off the text. What
// strings join or split to cannot make a code, so nothing in data can.
func (t *chatTemplate) renderCoded(c *Chat) (*codedChat, error) {
	if err := t.probed(); err != nil {
		return nil, err
	}
	template, err := t.choose(c)
	if err != nil {
		return nil, err
	}
	return t.code(template, c)
}

func (t *chatTemplate) code(template *jinja.Template, c *Chat) (*codedChat, error) {
	values, size, err := t.variables(c)
	if err != nil {
		return nil, err
	}
	plain, err := t.execute(template, values, size, nil)
	if err != nil {
		return nil, err
	}
	mark, guard, err := freeMarks(values, plain)
	if err != nil {
		return nil, err
	}
	code := func(s string) string { return t.control.code(s, mark) }
	for name, text := range t.named {
		// An argument of the chat with that name is data.
		if _, given := c.Kwargs[name]; !given {
			values[name] = code(text)
		}
	}
	text, err := t.execute(template, values, size, code)
	if err != nil {
		return nil, err
	}
	coded, err := t.control.read(text, mark)
	if err != nil {
		return nil, err
	}
	if coded.text != plain {
		return nil, errors.New("chat template: it looks for control tokens in what messages say, so that those of the template cannot be told from them")
	}
	coded.guard = guard
	return coded, nil
}

// freeMarks gives two noncharacters that neither the values nor the text hold.
func freeMarks(values map[string]jinja.Value, text string) (mark, guard rune, err error) {
	var held [lastMark - firstMark + 1]bool
	note := func(s string) {
		// All are EF B7 90 to AF in UTF-8.
		for i := strings.Index(s, "\xef\xb7"); i >= 0 && i+2 < len(s); {
			if c := s[i+2]; c >= 0x90 && c <= 0xaf {
				held[c-0x90] = true
			}
			next := strings.Index(s[i+2:], "\xef\xb7")
			if next < 0 {
				break
			}
			i += 2 + next
		}
	}
	note(text)
	for _, v := range values {
		eachString(v, note)
	}
	var free []rune
	for i, taken := range held {
		if !taken {
			free = append(free, firstMark+rune(i))
		}
	}
	if len(free) < 2 {
		return 0, 0, errors.New("chat template: a chat with nearly all noncharacters U+FDD0 to U+FDEF is not implemented")
	}
	return free[0], free[1], nil
}

// eachString visits the strings of a value.
func eachString(v jinja.Value, visit func(string)) {
	switch v := v.(type) {
	case string:
		visit(v)
	case []jinja.Value:
		for _, item := range v {
			eachString(item, visit)
		}
	case *jinja.Dict:
		for key, item := range v.All() {
			visit(key)
			eachString(item, visit)
		}
	}
}

var errBrokenCode = errors.New("chat template: it takes control tokens apart, which is not implemented")

// read undoes code.
func (c *controlTokens) read(text string, mark rune) (*codedChat, error) {
	parts := strings.Split(text, string(mark))
	if len(parts)%2 == 0 {
		return nil, errBrokenCode
	}
	var out strings.Builder
	coded := &codedChat{}
	for i, part := range parts {
		if i%2 == 0 {
			out.WriteString(part)
			continue
		}
		k, err := strconv.Atoi(part)
		if err != nil || k < 0 || k >= len(c.texts) || strconv.Itoa(k) != part {
			return nil, errBrokenCode
		}
		start := out.Len()
		out.WriteString(c.texts[k])
		coded.codes = append(coded.codes, codeSpan{start, out.Len(), k})
	}
	coded.text = out.String()
	return coded, nil
}

// guarded is the text with guards inside whatever spells a control token and is not
// one of the template's.
func (s *codedChat) guarded(c *controlTokens) string {
	var out strings.Builder
	from := 0
	s.spell(c, func(_, at int) {
		out.WriteString(s.text[from:at])
		out.WriteRune(s.guard)
		from = at
	})
	return out.String() + s.text[from:]
}

// spelled is the first control token in the text that is not one of the template's.
func (s *codedChat) spelled(c *controlTokens) string {
	found := ""
	s.spell(c, func(token, _ int) {
		if found == "" {
			found = c.texts[token]
		}
	})
	return found
}

// spell finds control tokens that are not the template's, and calls split with
// the index of each and a place inside it.
func (s *codedChat) spell(c *controlTokens, split func(token, at int)) {
	codes := s.codes
	for i := 0; i < len(s.text); {
		for len(codes) > 0 && codes[0].start < i {
			codes = codes[1:]
		}
		k := c.at(s.text[i:])
		if k < 0 {
			i++
			continue
		}
		end := i + len(c.texts[k])
		switch {
		case len(codes) > 0 && codes[0].start == i && codes[0].end == end:
			i = end
		case len(codes) > 0 && codes[0].start == i: // longer than the template's token
			split(k, codes[0].end)
			i = codes[0].end
		default: // it may run into the template's token, which begins after the first rune
			_, width := utf8.DecodeRuneInString(s.text[i:])
			split(k, i+width)
			i += width
		}
	}
}

// encodeCoded gives the ids of a chat. That the special ids are the template's, all
// of them and no other, is looked at again.
func (b *bpe) encodeCoded(s *codedChat) ([]int32, error) {
	ids, err := b.encodeGuarded(s.guarded(b.chat.control), s.guard)
	if err != nil {
		return nil, err
	}
	codes := s.codes
	for _, id := range ids {
		if !b.chat.control.byID[id] {
			continue
		}
		if len(codes) == 0 || b.chat.control.ids[codes[0].token] != id {
			return nil, fmt.Errorf("tokenize: a chat would have the control token %q that its template does not write", b.Decode([]int32{id}, false))
		}
		codes = codes[1:]
	}
	if len(codes) > 0 {
		return nil, fmt.Errorf("tokenize: a chat would lack the control token %q that its template writes", b.chat.control.texts[codes[0].token])
	}
	return ids, nil
}

// slice is the part of a chat from a byte on, nil where that is inside a code.
func (s *codedChat) slice(from int) *codedChat {
	out := &codedChat{text: s.text[from:], guard: s.guard}
	for _, c := range s.codes {
		switch {
		case c.start >= from:
			out.codes = append(out.codes, codeSpan{c.start - from, c.end - from, c.token})
		case c.end > from:
			return nil
		}
	}
	return out
}

// probes are chats that spell no control token, in words no token has.
var probes = []Chat{
	{Messages: []data.Message{{Role: data.RoleUser, Content: "?"}}, AddGenerationPrompt: true},
	{Messages: []data.Message{
		{Role: data.RoleSystem, Content: "?"}, {Role: data.RoleUser, Content: "?"}, {Role: data.RoleAssistant, Content: "?"}, {Role: data.RoleUser, Content: "?"},
	}, AddGenerationPrompt: true},
}
