package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestTransferLines: nothing of what is quick, then a line now and then with what is
// left.
func TestTransferLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		tr := newTransfer(&out, "downloading", "B")
		tr.show("model.safetensors", 100e6, 988e6) // an earlier call got these
		time.Sleep(quietStart / 2)
		tr.show("model.safetensors", 112e6, 988e6)
		if out.Len() > 0 {
			t.Errorf("after half a second: %q", out.String())
		}
		for i := range 30 {
			time.Sleep(time.Second)
			tr.show("model.safetensors", 124e6+int64(i)*24e6, 988e6)
		}
		tr.end()
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 3 {
			t.Fatalf("%d lines of 30 s:\n%s", len(lines), out.String())
		}
		for i, want := range []string{"12 % of 988 MB, 16 MB/s, eta 54s", "36 % of 988 MB, 23 MB/s, eta 27s", "61 % of 988 MB, 23.4 MB/s, eta 16s"} {
			if lines[i] != "downloading model.safetensors "+want {
				t.Errorf("line %d is %q, want %q", i, lines[i], want)
			}
		}
	})
}
