package configs

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
)

// TestObjectives: every objective has a config of the size of the quickstart that ends
// with a stage of it, and every config of a paper loads.
func TestObjectives(t *testing.T) {
	var missing []string
	for _, p := range algos.Presets() {
		if own, _ := filepath.Glob(p.Name + ".yaml"); len(own) == 0 { // a recipe of its own
			missing = append(missing, p.Name)
		}
	}
	for _, folder := range []string{"objectives", "papers"} {
		paths, err := filepath.Glob(filepath.Join(folder, "[a-z]*.yaml"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %d configs, error %v", folder, len(paths), err)
		}
		for _, path := range paths {
			c, err := Load(path, nil)
			if err != nil {
				t.Errorf("%v", err)
				continue
			}
			last, name := c.Stages[len(c.Stages)-1].Algorithm.Name, strings.TrimSuffix(filepath.Base(path), ".yaml")
			if folder == "objectives" && last != name {
				t.Errorf("%s ends with a stage of %s", path, last)
			}
			if folder == "objectives" {
				missing = slices.DeleteFunc(missing, func(m string) bool { return m == name })
			}
		}
	}
	if len(missing) > 0 {
		t.Errorf("objectives without a config under configs/objectives: %s", strings.Join(missing, ", "))
	}
}
