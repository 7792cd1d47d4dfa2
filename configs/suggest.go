package configs

import (
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// unknown reports a key that the section at path does not have, with the best
// guess at what was meant.
func (c *checker) unknown(e *entry, path string, s *schema) {
	full := join(path, e.key)
	if (s == peerSchema || slices.Contains(peerSections, e.key)) && len(e.value.entries) > 0 {
		for _, below := range e.value.entries {
			c.unknown(below, full, peerSchema)
		}
		return
	}
	c.fault(e.at, full, nil, "unknown key; "+suggest(full, e.key, s))
}

// peerSchema is a section of another framework's config: it has no key of ours.
var peerSchema = &schema{kind: kindSection}

// suggest says what to write instead of a key at the path full in section s.
func suggest(full, key string, s *schema) string {
	if hint := peerWord(trimIndex(full)); hint != "" {
		return hint
	}
	if near := fault.Closest(key, s.keys()); near != "" {
		return "did you mean " + near + "?"
	}
	if elsewhere := keyPaths[key]; len(elsewhere) > 0 {
		return "did you mean " + strings.Join(elsewhere, " or ") + "?"
	}
	if near := fault.Closest(key, allKeys); near != "" {
		return "did you mean " + strings.Join(keyPaths[near], " or ") + "?"
	}
	if s == peerSchema {
		return "nothing like it here"
	}
	return "allowed here: " + strings.Join(s.keys(), ", ")
}

var (
	// keyPaths are the paths in a file at which a key may stand, by its last segment.
	keyPaths = pathsByKey()
	// allKeys are the keys of keyPaths, sorted.
	allKeys = sortedKeys(keyPaths)
)

func pathsByKey() map[string][]string {
	out := map[string][]string{}
	var walk func(s *schema, path string)
	walk = func(s *schema, path string) {
		for _, f := range s.fields {
			full := join(path, f.key)
			if full != stagesKey {
				out[f.key] = append(out[f.key], full)
				walk(f.schema, full)
			}
		}
	}
	walk(fileSchema, "")
	return out
}

func sortedKeys(m map[string][]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
