package tokenize

import "encoding/json"

// decoderFile is what the part "decoder" of a tokenizer.json holds. The order of its
// steps is fixed: ByteLevel or Metaspace alone, or replacing, ByteFallback, Fuse and
// Strip.
type decoderFile struct {
	last                      int // the place in the order of the last step
	byteLevel, fallback, fuse bool
	meta                      *metaspace
	old, new                  []string
	strip                     string
	stripMost                 int
	growth                    int // by replacing
}

// decoderKinds says what is implemented.
const decoderKinds = "ByteLevel, Metaspace, or a Sequence of Replace, ByteFallback, Fuse, Strip in this order"

// The places of the steps in their order. A step may follow one of a smaller place;
// replacing may follow itself, and the two that stand alone may follow nothing.
const (
	placeReplace = iota + 1
	placeFallback
	placeFuse
	placeStrip
	placeAlone
)

// parseDecoder reads the part "decoder".
func parseDecoder(r *refusals, raw json.RawMessage) *decoderFile {
	d := &decoderFile{}
	d.parse(r, "decoder", raw)
	return d
}

func (d *decoderFile) parse(r *refusals, path string, raw json.RawMessage) {
	kind := kindField(raw)
	var b bool
	switch kind {
	case "Sequence":
		var list json.RawMessage
		r.fields(path, raw, map[string]any{"type": &kind, "decoders": &list})
		eachOf(r, path+".decoders", list, func(at string, value json.RawMessage) { d.parse(r, at, value) })
	case "ByteLevel":
		r.fields(path, raw, map[string]any{"type": &kind, "add_prefix_space": &b, "trim_offsets": &b, "use_regex": &b})
		d.byteLevel = d.step(r, path, raw, placeAlone)
	case "Metaspace":
		if m, ok := parseMetaspaceFields(r, path, raw); ok && d.step(r, path, raw, placeAlone) {
			d.meta = &m
		}
	case "Replace":
		var pattern json.RawMessage
		var content string
		r.fields(path, raw, map[string]any{"type": &kind, "pattern": &pattern, "content": &content})
		old := parseText(r, path+".pattern", pattern)
		if d.step(r, path, raw, placeReplace) {
			d.growth = grown(r, path, max(1, d.growth), old, content)
			d.old, d.new = append(d.old, old), append(d.new, content)
		}
	case "ByteFallback":
		r.fields(path, raw, map[string]any{"type": &kind})
		d.fallback = d.step(r, path, raw, placeFallback)
	case "Fuse":
		r.fields(path, raw, map[string]any{"type": &kind})
		d.fuse = d.step(r, path, raw, placeFuse)
	case "Strip":
		stop := 0
		r.fields(path, raw, map[string]any{"type": &kind, "content": &d.strip, "start": &d.stripMost, "stop": &stop})
		if _, ok := singleRune(d.strip); !ok || d.stripMost < 0 || stop != 0 || !d.fuse {
			r.add(path, raw, "one character, start, a stop of 0, after Fuse")
		}
		d.step(r, path, raw, placeStrip)
	default:
		r.add(path, raw, decoderKinds)
	}
}

// step takes the next step if it may follow the last one.
func (d *decoderFile) step(r *refusals, path string, raw json.RawMessage, place int) bool {
	if d.last < place && (place != placeAlone || d.last == 0) || place == placeReplace && d.last == placeReplace {
		d.last = place
		return true
	}
	r.add(path, raw, decoderKinds)
	return false
}
