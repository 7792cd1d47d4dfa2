package tokenize

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// differences lists where JSON found is not what is implemented, one text each. A
// field that is missing counts as null, false or no elements.
func differences(path string, found, implemented any) []string {
	switch want := implemented.(type) {
	case map[string]any:
		if got, ok := found.(map[string]any); ok {
			return objectDifferences(path, got, want)
		}
	case []any:
		got, ok := found.([]any)
		if len(got) == len(want) && (ok || found == nil) {
			var out []string
			for i := range want {
				out = append(out, differences(fmt.Sprintf("%s[%d]", path, i), got[i], want[i])...)
			}
			return out
		}
	case bool:
		if found == want || found == nil && !want {
			return nil
		}
	default:
		if found == want {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s is %s, implemented is only %s", path, show(found), show(implemented))}
}

func objectDifferences(path string, found, implemented map[string]any) []string {
	keys := slices.Concat(slices.Collect(maps.Keys(found)), slices.Collect(maps.Keys(implemented)))
	slices.Sort(keys)
	var out []string
	for _, key := range slices.Compact(keys) {
		at := key
		if path != "" {
			at = path + "." + key
		}
		out = append(out, differences(at, found[key], implemented[key])...)
	}
	return out
}

// show is a JSON value for a message, cut to a readable length.
func show(v any) string {
	const limit = 80
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // special tokens are full of < and >
	if err := enc.Encode(v); err != nil {
		return err.Error()
	}
	text := strings.TrimSpace(out.String())
	if len(text) > limit {
		return strings.ToValidUTF8(text[:limit], "") + "..."
	}
	return text
}
