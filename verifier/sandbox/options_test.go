package sandbox

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOptionsValidate(t *testing.T) {
	o := DefaultOptions()
	if err := o.Validate(); err != nil {
		t.Error(err)
	}
	bad := Options{Workers: -1, WallSeconds: 4000, MemoryMB: 1, OutputKB: -5, FilesMB: 1 << 20}
	want := `python: found "", allowed: the name or path of a Python interpreter
workers: found -1, allowed: 0 (one for each core) to 1024
cpu_seconds: found 0, allowed: above 0, up to 3600
wall_seconds: found 4000, allowed: above 0, up to 3600
memory_mb: found 1, allowed: 64 to 1048576
output_kb: found -5, allowed: 1 to 1048576
files_mb: found 1048576, allowed: 1 to 65536`
	if diff := cmp.Diff(want, bad.Validate().Error()); diff != "" {
		t.Error(diff)
	}
}
