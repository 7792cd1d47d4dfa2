package latex

import "strings"

// formulaAlone reports whether a short text is a formula, a number or a word, and no
// sentence, whose letters would be a product.
func formulaAlone(s string) bool {
	r, err := read(s, &fuel{steps: maxSteps / 4})
	if err != nil {
		return true // too much work: let the comparison say so
	}
	if !r.formula {
		return len(strings.Fields(s)) == 1 && plainText(s) != ""
	}
	return r.nodes[0].op == opUnit || r.nodes[0].op == opNum || !hasProse(s)
}

// stopWords are short words of sentences.
var stopWords = setOf("is it of to we so be in at by an as no if he us my do go am")

// hasProse reports whether a text has words outside of commands and their arguments.
func hasProse(s string) bool {
	for i := 0; i < len(s); {
		switch {
		case s[i] == '\\':
			i = afterCommand(s, i)
		case isLetter(s[i]):
			end := i
			for end < len(s) && isLetter(s[end]) {
				end++
			}
			if isProse(s[i:end]) {
				return true
			}
			i = end
		default:
			i++
		}
	}
	return false
}

// isProse reports whether letters are a word and neither a product, a unit nor a
// function.
func isProse(word string) bool {
	switch lower := strings.ToLower(word); {
	case stopWords[lower]:
		return true
	case len(word) < 3 || word == "and" || plainWord(word) != "" || functionNames[word]:
		return false
	case percentWords[word] || unitOf(word) != nil:
		return false
	default:
		// AB, ABC are points; abc may be a product.
		return len(word) > 3 && strings.ToUpper(word) != word || strings.Contains("the for are has was its can you all", lower)
	}
}

// afterCommand is the index after a command, and after its argument where that is text.
func afterCommand(s string, i int) int {
	end := i + 1
	for end < len(s) && isLetter(s[end]) {
		end++
	}
	if end == i+1 {
		return i + 2
	}
	if name := s[i+1 : end]; texts[name] || name == "begin" || name == "end" {
		if strings.HasPrefix(s[end:], "{") {
			if at := closing(s, end); at > 0 {
				return at + 1
			}
		}
	}
	return end
}
