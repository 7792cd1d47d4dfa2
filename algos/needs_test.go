package algos

import (
	"reflect"
	"testing"
)

// The union of needs has each flag that any part has, but for AdvantageScaled, which
// only the loss can know.
func TestNeedsUnion(t *testing.T) {
	flags := reflect.TypeFor[Needs]()
	for i := range flags.NumField() {
		name := flags.Field(i).Name
		if flags.Field(i).Type.Kind() != reflect.Bool {
			continue
		}
		var n, m Needs
		reflect.ValueOf(&m).Elem().Field(i).SetBool(true)
		n.add(m)
		if got, want := reflect.ValueOf(n).Field(i).Bool(), name != "AdvantageScaled"; got != want {
			t.Errorf("%s of another part: %v, want %v", name, got, want)
		}
		m.add(Needs{})
		if !reflect.ValueOf(m).Field(i).Bool() {
			t.Errorf("%s is lost beside a part without it", name)
		}
	}
	one, other := Contrast{Feature: "x", Weight: 1}, Contrast{Feature: "x", Weight: 2}
	n := Needs{Features: []string{"a"}, BatchStats: []Stat{{Name: "s"}}, Contrasts: []Contrast{one}}
	n.add(Needs{Features: []string{"b", "a"}, Roles: []string{"pos"}, BatchStats: []Stat{{Name: "s"}, {Name: "r"}}, Contrasts: []Contrast{one, other}})
	want := Needs{Features: []string{"a", "b"}, Roles: []string{"pos"}, BatchStats: []Stat{{Name: "s"}, {Name: "r"}}, Contrasts: []Contrast{one, other}}
	if !reflect.DeepEqual(n, want) {
		t.Errorf("union %+v, want %+v", n, want)
	}
}
