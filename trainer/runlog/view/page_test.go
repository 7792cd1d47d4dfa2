package view

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPage uses the page in a browser.
func TestPage(t *testing.T) {
	b := openBrowser(t, 1280, 800)
	for _, tt := range []struct {
		name string
		test func(*testing.T, *browser)
	}{{"views", testViews}, {"values", testValues}, {"samples", testSamplesView}, {"follows", testFollows}, {"scripts", testScripts}} {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, b.as(t)) })
	}
}

// testViews looks at every view of two runs.
func testViews(t *testing.T, b *browser) {
	url := serve(t, writeRun(t, "one", 1, 40), writeRun(t, "two", 2, 30))

	b.open(url + "/")
	b.until(`document.querySelectorAll(".chart").length >= 3`)
	wantText(b, "#runs", "one", "step 40 grpo", "two", "step 30 grpo")
	b.until(`[...document.querySelectorAll(".chart")].every(c => c.innerText.includes("one"))`)
	var painted bool
	b.eval(`(() => { const c = document.querySelector("canvas"); return c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some(v => v > 0); })()`, &painted)
	if !painted {
		t.Error("the first chart is empty")
	}

	b.open(url + "/#tab=times")
	b.until(`document.querySelectorAll(".bar").length > 40`)
	wantText(b, "main", "gen", "25.0 %", "update", "75.0 %")

	b.open(url + "/#tab=config")
	b.until(`document.querySelectorAll("tbody tr").length > 0`)
	wantRows(b, "seed 1 2")
	b.open(url + "/#tab=config&all=1&hide=1")
	b.until(`document.querySelectorAll("tbody tr").length == 8`)
	wantText(b, "main", "stages.1.algorithm.options.epsilon_high", "0.28")

	b.open(url + "/#tab=report&hide=1")
	b.until(`document.querySelectorAll("tbody tr").length == 3`)
	wantText(b, "main", "before training", "0.600", "[0.556, 0.642]", "after grpo", "0.35", "checkpoints/step-9")
	checkQuiet(b, url)
}

// testValues: the pointer gives the values under it, a drag chooses a range, and
// what is not finite is said.
func testValues(t *testing.T, b *browser) {
	url := serve(t, writeRun(t, "one", 1, 40))
	b.open(url + "/#m=loss|grad_norm&smooth=0")
	b.until(`document.querySelector(".readout")?.innerText.includes("one 0.075 at 40")`)
	var box struct{ X, Y, W, H float64 }
	b.eval(`(() => { const r = document.querySelector("canvas").getBoundingClientRect(); return {X: r.x, Y: r.y, W: r.width, H: r.height}; })()`, &box)
	at := func(step float64) float64 { return box.X + 54 + (step-1)/39*(box.W-64) }
	b.mouse("mouseMoved", at(4), box.Y+50)
	b.until(`document.querySelector(".readout").innerText.includes("one 0.75 at 4")`)
	b.mouse("mouseMoved", at(10), box.Y+50)
	b.mouse("mousePressed", at(10), box.Y+50)
	b.mouse("mouseMoved", at(20), box.Y+50)
	b.mouse("mouseReleased", at(20), box.Y+50)
	b.mouse("mouseMoved", at(1)+1, box.Y+50)
	b.until(`document.querySelector(".readout").innerText.includes("at 10")`) // the left edge is step 10 now
	b.eval(`document.querySelector("canvas").dispatchEvent(new MouseEvent("dblclick"))`, nil)
	b.until(`document.querySelector(".readout").innerText.includes("at 1")`)
	b.open(url + "/#m=grad_norm&smooth=0&log=1")
	b.until(`document.querySelector(".readout")?.innerText.includes("one 2 at 40")`)
	b.eval(`document.querySelector("canvas").dispatchEvent(new PointerEvent("pointermove"))`, nil)
	checkQuiet(b, url)
}

// testSamplesView: hostile text is shown as text, filters filter, and tokens have their
// numbers and colours.
func testSamplesView(t *testing.T, b *browser) {
	url := serve(t, writeRun(t, "one", 1, 40))
	b.open(url + "/#tab=samples")
	b.until(`document.querySelectorAll("tbody tr").length == 40`)
	shown := `<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>\u{202e}abc\u{1b}[31m'"&amp;`
	var cell string
	b.eval(`document.querySelectorAll("tbody tr")[1].children[4].textContent`, &cell)
	if cell != shown {
		t.Errorf("the hostile completion is shown as %q", cell)
	}
	b.eval(`document.querySelectorAll("tbody tr")[1].click()`, nil)
	b.until(`document.querySelectorAll(".token").length == 2`)
	b.eval(`document.querySelector(".token").textContent`, &cell)
	if cell != shown {
		t.Errorf("its token is shown as %q", cell)
	}
	var found int
	b.eval(`document.querySelectorAll("main img, main script, main b, main a, main iframe").length + (window.hacked ?? 0)`, &found)
	if found != 0 {
		t.Errorf("text became %d elements", found)
	}
	for by, want := range map[string]string{"log_probs": "0.022", "entropy": "0.065", "clip": "0.650"} { // the first token's opacity
		b.open(url + "/#tab=samples&sample=0." + lastSample(b) + "&by=" + by)
		b.until(`document.querySelectorAll(".token").length == 2`)
		b.until(fmt.Sprintf(`document.querySelector(".token").style.getPropertyValue("--token").includes(%q)`, want))
	}
	b.eval(`document.querySelector(".token").dispatchEvent(new PointerEvent("pointerenter"))`, nil)
	wantText(b, ".detail", "token 1 of 2", "log-probability -0.1", "entropy 0.2", "ratio 1.35", "clip 1", "verdict", "reason <b>")

	b.open(url + "/#tab=samples&verdict=correct")
	b.until(`document.querySelectorAll("tbody tr").length == 20`)
	wantText(b, "main", "20 of 40")
	b.open(url + "/#tab=samples&task=addition&find=onerror")
	b.until(`document.querySelectorAll("tbody tr").length == 1`)
	b.open(url + "/#tab=samples&stage=sft")
	b.until(`document.querySelector("main").innerText.includes("0 of 40")`)
	checkQuiet(b, url)
}

// testFollows: what a run writes appears without a reload; a run that is cut back
// loses it again.
func testFollows(t *testing.T, b *browser) {
	path := writeRun(t, "one", 1, 40)
	file := filepath.Join(path, "metrics.jsonl")
	before, err := os.ReadFile(file)
	must(t, err)
	b.open(serve(t, path) + "/")
	b.until(`document.querySelector("#runs")?.innerText.includes("step 40")`)
	must(t, os.WriteFile(file, append(slices.Clone(before), `{"step":41,"stage":"grpo","time":"2027-01-15T08:00:41Z","reward":0.5}`+"\n"+`{"step":4`...), 0o644))
	b.until(`document.querySelector("#runs")?.innerText.includes("step 41")`)
	cut := strings.Index(string(before), `{"step":31,`)
	must(t, os.WriteFile(file, before[:cut], 0o644))
	b.until(`document.querySelector("#runs")?.innerText.includes("step 30")`)
	b.until(`[...document.querySelectorAll(".chart")].filter(c => c.innerText.startsWith("loss")).every(c => c.innerText.includes("at 30"))`)
}

// lastSample is the offset of the completion that was opened.
func lastSample(b *browser) string {
	var at string
	b.eval(`new URLSearchParams(location.hash.slice(1)).get("sample").split(".")[1]`, &at)
	return at
}

// wantText demands texts in an element.
func wantText(b *browser, selector string, texts ...string) {
	b.t.Helper()
	var got string
	b.eval(fmt.Sprintf(`document.querySelector(%q).innerText`, selector), &got)
	for _, want := range texts {
		if !strings.Contains(got, want) {
			b.t.Errorf("%s does not say %q:\n%s", selector, want, got)
		}
	}
}

// wantRows demands the rows of the first table.
func wantRows(b *browser, want ...string) {
	b.t.Helper()
	var got []string
	b.eval(`[...document.querySelectorAll("tbody tr")].map(r => [...r.children].map(c => c.textContent).join(" "))`, &got)
	if !slices.Equal(got, want) {
		b.t.Errorf("rows %q, want %q", got, want)
	}
}

// checkQuiet demands that the page asked only its own server and had no fault: an
// offence against its policy is one.
func checkQuiet(b *browser, url string) {
	b.t.Helper()
	b.eval("1", nil) // what is under way arrives before its answer
	for _, r := range b.requests {
		if !strings.HasPrefix(r, url) && r != "about:blank" {
			b.t.Errorf("the page asked for %s", r)
		}
	}
	if len(b.requests) < 10 || len(b.faults) > 0 {
		b.t.Errorf("%d requests; faults: %q", len(b.requests), b.faults)
	}
}
