package latex

import (
	"sort"
	"strings"
)

// env is a formula between its delimiters, with the percent sign after it.
type env struct {
	start, end int // with the delimiters
	content    string
	percent    bool
}

// finder looks for closing delimiters and remembers where the next of each kind is, so
// that a text full of openers is read once.
type finder struct {
	s    string
	next map[string]int
}

// from is the index of what at or after i, or -1.
func (f *finder) from(what string, i int) int {
	if at, ok := f.next[what]; ok && (at < 0 || at >= i) {
		return at
	}
	at := strings.Index(f.s[i:], what)
	if at >= 0 {
		at += i
	}
	f.next[what] = at
	return at
}

// environments lists the formulas of a text from left to right: $$ $$ and \[ \] over
// lines, $ $, \( \) and " [ ] " within one, and a bare \frac{1}{2}.
func environments(s string) []env {
	f := &finder{s: s, next: map[string]int{}}
	var out []env
	for i := 0; i < len(s); {
		var e env
		switch s[i] {
		case '$':
			e = f.dollar(i)
		case '\\':
			e = f.backslash(i)
			if e.end == 0 {
				i += 2
				continue
			}
		case '[':
			e = f.bracketed(i)
		}
		if e.end == 0 {
			i++
			continue
		}
		e.start = i
		if p := percentAt(s, e.end); p > 0 {
			e.percent, e.end = true, p
		}
		if strings.HasPrefix(e.content, `\frac`) && i > 0 && s[i-1] == '-' && s[i] == '\\' { // -\frac{1}{2}
			e.start, e.content = i-1, "-"+e.content
		}
		out = append(out, e)
		i = e.end
	}
	return out
}

// dollar is the formula that a dollar sign opens; an amount of money opens none.
func (f *finder) dollar(i int) env {
	s := f.s
	if strings.HasPrefix(s[i:], "$$") {
		for at := f.from("$$", i+2); at >= 0; at = f.from("$$", at+1) {
			if at > i+2 && s[at-1] != '\\' {
				return env{end: at + 2, content: s[i+2 : at]}
			}
		}
	}
	if i > 0 && isDigit(s[i-1]) {
		return env{}
	}
	line := f.lineEnd(i + 1)
	for at := i + 1; at < line; at++ {
		switch {
		case s[at] == '\\':
			at++
		case s[at] == '$':
			if at == i+1 {
				return env{}
			}
			return env{end: at + 1, content: s[i+1 : at]}
		}
	}
	return env{}
}

// lineEnd is the end of the line of i.
func (f *finder) lineEnd(i int) int {
	if at := f.from("\n", i); at >= 0 {
		return at
	}
	return len(f.s)
}

func (f *finder) backslash(i int) env {
	rest := f.s[i:]
	switch {
	case strings.HasPrefix(rest, `\[`):
		if at := f.from(`\]`, i+2); at > i+2 {
			return env{end: at + 2, content: f.s[i+2 : at]}
		}
	case strings.HasPrefix(rest, `\(`):
		if at := f.from(`\)`, i+2); at > i+2 && at < f.lineEnd(i) {
			return env{end: at + 2, content: f.s[i+2 : at]}
		}
	case strings.HasPrefix(rest, `\frac{`):
		if end := numberFraction(rest); end > 0 {
			return env{end: i + end, content: rest[:end]}
		}
	}
	return env{}
}

// numberFraction is the length of \frac{1}{2} at the start of s, or 0.
func numberFraction(s string) int {
	i := len(`\frac`)
	for range 2 {
		if i >= len(s) || s[i] != '{' {
			return 0
		}
		end := strings.IndexByte(s[i:min(len(s), i+40)], '}')
		if end < 2 || strings.Trim(s[i+1:i+end], "-0123456789.,") != "" {
			return 0
		}
		i += end + 1
	}
	return i
}

// bracketed is " [ x ] ", as some models write formulas.
func (f *finder) bracketed(i int) env {
	s := f.s
	if i == 0 || !isSpace(s[i-1]) {
		return env{}
	}
	for k := i + 1; k < len(s); k++ {
		switch s[k] {
		case '\n', '[':
			return env{}
		case ']':
			if k > i+1 && k+1 < len(s) && isSpace(s[k+1]) {
				return env{end: k + 1, content: s[i+1 : k]}
			}
			return env{}
		}
	}
	return env{}
}

// envFrom is the index of the first formula that starts at i or after, or -1.
func (x *extractor) envFrom(i int) int {
	k := sort.Search(len(x.envs), func(k int) bool { return x.envs[k].start >= i })
	if k == len(x.envs) {
		return -1
	}
	return k
}

// chainAt is the chain of formulas that starts exactly at i, or nil.
func (x *extractor) chainAt(i int) *span {
	if k := x.envFrom(i); k >= 0 && x.envs[k].start == i {
		s := x.chainFrom(k)
		return &s
	}
	return nil
}

// longestChain is how many formulas with and, or or a comma between them are one answer.
const longestChain = 6

// chainFrom joins the formula k with those that follow it with and, or or a comma.
func (x *extractor) chainFrom(k int) span {
	s := span{start: x.envs[k].start}
	for n := 0; ; n++ {
		e := &x.envs[k+n]
		part := e.content
		if e.percent {
			part += `\%`
		}
		s.parts, s.end = append(s.parts, part), e.end
		if n+1 == longestChain || k+n+1 == len(x.envs) || !isJoint(x.text[e.end:x.envs[k+n+1].start]) {
			return s
		}
	}
}

func isJoint(between string) bool {
	if len(between) > 40 {
		return false
	}
	switch strings.TrimSpace(between) {
	case "and", ",and", "or", ",or", ",":
		return true
	}
	return false
}

// fewCandidates is how many formulas and numbers without an anchor are candidates, from
// the last.
const fewCandidates = 16

// chains adds the last formulas.
func (x *extractor) chains() {
	var all []span
	for k := 0; k < len(x.envs); {
		s := x.chainFrom(k)
		all = append(all, s)
		k += len(s.parts)
	}
	for _, s := range all[max(0, len(all)-fewCandidates):] {
		s.rule = "last formula"
		x.add(rankBare, s)
	}
}
