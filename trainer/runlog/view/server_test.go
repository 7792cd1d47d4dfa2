package view

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/trainer/runlog"
)

func TestAnswers(t *testing.T) {
	url := serve(t, writeRun(t, "run", 1, 8), writeRun(t, "run", 2, 8))
	var list struct {
		Runs    []Run
		Metrics []described
	}
	if code := ask(t, url+"/api/runs", &list); code != http.StatusOK || len(list.Runs) != 2 || list.Runs[0].Name != "run" || list.Runs[1].Name != "run 2" {
		t.Errorf("%d %+v", code, list.Runs)
	}
	if len(list.Metrics) != len(runlog.Metrics()) || list.Metrics[0].Help == "" {
		t.Errorf("%d metrics", len(list.Metrics))
	}
	var text textAnswer
	if ask(t, url+"/api/runs/1/config", &text); !strings.HasPrefix(text.Text, "seed: 2\n") || text.Cut {
		t.Errorf("config %+v", text)
	}
	if ask(t, url+"/api/runs/0/log", &text); !strings.Contains(text.Text, "accuracy on the 500 held-out problems") {
		t.Errorf("log %+v", text)
	}
	var metrics struct {
		chunk
		Lines []struct {
			Step int
			Loss *float64
		} `json:"lines"`
	}
	if ask(t, url+"/api/runs/0/metrics", &metrics); len(metrics.Lines) != 9 || metrics.Lines[8].Step != 8 || *metrics.Lines[3].Loss != 1 {
		t.Errorf("metrics %+v", metrics)
	}
	var samples struct {
		chunk
		Lines []map[string]any `json:"lines"`
	}
	ask(t, url+"/api/runs/0/samples", &samples)
	if len(samples.Lines) != 8 || samples.Lines[7]["completion"] != strings.ReplaceAll(hostile, "\xff", "\uFFFD") {
		t.Fatalf("samples %+v", samples.Lines)
	}
	if _, ok := samples.Lines[0]["tokens"]; ok {
		t.Error("the list has tokens")
	}
	var whole runlog.Sample
	at := strconv.FormatInt(samples.Starts[7], 10)
	if ask(t, url+"/api/runs/0/sample?at="+at, &whole); whole.Step != 8 || whole.Completion != hostile || len(whole.Tokens.Text) != 2 {
		t.Errorf("sample %+v", whole)
	}
}

// TestRefusals: what is asked for wrongly, or by another name, gets nothing.
func TestRefusals(t *testing.T) {
	path := writeRun(t, "run", 1, 4)
	must(t, os.WriteFile(filepath.Join(filepath.Dir(path), "secret"), []byte("treasure"), 0o600))
	base := serve(t, path)
	u := strings.TrimPrefix(base, "http://")
	_, port, err := net.SplitHostPort(u)
	must(t, err)
	for _, tt := range []struct {
		name, method, path, host string
		header                   [2]string
		want                     int
	}{
		{"by address", "GET", "/", u, [2]string{}, 200},
		{"by localhost", "GET", "/api/runs", "localhost:" + port, [2]string{}, 200},
		{"another name", "GET", "/", "rebound.example:" + port, [2]string{}, 403},
		{"another name's data", "GET", "/api/runs", "rebound.example:" + port, [2]string{}, 403},
		{"another port", "GET", "/", "127.0.0.1:1", [2]string{}, 403},
		{"a name that ends so", "GET", "/", "x.localhost:" + port, [2]string{}, 403},
		{"no port", "GET", "/", "localhost", [2]string{}, 403},
		{"another site's script", "GET", "/api/runs", u, [2]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"another port's script", "GET", "/api/runs", u, [2]string{"Sec-Fetch-Site", "same-site"}, 403},
		{"its own script", "GET", "/api/runs", u, [2]string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"writing", "POST", "/api/runs", u, [2]string{}, 405},
		{"another run", "GET", "/api/runs/1/metrics", u, [2]string{}, 404},
		{"a run before the first", "GET", "/api/runs/-1/metrics", u, [2]string{}, 404},
		{"no number", "GET", "/api/runs/x/metrics", u, [2]string{}, 404},
		{"another file", "GET", "/api/runs/0/secret", u, [2]string{}, 404},
		{"the way up", "GET", "/api/runs/0/../../../secret", u, [2]string{}, 307},
		{"the way up, escaped", "GET", "/api/runs/0/%2e%2e%2fsecret", u, [2]string{}, 404},
		{"the way up from the page", "GET", "/..%2fserver.go", u, [2]string{}, 404},
		{"an offset before the file", "GET", "/api/runs/0/metrics?offset=-1", u, [2]string{}, 400},
		{"an offset that is no number", "GET", "/api/runs/0/metrics?offset=1e3", u, [2]string{}, 400},
		{"a sample within a line", "GET", "/api/runs/0/sample?at=5", u, [2]string{}, 400},
		{"a sample behind the file", "GET", "/api/runs/0/sample?at=99999999", u, [2]string{}, 400},
	} {
		r, err := http.NewRequestWithContext(t.Context(), tt.method, base+tt.path, nil)
		must(t, err)
		r.Host = tt.host
		if tt.header[0] != "" {
			r.Header.Set(tt.header[0], tt.header[1])
		}
		got, err := http.DefaultTransport.RoundTrip(r)
		must(t, err)
		text, err := io.ReadAll(got.Body)
		must(t, err)
		must(t, got.Body.Close())
		if got.StatusCode != tt.want || strings.Contains(string(text), "treasure") || tt.want == 403 && strings.Contains(string(text), "step") {
			t.Errorf("%s: %d %s, want %d", tt.name, got.StatusCode, text, tt.want)
		}
		h := got.Header
		if h.Get("Content-Security-Policy") != policy || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: headers %v", tt.name, h)
		}
	}
}

func TestOpenNamesWhatIsNoRun(t *testing.T) {
	empty, file := t.TempDir(), filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	_, err := Open([]string{empty, file, "/no/such/folder", writeRun(t, "run", 1, 4)})
	if err == nil || strings.Count(err.Error(), "\n") != 2 || !strings.Contains(err.Error(), empty+": no run folder") ||
		!strings.Contains(err.Error(), file+": found a file") || !strings.Contains(err.Error(), "/no/such/folder: no such file") {
		t.Errorf("%v", err)
	}
}

func TestLoopbackOnly(t *testing.T) {
	for _, ip := range []string{"0.0.0.0", "192.0.2.1"} {
		if _, err := Handler(nil, &net.TCPAddr{IP: net.ParseIP(ip), Port: 80}); err == nil {
			t.Errorf("%s is served", ip)
		}
	}
	h, err := Handler(nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80})
	must(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", nil))
	if w.Code != http.StatusOK {
		t.Errorf("port 80, which browsers leave out: %d", w.Code)
	}
}

// TestPageIsWhole: every file that the page names is there, with a type that browsers run,
// and none comes from elsewhere.
func TestPageIsWhole(t *testing.T) {
	url := serve(t, writeRun(t, "run", 1, 4))
	files, err := page.ReadDir("page")
	must(t, err)
	for _, f := range files {
		r, err := http.Get(url + "/" + f.Name()) //nolint:noctx // a test's own server
		must(t, err)
		text, err := io.ReadAll(r.Body)
		must(t, err)
		must(t, r.Body.Close())
		if kind := r.Header.Get("Content-Type"); r.StatusCode != http.StatusOK || strings.HasSuffix(f.Name(), ".js") && !strings.HasPrefix(kind, "text/javascript") {
			t.Errorf("%s: %d %s", f.Name(), r.StatusCode, kind)
		}
		for _, no := range []string{"https://", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", " style=\"", "onclick=\""} {
			if strings.Contains(string(text), no) {
				t.Errorf("%s has %q", f.Name(), no)
			}
		}
	}
}
