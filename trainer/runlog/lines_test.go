package runlog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadMetrics(t *testing.T) {
	path := filepath.Join(t.TempDir(), MetricsFile)
	for _, tt := range []struct {
		name, text string
		records    int
		want       string
	}{
		{"empty", "", 0, ""},
		{"half a line", "{\"step\":1}\n{\"step\":2", 1, ""},
		{"damage", "{\"step\":1}\n{\"step\":2,\n{\"step\":3}\n", 1, path + ":2: unexpected end of JSON input"},
		{"no step", "{}\n", 0, path + ":1: no step in it"},
	} {
		if err := os.WriteFile(path, []byte(tt.text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := ReadMetrics(path)
		if len(got) != tt.records || (err == nil) != (tt.want == "") || err != nil && !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: %d records, %v", tt.name, len(got), err)
		}
	}
	if _, err := ReadMetrics(path + "x"); err == nil {
		t.Error("a missing file is read")
	}
}

// TestMetricsFile: completing replaces the last line, also one that an earlier
// process wrote, and what is added later stands behind it.
func TestMetricsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), MetricsFile)
	write := func(act func(m *metricsFile) error) {
		t.Helper()
		m, err := openMetrics(path, func(*Record) {})
		if err == nil {
			err = act(m)
		}
		if err == nil {
			err = m.f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add := func(text string) func(*metricsFile) error {
		return func(m *metricsFile) error { return m.add([]byte(text)) }
	}
	write(add("{\"step\":1}\n"))
	write(add("{\"step\":2}\n"))
	write(func(m *metricsFile) error { return m.complete([]byte("{\"step\":2,\"loss\":1}\n")) })
	write(add("{\"step\":3}\n"))
	text, err := os.ReadFile(path)
	if want := "{\"step\":1}\n{\"step\":2,\"loss\":1}\n{\"step\":3}\n"; err != nil || string(text) != want {
		t.Errorf("file has %q, %v, want %q", text, err, want)
	}
}
