package fault

import "strings"

// maxWord is the longest word that [Closest] looks at; the longest key has 24
// letters.
const maxWord = 64

// Closest is the word of among that is most like word, for "did you mean": at most
// a third of its letters (one, in a short word) changed, added, dropped or swapped
// with a neighbour. Case and the difference between "-" and "_" do not count. Of
// equals the first wins; empty if none is close.
func Closest(word string, among []string) string {
	if word == "" || len(word) > maxWord {
		return ""
	}
	best, least := "", max(1, len(word)/3)+1
	for _, candidate := range among {
		if len(candidate) > maxWord || candidate == "" {
			continue
		}
		if d := distance(fold(word), fold(candidate)); d < least {
			best, least = candidate, d
		}
	}
	return best
}

func fold(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }

// distance is the number of edits between a and b in bytes, a swap of neighbours
// being one (optimal string alignment).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
