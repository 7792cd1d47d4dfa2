package tokenize

import (
	"encoding/json"
)

// wrapping is what the part "post_processor" puts around a text.
type wrapping struct{ before, after []int32 }

// parsePostProcessor reads the part "post_processor" at path into w. ByteLevel only
// changes offsets, which nobody asks for here.
func (w *wrapping) parse(r *refusals, path string, raw json.RawMessage) {
	if isNull(raw) {
		return
	}
	switch kind := kindField(raw); kind {
	case "ByteLevel":
		var b bool
		r.fields(path, raw, map[string]any{"type": &kind, "add_prefix_space": &b, "trim_offsets": &b, "use_regex": &b})
	case "Sequence":
		var list json.RawMessage
		r.fields(path, raw, map[string]any{"type": &kind, "processors": &list})
		eachOf(r, path+".processors", list, func(at string, value json.RawMessage) { w.parse(r, at, value) })
	case "TemplateProcessing":
		w.parseTemplate(r, path, raw)
	default:
		r.add(path, raw, "ByteLevel, TemplateProcessing, Sequence")
	}
}

// parseTemplate reads the template of single texts; that of pairs is never used.
func (w *wrapping) parseTemplate(r *refusals, path string, raw json.RawMessage) {
	var kind string
	var single, pair, specials json.RawMessage
	r.fields(path, raw, map[string]any{"type": &kind, "single": &single, "pair": &pair, "special_tokens": &specials})
	ids := make(map[string][]int32)
	fields, _ := object(specials)
	for _, f := range fields {
		var id string
		var these []int32
		var texts []string
		r.fields(path+".special_tokens."+f.name, f.value, map[string]any{"id": &id, "ids": &these, "tokens": &texts})
		ids[f.name] = these
	}
	var before, after []int32
	texts := 0
	eachOf(r, path+".single", single, func(at string, value json.RawMessage) {
		var part struct {
			Sequence     *struct{ ID string }
			SpecialToken *struct{ ID string }
		}
		if err := json.Unmarshal(value, &part); err != nil {
			r.add(at, value, "a Sequence or a SpecialToken")
			return
		}
		switch {
		case part.Sequence != nil && part.Sequence.ID == "A":
			texts++
		case part.SpecialToken != nil && ids[part.SpecialToken.ID] != nil:
			if texts == 0 {
				before = append(before, ids[part.SpecialToken.ID]...)
			} else {
				after = append(after, ids[part.SpecialToken.ID]...)
			}
		default:
			r.add(at, value, "the Sequence A or a SpecialToken of special_tokens")
		}
	})
	if texts != 1 {
		r.fault(path+".single", "holds the text %d times, implemented is only once", texts)
	}
	w.before = append(before, w.before...)
	w.after = append(w.after, after...)
}
