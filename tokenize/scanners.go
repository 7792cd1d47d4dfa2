package tokenize

import "unicode/utf8"

// scanGPT2 is gpt2Pattern.
func scanGPT2(s string, i int) int {
	t := classes()
	if end := contraction(s, i); end > i {
		return end
	}
	c, size := t.at(s, i)
	body := i
	if s[i] == ' ' {
		body = i + 1
		c, size = t.at(s, body)
	}
	switch {
	case size == 0 || c&classSpace != 0:
		return t.whiteSpace(s, i)
	case c&classLetter != 0:
		return t.skip(s, body+size, classLetter)
	case c&classNumber != 0:
		return t.skip(s, body+size, classNumber)
	}
	return t.skipNot(s, body+size, classSpace|classLetter|classNumber)
}

// wordScanner is the expression of cl100k's descent: words are runs of the bits
// letters, perhaps with one other character before them, and up to digits numbers
// form a piece.
func wordScanner(letters class, digits int) scanner {
	return func(s string, i int) int {
		t := classes()
		if end := anyCaseContraction(s, i); end > i {
			return end
		}
		c, size := t.at(s, i)
		if c&letters != 0 {
			return t.skip(s, i+size, letters)
		}
		if c&(classNumber|classNewline) == 0 { // may come before a word
			if next, n := t.at(s, i+size); next&letters != 0 {
				return t.skip(s, i+size+n, letters)
			}
		}
		if c&classNumber != 0 {
			for n := 1; n < digits; n++ {
				next, more := t.at(s, i+size)
				if next&classNumber == 0 {
					break
				}
				size += more
			}
			return i + size
		}
		body := i
		if s[i] == ' ' {
			body = i + 1
			c, size = t.at(s, body)
		}
		if size > 0 && c&(classSpace|letters|classNumber) == 0 {
			end := t.skipNot(s, body+size, classSpace|letters|classNumber)
			return t.skip(s, end, classNewline)
		}
		if end := t.lineEnds(s, i); end > i {
			return end
		}
		return t.whiteSpace(s, i)
	}
}

// runScanner gives runs of up to most characters with one of the bits, and what is
// between them; most is 0 for runs of any length.
func runScanner(bits class, most int) scanner {
	return func(s string, i int) int {
		t := classes()
		c, size := t.at(s, i)
		if c&bits == 0 {
			return t.skipNot(s, i+size, bits)
		}
		if most == 0 {
			return t.skip(s, i+size, bits)
		}
		end := i + size
		for n := 1; n < most; n++ {
			next, more := t.at(s, end)
			if next&bits == 0 {
				break
			}
			end += more
		}
		return end
	}
}

// scanNumbers is \p{N}{1,3}.
var scanNumbers = runScanner(classNumber, 3)

// scanCJK is DeepSeek's run of Han, Hiragana and Katakana.
func scanCJK(s string, i int) int {
	inside := func(r rune) bool { return r >= 0x4E00 && r <= 0x9FA5 || r >= 0x3040 && r <= 0x30FF }
	r, size := utf8.DecodeRuneInString(s[i:])
	first := inside(r)
	for i += size; i < len(s); i += size {
		if r, size = utf8.DecodeRuneInString(s[i:]); inside(r) != first {
			break
		}
	}
	return i
}

// scanDeepSeek is deepSeekWordPattern. It leaves numbers, controls and unassigned
// characters between its matches.
func scanDeepSeek(s string, i int) int {
	t := classes()
	if end := t.deepSeek(s, i); end > i {
		return end
	}
	for i < len(s) {
		_, size := t.at(s, i)
		i += size
		if i == len(s) || t.deepSeek(s, i) > i {
			break
		}
	}
	return i
}

// deepSeek is the end of a match at s[i], or i.
func (t *classTable) deepSeek(s string, i int) int {
	const words, signs = classLetter | classMark, classPunctuation | classSymbol
	c, size := t.at(s, i)
	if b := s[i]; b < utf8.RuneSelf && c&signs != 0 {
		end := i + 1
		for end < len(s) && (s[end]|0x20 >= 'a' && s[end]|0x20 <= 'z') {
			end++
		}
		if end > i+1 {
			return end
		}
	}
	if c&(classNewline|words|signs) == 0 { // may come before a word
		if next, n := t.at(s, i+size); next&words != 0 {
			return t.skip(s, i+size+n, words)
		}
	}
	if c&words != 0 {
		return t.skip(s, i+size, words)
	}
	body := i
	if s[i] == ' ' {
		body = i + 1
		c, size = t.at(s, body)
	}
	if c&signs != 0 {
		return t.skip(s, t.skip(s, body+size, signs), classNewline)
	}
	if end := t.lineEnds(s, i); end > i {
		return end
	}
	if s[i] == ' ' || c&classSpace != 0 {
		return t.whiteSpace(s, i)
	}
	return i
}
