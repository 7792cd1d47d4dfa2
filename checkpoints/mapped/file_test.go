package mapped

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOpen: the content is the file's, also after pages were dropped, and what is no
// regular file is refused by name.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string][]byte{"empty": {}, "some": bytes.Repeat([]byte("0123456789"), 10_000)} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		content, unmap, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		Drop(content, 1, len(content))
		if !bytes.Equal(content, want) {
			t.Errorf("%s: %d bytes differ from the %d of the file", name, len(content), len(want))
		}
		if err := unmap(); err != nil {
			t.Error(err)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "absent")} {
		if _, _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
