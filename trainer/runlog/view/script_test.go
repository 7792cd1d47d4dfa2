package view

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// scriptTolerance is that of float64 arithmetic in another order.
const scriptTolerance = 1e-12

// testScripts compares what the page computes with plain loops and the program's own.
func testScripts(t *testing.T, b *browser) {
	b.open(serve(t, writeRun(t, "run", 1, 4)) + "/icon.svg")
	b.until(`location.pathname == "/icon.svg"`)
	call := func(file, expression string, into any) {
		b.eval(fmt.Sprintf(`import("/%s").then(m => %s)`, file, expression), into)
	}

	var interval [2]float64
	call("math.js", "m.wilson(0.61, 200)", &interval)
	if low, high := runlog.Wilson(0.61*200, 200); math.Abs(low-interval[0]) > scriptTolerance || math.Abs(high-interval[1]) > scriptTolerance {
		t.Errorf("interval %v, want [%v, %v]", interval, low, high)
	}

	var got []*float64
	call("math.js", "m.smooth([1, 3, NaN, 2], 0.5)", &got)
	want := []float64{1, (0.25*1 + 0.5*3) / 0.75, math.NaN(), (0.125*1 + 0.25*3 + 0.5*2) / 0.875} // weights by hand
	for i, v := range got {
		if (v == nil) != math.IsNaN(want[i]) || v != nil && math.Abs(*v-want[i]) > scriptTolerance {
			t.Errorf("smoothed value %d: %v, want %v", i, v, want[i])
		}
	}

	var places []int
	call("math.js", "[-1, 1.4, 1.6, 3, 9].map(v => m.nearest([0, 1, 2, 5], v)).concat(m.nearest([], 1))", &places)
	if diff := cmp.Diff([]int{0, 1, 2, 2, 3, -1}, places); diff != "" {
		t.Errorf("nearest (-want +got):\n%s", diff)
	}
	var extremes []float64
	call("math.js", `(() => { const x = [...Array(9000).keys()], y = x.map(v => v === 4321 ? 99 : v === 77 ? -99 : 0);
		const p = m.thin(x, y, 0, 8999, 100); return [p.length, Math.max(...p.map(v => v[1])), Math.min(...p.map(v => v[1])), p.at(-1)[0]]; })()`, &extremes)
	if extremes[0] > 4*101 || extremes[1] != 99 || extremes[2] != -99 || extremes[3] != 8999 {
		t.Errorf("thinned: %v", extremes)
	}
	var ticks []float64
	call("math.js", "m.ticks(0, 1, 4)", &ticks)
	if len(ticks) < 3 || ticks[0] != 0 || ticks[len(ticks)-1] != 1 {
		t.Errorf("ticks %v", ticks)
	}

	const text = "seed: 1\n# note\nempty: []\nmodel:\n  path: \"a: b\"\n  text: |-\n    one\n\n    two: 2\n  last: x\nlist:\n  - a\n  - name: b\n    deep:\n      k: 1\n  - - x\n    - y\nsame:\n- 1\n- 2\nend: 1\n"
	quoted, err := json.Marshal(text)
	must(t, err)
	var rows [][2]string
	call("config.js", "[...m.flatten("+string(quoted)+")]", &rows)
	if diff := cmp.Diff([][2]string{
		{"seed", "1"}, {"empty", "[]"}, {"model.path", `"a: b"`}, {"model.text", "one\n\ntwo: 2"}, {"model.last", "x"},
		{"list.0", "a"}, {"list.1.name", "b"}, {"list.1.deep.k", "1"}, {"list.2.0", "x"}, {"list.2.1", "y"}, {"same.0", "1"}, {"same.1", "2"}, {"end", "1"},
	}, rows); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}
