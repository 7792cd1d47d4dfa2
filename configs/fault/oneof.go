package fault

import "strings"

// OneOf is what is allowed where a name is expected: the names, and the one that
// was perhaps meant.
func OneOf(found string, names []string) string {
	if len(names) == 0 {
		return "nothing: there are none"
	}
	allowed := "one of " + strings.Join(names, ", ")
	if near := Closest(found, names); near != "" {
		allowed += "; did you mean " + near + "?"
	}
	return allowed
}
