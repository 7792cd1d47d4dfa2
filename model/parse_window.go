package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// windowFields are the fields of config.json that say which layers have a sliding
// window. Families read them differently: see [windowRule].
type windowFields struct {
	use, window, first, types json.RawMessage
}

// takeWindows takes them out of the fields.
func takeWindows(fields map[string]json.RawMessage, f *family) windowFields {
	take := func(name string) json.RawMessage {
		raw := fields[name]
		delete(fields, name)
		return raw
	}
	w := windowFields{window: take("sliding_window"), types: take("layer_types")}
	// Where a family has none, whatever is switched on is refused by its name.
	if f.windows.any {
		w.use = take("use_sliding_window")
	}
	if f.windows.byLayer {
		w.first = take("max_window_layers")
	}
	return w
}

// apply sets SlidingWindow and LayerTypes, which has HF's default of sliding_window.
func (w *windowFields) apply(f *family, a *Arch) error {
	if err := w.readWindow(f, a); err != nil {
		return err
	}
	var types []string
	if err := optional("layer_types", w.types, &types); err != nil {
		return err
	}
	for i, t := range types {
		if t == "attention" { // as older files have it
			types[i] = fullAttention
		}
	}
	if types != nil || !f.windows.byLayer {
		return w.applyTypes(f, a, types)
	}
	first := 28 // of all three classes
	if err := optional("max_window_layers", w.first, &first); err != nil {
		return err
	}
	if a.SlidingWindow > 0 && a.NumHiddenLayers <= maxLayers {
		for l := range a.NumHiddenLayers {
			kind := fullAttention
			if l >= first {
				kind = slidingAttention
			}
			a.LayerTypes = append(a.LayerTypes, kind)
		}
	}
	return nil
}

// readWindow sets SlidingWindow: 0 where the family's rule says that there is none.
func (w *windowFields) readWindow(f *family, a *Arch) error {
	if string(w.window) == "null" {
		a.SlidingWindow = 0
	} else if w.window != nil {
		if err := json.Unmarshal(w.window, &a.SlidingWindow); err != nil {
			return fmt.Errorf("sliding_window: %w", err)
		}
		if a.SlidingWindow < 1 {
			return fmt.Errorf("sliding_window: found %d, allowed: 1 or more, or null", a.SlidingWindow)
		}
	}
	if f.windows.any && !f.windows.always {
		use := false
		if err := optional("use_sliding_window", w.use, &use); err != nil {
			return err
		}
		if !use {
			a.SlidingWindow = 0
		}
	}
	if !f.windows.any && a.SlidingWindow > 0 {
		return errors.New("not implemented: sliding_window, as " + f.class + " takes no notice of it")
	}
	return nil
}

// applyTypes sets LayerTypes to what layer_types says, if anything.
func (w *windowFields) applyTypes(f *family, a *Arch, types []string) error {
	a.LayerTypes = types
	if f.windows.byLayer || types == nil {
		return nil
	}
	// These families do not read it: it must say what they do anyway.
	for _, t := range types {
		if (t == slidingAttention) != (a.SlidingWindow > 0) {
			return fmt.Errorf("not implemented: layer_types with %q, as %s takes no notice of it", t, f.class)
		}
	}
	if slices.ContainsFunc(types, func(t string) bool { return t != slidingAttention && t != fullAttention }) {
		return fmt.Errorf("not implemented: layer_types %q", types)
	}
	a.LayerTypes = nil
	return nil
}

// optional decodes a field into v, which keeps its value where the field is absent
// or null.
func optional(name string, raw json.RawMessage, v any) error {
	if raw == nil || string(raw) == "null" {
		return nil
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
