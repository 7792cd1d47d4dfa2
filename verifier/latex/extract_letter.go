package latex

import (
	"strings"
)

// letters finds the choice of an option: after "answer", at the start, or alone.
func (x *extractor) letters() {
	text := x.text
	fields := x.standing()
	lower := asciiLower(text)
	last := 0 // where the last letter ended: an anchor announces one
	for _, f := range fields {
		rank := rankBare
		before := lower[max(last, f.start-150):f.start]
		last = f.end
		at := strings.LastIndex(before, "answer")
		switch {
		case at >= 0 && strings.HasSuffix(before[:at], "final ") && endsWithIs(before):
			rank = rankFinal
		case at >= 0 && len(before)-at-len("answer") <= 52 && strings.HasPrefix(before[at+len("answer"):], ":"):
			rank = rankColon
		case at >= 0 && len(before)-at-len("answer") <= 52:
			rank = rankAnswer
		case strings.Trim(text[:f.start], "* ") == "":
			rank = rankWhole
		}
		x.add(rank, f)
	}
}

func endsWithIs(before string) bool {
	return strings.HasSuffix(strings.TrimRight(before, ": *("), " is")
}

// standing are the letters that stand by themselves.
func (x *extractor) standing() []span {
	var out []span
	for i := 0; i < len(x.text); i++ {
		if i > 0 && !isSpace(x.text[i-1]) && x.text[i-1] != '*' && x.text[i-1] != '(' {
			continue
		}
		for _, letter := range x.opts.Letters {
			if !strings.HasPrefix(x.text[i:], letter) {
				continue
			}
			end := i + len(letter)
			if end < len(x.text) && strings.IndexByte(".,:) \n\t*", x.text[end]) < 0 {
				continue
			}
			said := letter
			if x.opts.FoldLetters {
				said = strings.ToLower(letter)
			}
			out = append(out, span{start: i, end: end, parts: []string{said}, rule: "letter", plain: true})
			break
		}
	}
	return out
}
