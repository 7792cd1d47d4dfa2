package verifier_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
)

// newEndpoint is the verifier http with a service made of a function that is told which
// request it is, from 1 on.
func newEndpoint(t *testing.T, options map[string]any, serve func(w http.ResponseWriter, r *http.Request, n int64)) (verifier.Outside, *atomic.Int64) {
	t.Helper()
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve(w, r, n.Add(1)) }))
	t.Cleanup(s.Close)
	all := map[string]any{"url": s.URL + "/score", "timeout_ms": 5000, "gold": false}
	for key, v := range options {
		all[key] = v
	}
	v := made(t, "http", all).(verifier.Outside)
	t.Cleanup(func() { _ = v.Close() })
	return v, &n
}

func TestHTTP(t *testing.T) {
	t.Setenv("REWARD_TOKEN", "t0ken")
	v, _ := newEndpoint(t, map[string]any{"bearer_env": "REWARD_TOKEN"}, func(w http.ResponseWriter, r *http.Request, _ int64) {
		var q map[string]any
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Error(err)
		}
		if r.Method != http.MethodPost || r.URL.Path != "/score" || r.Header.Get("Authorization") != "Bearer t0ken" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		fmt.Fprintf(w, `{"score": %d, "extracted": %q}`, len(q["completion"].(string)), fmt.Sprint(q["answers"], q["example"]))
	})
	ex := &data.Example{ID: "p", Prompt: "?", Answers: []string{"a"}}
	got := v.Verify(t.Context(), ex, "abc")
	if got.Score != 3 || got.Kind != data.Correct || got.Extracted != "[a] map[id:p prompt:?]" {
		t.Errorf("%+v", got)
	}
	if got := v.Verify(t.Context(), ex, ""); got.Score != 0 || got.Kind != data.Incorrect || got.Blame != data.BlameCompletion {
		t.Errorf("%+v", got)
	}
}

// TestHTTPFaults: what goes wrong with a service is the infrastructure's fault, tried
// again where that may help.
func TestHTTPFaults(t *testing.T) {
	status := func(code int) func(http.ResponseWriter, *http.Request, int64) {
		return func(w http.ResponseWriter, _ *http.Request, _ int64) { http.Error(w, "sorry", code) }
	}
	text := func(s string) func(http.ResponseWriter, *http.Request, int64) {
		return func(w http.ResponseWriter, _ *http.Request, _ int64) { _, _ = io.WriteString(w, s) }
	}
	for _, c := range []struct {
		name, reason, detail string
		requests             int64
		serve                func(http.ResponseWriter, *http.Request, int64)
	}{
		{"server error", "http_status", "503", 3, status(503)},
		{"too many", "http_status", "429", 3, status(429)},
		{"our fault", "http_status", "404", 1, status(404)},
		{"cut off", "http_connection", "EOF", 3, func(http.ResponseWriter, *http.Request, int64) { panic(http.ErrAbortHandler) }},
		{"garbage", "http_garbage", "no JSON object", 1, text("<html>")},
		{"empty", "http_garbage", "no JSON object", 1, text("")},
		{"no score", "http_garbage", "neither score nor error", 1, text("{}")},
		{"flood", "http_garbage", "more than", 1, text(strings.Repeat(" ", 2<<20) + `{"score": 1}`)},
		{"failed", "http_error", "no GPU", 1, text(`{"error": "no GPU"}`)},
		{"slow", "http_slow", "500ms", 1, func(_ http.ResponseWriter, r *http.Request, _ int64) {
			_, _ = io.Copy(io.Discard, r.Body) // or the server does not see that the client left
			<-r.Context().Done()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v, n := newEndpoint(t, map[string]any{"retries": 2, "timeout_ms": 500}, c.serve)
			got := v.Verify(t.Context(), &data.Example{}, "x")
			if got.Blame != data.BlameInfrastructure || got.Kind != data.Error || got.Reason != c.reason || !strings.Contains(got.Detail, c.detail) {
				t.Errorf("%+v, want %s with %q", got, c.reason, c.detail)
			}
			if n.Load() != c.requests {
				t.Errorf("%d requests, want %d", n.Load(), c.requests)
			}
		})
	}
	nobody := made(t, "http", map[string]any{"url": "http://127.0.0.1:1/", "retries": 0, "gold": false})
	if got := nobody.Verify(t.Context(), &data.Example{}, "x"); got.Reason != "http_connection" || got.Blame != data.BlameInfrastructure {
		t.Errorf("nobody listens: %+v", got)
	}
}

// TestHTTPRecovers: a service that comes back gives its verdict, after a while.
func TestHTTPRecovers(t *testing.T) {
	v, n := newEndpoint(t, nil, func(w http.ResponseWriter, _ *http.Request, n int64) {
		if n < 3 {
			http.Error(w, "starting", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, `{"score": 0.5}`)
	})
	start := time.Now()
	if got := v.Verify(t.Context(), &data.Example{}, "x"); got.Score != 0.5 || got.Masked() {
		t.Errorf("%+v", got)
	}
	if took := time.Since(start); n.Load() != 3 || took < 300*time.Millisecond {
		t.Errorf("%d requests within %v, want waits of 100 and 200 ms", n.Load(), took)
	}
}

func TestHTTPConcurrency(t *testing.T) {
	var now, most atomic.Int64
	v, _ := newEndpoint(t, map[string]any{"concurrency": 5}, func(w http.ResponseWriter, _ *http.Request, _ int64) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(50 * time.Millisecond)
		_, _ = io.WriteString(w, `{"score": 1}`)
	})
	for _, got := range verifier.NewJudge(v, 1, time.Millisecond).Verdicts(t.Context(), jobs(make([]string, 20)...)) {
		if got.Kind != data.Correct {
			t.Errorf("%+v", got)
		}
	}
	if most.Load() != 5 {
		t.Errorf("%d requests at once, want 5", most.Load())
	}
}

func TestHTTPOptions(t *testing.T) {
	for want, options := range map[string]map[string]any{
		`options.url: found "", allowed: an address`:                               nil,
		`options.url: found "file:///etc/passwd", allowed: an address`:             {"url": "file:///etc/passwd"},
		`options.bearer_env: found "RLVR_NO_SUCH", allowed: an environment var`:    {"url": "http://a", "bearer_env": "RLVR_NO_SUCH"},
		"options.concurrency: found 0, allowed: a whole number from 1 to 1024":     {"url": "http://a", "concurrency": 0},
		"options.header: unknown option; one of bearer_env, concurrency, gold, re": {"url": "http://a", "header": 1},
	} {
		if _, err := verifier.New("http", options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v:\n%v, want\n%s", options, err, want)
		}
	}
}
