package latex

import "strings"

// boxes finds the last box, with those before it that belong to the same answer: less
// than 10 characters apart, or less than 70 with "and", "or", a comma or a semicolon
// between different contents.
func (x *extractor) boxes() {
	all := findBoxes(x.text)
	if len(all) == 0 {
		return
	}
	last := all[len(all)-1]
	parts := []string{x.text[last.start:last.end]}
	first := last
	for i := len(all) - 2; i >= 0; i-- {
		b := all[i]
		between := x.text[min(b.end+1, first.command):first.command]
		content := strings.TrimSpace(x.text[b.start:b.end])
		if len(between) >= 10 && (len(between) >= 70 || content == strings.TrimSpace(parts[0]) || !hasSeparator(between)) {
			break
		}
		first = b
		if content != strings.TrimSpace(parts[0]) {
			parts = append([]string{content}, parts...)
		}
	}
	end := last.end + 1
	if p := x.percentAfterBox(end); p > 0 {
		parts[len(parts)-1] += `\%`
		end = p
	}
	rank := rankHope
	if x.opts.BoxLate {
		rank = rankFinal
	}
	if x.mode == MathVerify {
		end = max(end, strings.LastIndexByte(x.text, '}')+1)
	}
	x.add(rank, span{start: first.command, end: end, parts: parts, rule: "box"})
}

// box is a \boxed: where its command and its content are.
type box struct{ command, start, end int }

// findBoxes lists the outermost boxes from left to right; the content of one that is
// never closed goes to the end of the text. The braces are matched in one pass.
func findBoxes(s string) []box {
	if !strings.Contains(s, `\boxed`) && !strings.Contains(s, `\fbox`) {
		return nil
	}
	var out []box
	var open []int // index in out of the box that a brace opens, or -1
	inside := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			at, start := boxAt(s, i)
			if at < 0 {
				i += escaped(s, i)
				continue
			}
			if inside == 0 {
				out = append(out, box{command: i, start: start + 1, end: -1})
				open = append(open, len(out)-1)
				inside++
			} else {
				open = append(open, -1)
			}
			i = start
		case '{':
			open = append(open, -1)
		case '}':
			if len(open) == 0 {
				continue
			}
			k := open[len(open)-1]
			open = open[:len(open)-1]
			if k >= 0 {
				out[k].end = i
				inside--
			}
		}
	}
	return closeLast(s, out)
}

// escaped is how far a backslash reaches over a brace that it escapes.
func escaped(s string, i int) int {
	if i+1 < len(s) && (s[i+1] == '{' || s[i+1] == '}') {
		return 1
	}
	return 0
}

// boxAt is the place of a box command and its opening brace at i, or -1.
func boxAt(s string, i int) (at, brace int) {
	rest := s[i:]
	for _, command := range []string{`\boxed`, `\fbox`} {
		inner, ok := strings.CutPrefix(rest, command)
		if !ok {
			continue
		}
		trimmed := strings.TrimLeft(inner, " \n\t")
		if strings.HasPrefix(trimmed, "{") {
			return i, len(s) - len(trimmed)
		}
	}
	return -1, -1
}

// closeLast gives a box that is never closed the rest of the text, where it is the only
// one; otherwise it is dropped with all that it swallowed.
func closeLast(s string, boxes []box) []box {
	n := len(boxes)
	if n == 0 || boxes[n-1].end >= 0 {
		return boxes
	}
	if n > 1 {
		return boxes[:n-1]
	}
	boxes[0].end = len(s)
	return boxes
}

func hasSeparator(s string) bool {
	if strings.ContainsAny(s, ",;") {
		return true
	}
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') }) {
		if w == "and" || w == "or" {
			return true
		}
	}
	return false
}

// percentAfterBox is the index after a percent sign or word that follows the formula of
// a box, or 0.
func (x *extractor) percentAfterBox(end int) int {
	if end >= len(x.text) {
		return 0
	}
	rest := x.text[end:]
	for _, closer := range []string{"$$", "$", `\)`, `\]`} {
		if after, ok := strings.CutPrefix(rest, closer); ok {
			return percentAt(x.text, len(x.text)-len(after))
		}
	}
	return percentAt(x.text, end)
}

// percentAt is the index after a percent sign or word at i, white space aside, or 0.
func percentAt(s string, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	for _, p := range []string{`\%`, "%", "percentage", "Percentage", "percent", "Percent", "pct", "Pct"} {
		if strings.HasPrefix(s[i:], p) {
			return i + len(p)
		}
	}
	return 0
}
