package tasks

import (
	"fmt"
	"maps"
	"slices"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// option is a row of a task's option table: a key and where its value goes, whose
// content before is the default.
type option struct {
	key string
	// into is a *int, a *bool, a *string or a *[]string.
	into any
}

// decode fills a table from the options of a configuration. It is strict: no
// unknown key, no conversion between types; all faults at once.
func decode(options map[string]any, table []option) error {
	var l fault.List
	keys := make([]string, len(table))
	for i, o := range table {
		keys[i] = o.key
	}
	for _, key := range slices.Sorted(maps.Keys(options)) {
		i := slices.Index(keys, key)
		if i < 0 {
			l.Add(key, nil, "unknown option; %s", fault.OneOf(key, keys))
			continue
		}
		value, ok := options[key], false
		switch into := table[i].into.(type) {
		case *int:
			if *into, ok = value.(int); !ok {
				l.Add(key, value, "an integer")
			}
		case *bool:
			if *into, ok = value.(bool); !ok {
				l.Add(key, value, "true or false")
			}
		case *string:
			if *into, ok = value.(string); !ok {
				l.Add(key, value, "text")
			}
		case *[]string:
			if *into, ok = textList(value); !ok {
				l.Add(key, value, "a list of texts")
			}
		default:
			panic(fmt.Sprintf("tasks: option %s has type %T", key, into))
		}
	}
	return l.Err()
}

// textList is the items of a list of texts.
func textList(value any) ([]string, bool) {
	items, ok := value.([]any)
	out := make([]string, len(items))
	for i := range items {
		text, isText := items[i].(string)
		out[i], ok = text, ok && isText
	}
	return out, ok
}
