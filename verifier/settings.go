package verifier

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// settings reads a verifier's options and collects what is wrong with them.
type settings struct {
	given map[string]any
	// asked are the options that the verifier knows: those it asked for.
	asked []string
	fault.List
}

// get is an option's value; false where it was not given.
func (s *settings) get(key string) (any, bool) {
	s.asked = append(s.asked, key)
	v, ok := s.given[key]
	return v, ok
}

// text is an option that is text.
func (s *settings) text(key, otherwise string) string {
	v, ok := s.get(key)
	if !ok {
		return otherwise
	}
	text, ok := v.(string)
	s.Check(ok, key, v, "text")
	return text
}

// choice is an option that is one of some words, the first where it is not given.
func (s *settings) choice(key string, words ...string) string {
	text := s.text(key, words[0])
	if v, isText := s.given[key].(string); isText {
		s.Check(slices.Contains(words, v), key, v, "%s", fault.OneOf(v, words))
	}
	return text
}

// flag is an option that is true or false.
func (s *settings) flag(key string, otherwise bool) bool {
	v, ok := s.get(key)
	if !ok {
		return otherwise
	}
	flag, ok := v.(bool)
	s.Check(ok, key, v, "true or false")
	return flag
}

// whole is an option that is a whole number from low to high.
func (s *settings) whole(key string, otherwise, low, high int) int {
	v, ok := s.get(key)
	if !ok {
		return otherwise
	}
	n, ok := v.(int)
	s.Check(ok && n >= low && n <= high, key, v, "a whole number from %d to %d", low, high)
	return n
}

// number is an option that is a number from low to high.
func (s *settings) number(key string, otherwise, low, high float64) float64 {
	v, ok := s.get(key)
	if !ok {
		return otherwise
	}
	x, ok := v.(float64)
	if n, isInt := v.(int); isInt {
		x, ok = float64(n), true
	}
	ok = ok && !math.IsNaN(x) && x >= low && x <= high
	switch {
	case !math.IsInf(low, 0) && !math.IsInf(high, 0):
		s.Check(ok, key, v, "a number from %v to %v", low, high)
	case !math.IsInf(low, 0):
		s.Check(ok, key, v, "a number of %v or more", low)
	default:
		s.Check(ok && !math.IsInf(x, 0), key, v, "a number")
	}
	return x
}

// texts is an option that is a list of texts, or one text that is cut at white space.
func (s *settings) texts(key string) []string {
	v, ok := s.get(key)
	if !ok {
		return nil
	}
	if text, ok := v.(string); ok {
		return strings.Fields(text)
	}
	list, ok := v.([]any)
	out := make([]string, len(list))
	for i := range list {
		var isText bool
		out[i], isText = list[i].(string)
		ok = ok && isText
	}
	s.Check(ok, key, v, "a list of texts")
	return out
}

// pairs is an option that is a mapping of names to texts, as "name=text", by name.
func (s *settings) pairs(key string) []string {
	v, ok := s.get(key)
	if !ok {
		return nil
	}
	m, ok := v.(map[string]any)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		text, isText := m[name].(string)
		ok = ok && isText && name != "" && !strings.ContainsAny(name, "=\x00") && !strings.Contains(text, "\x00")
		out = append(out, name+"="+text)
	}
	s.Check(ok, key, v, "a mapping of names to texts (numbers in quotes)")
	return out
}

// err is what is wrong, options that were never asked for included.
func (s *settings) err() error {
	slices.Sort(s.asked)
	for _, key := range slices.Sorted(maps.Keys(s.given)) {
		if !slices.Contains(s.asked, key) {
			s.Add(key, nil, "unknown option; %s", fault.OneOf(key, s.asked))
		}
	}
	return s.Err()
}
