package configs

import (
	"path/filepath"
	"testing"
)

// TestReproductions: every config of repro is whole and has bands, and writes beside no
// other config's run.
func TestReproductions(t *testing.T) {
	all, err := filepath.Glob("repro/*.yaml")
	if err != nil || len(all) == 0 {
		t.Fatalf("%q, %v", all, err)
	}
	for _, path := range all {
		c, err := Load(path, nil)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if len(c.Bands) == 0 || filepath.ToSlash(filepath.Dir(c.OutputDir)) != "runs/repro" {
			t.Errorf("%s: %d bands, output_dir %s", path, len(c.Bands), c.OutputDir)
		}
	}
}
