package view

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// browser drives a headless Chromium by its debugging protocol, over pipes: no port, no
// library.
type browser struct {
	t       *testing.T
	to      io.Writer
	replies chan reply
	session string
	next    int
	// requests are the addresses that the page asked for; faults what its console said.
	requests, faults []string
}

// reply is a message of the browser.
type reply struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

// browserPatience is far more than anything here takes on a busy machine.
const browserPatience = 30 * time.Second

// openBrowser starts the browser that RLVR_BROWSER names, or a Chromium that is
// installed, on an empty page of the size; it skips the test where there is none.
func openBrowser(t *testing.T, width, height int) *browser {
	t.Helper()
	exe := os.Getenv("RLVR_BROWSER")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); exe == "" && err == nil {
			exe = found
		}
	}
	if exe == "" {
		t.Skip("no Chromium; RLVR_BROWSER may name one")
	}
	fromTest, toBrowser, err := os.Pipe()
	must(t, err)
	fromBrowser, toTest, err := os.Pipe()
	must(t, err)
	args := []string{"--headless", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage",
		"--user-data-dir=" + t.TempDir(), fmt.Sprintf("--window-size=%d,%d", width, height), "about:blank"}
	if os.Geteuid() == 0 {
		args = append([]string{"--no-sandbox"}, args...)
	}
	c := exec.Command(exe, args...)
	c.ExtraFiles = []*os.File{fromTest, toTest} // 3 and 4 of the browser
	if err := c.Start(); err != nil {
		t.Skipf("Chromium does not start: %v", err)
	}
	must(t, fromTest.Close())
	must(t, toTest.Close())
	b := &browser{t: t, to: toBrowser, replies: make(chan reply, 1000)}
	go b.listen(fromBrowser)
	t.Cleanup(func() {
		_ = toBrowser.Close() // the browser ends with its pipe
		late := time.AfterFunc(5*time.Second, func() { _ = c.Process.Kill() })
		defer late.Stop()
		_ = c.Wait() // how it ended is no matter
	})
	b.attach(width, height)
	return b
}

// listen passes the browser's messages on; they end with a 0.
func (b *browser) listen(from io.Reader) {
	in := bufio.NewReader(from)
	defer close(b.replies)
	for {
		text, err := in.ReadBytes(0)
		if err != nil {
			return
		}
		var r reply
		if json.Unmarshal(text[:len(text)-1], &r) == nil {
			b.replies <- r
		}
	}
}

// attach opens a page of the size and listens to it.
func (b *browser) attach(width, height int) {
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	b.session = session.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
}

// call sends a command and waits for its answer.
func (b *browser) call(method string, params, into any) {
	b.t.Helper()
	b.next++
	m := map[string]any{"id": b.next, "method": method}
	if params != nil {
		m["params"] = params
	}
	if b.session != "" {
		m["sessionId"] = b.session
	}
	text, err := json.Marshal(m)
	must(b.t, err)
	_, err = b.to.Write(append(text, 0))
	must(b.t, err)
	timeout := time.After(browserPatience)
	for {
		select {
		case r, ok := <-b.replies:
			if !ok {
				b.t.Skip("Chromium ended by itself: it does not run here")
			}
			b.note(&r)
			if r.ID != b.next {
				continue
			}
			if r.Error != nil {
				b.t.Fatalf("%s: %s", method, r.Error)
			}
			if into != nil {
				must(b.t, json.Unmarshal(r.Result, into))
			}
			return
		case <-timeout:
			b.t.Fatalf("%s: no answer", method)
		}
	}
}

// note keeps what the page asked for and complained of.
func (b *browser) note(r *reply) {
	switch r.Method {
	case "Network.requestWillBeSent":
		var p struct{ Request struct{ URL string } }
		_ = json.Unmarshal(r.Params, &p)
		b.requests = append(b.requests, p.Request.URL)
	case "Runtime.exceptionThrown", "Log.entryAdded":
		b.faults = append(b.faults, string(r.Params))
	case "Runtime.consoleAPICalled":
		if strings.Contains(string(r.Params), `"type":"error"`) {
			b.faults = append(b.faults, string(r.Params))
		}
	}
}

// eval is the value of an expression in the page.
func (b *browser) eval(expression string, into any) {
	b.t.Helper()
	var r struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &r)
	if r.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, r.ExceptionDetails)
	}
	if into != nil && r.Result.Value != nil {
		must(b.t, json.Unmarshal(r.Result.Value, into))
	}
}

// until waits for an expression to be true.
func (b *browser) until(expression string) {
	b.t.Helper()
	for end := time.Now().Add(browserPatience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var ok bool
		b.eval("(() => { try { return Boolean("+expression+"); } catch { return false; } })()", &ok) // what is not there yet throws
		if ok {
			return
		}
	}
	var body string
	b.eval("document.body.innerText", &body)
	b.t.Fatalf("never true: %s\npage:\n%s\nfaults: %q", expression, body, b.faults)
}

// as has the browser work for a test, with nothing noted yet.
func (b *browser) as(t *testing.T) *browser {
	b.t, b.requests, b.faults = t, nil, nil
	return b
}

// open goes to an address, as one who types it.
func (b *browser) open(url string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": "about:blank"}, nil)
	b.call("Page.navigate", map[string]any{"url": url}, nil)
}

// mouse moves, presses or releases at a place of the page.
func (b *browser) mouse(kind string, x, y float64) {
	b.t.Helper()
	p := map[string]any{"type": kind, "x": x, "y": y}
	if kind != "mouseMoved" {
		p["button"], p["clickCount"] = "left", 1
	}
	b.call("Input.dispatchMouseEvent", p, nil)
}

// picture is the page as PNG.
func (b *browser) picture() []byte {
	b.t.Helper()
	var r struct{ Data []byte }
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &r)
	return r.Data
}
