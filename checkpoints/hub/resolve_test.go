package hub

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// quick are Options that do not wait for retries.
func quick() Options { return Options{pause: time.Millisecond} }

func mustResolve(t *testing.T, name string) string {
	t.Helper()
	path, err := Resolve(t.Context(), name, quick())
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// refuse wants an error with all the words, on one line, that does not show a token
// or a signature.
func refuse(t *testing.T, name string, o Options, words ...string) {
	t.Helper()
	path, err := Resolve(t.Context(), name, o)
	if err == nil {
		t.Fatalf("resolved to %s, want an error with %q", path, words)
	}
	for _, w := range append(words, "hub: ") {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q, want %q in it", err, w)
		}
	}
	for _, w := range []string{"\n", testToken, "signature"} {
		if strings.Contains(err.Error(), w) {
			t.Errorf("error %q has %q in it", err, w)
		}
	}
}

func TestFreshThenCached(t *testing.T) {
	f, root := newFakeHub(t, modelFiles())
	path := mustResolve(t, testRepo)
	f.checkSnapshot(path, wantedFiles)
	if want := filepath.Join(root, "models--some--model-1", "snapshots", testCommit); path != want {
		t.Errorf("path %s, want %s", path, want)
	}
	if ref, err := os.ReadFile(filepath.Join(path, "..", "..", "refs", "main")); string(ref) != testCommit {
		t.Errorf("refs/main is %q (%v), want %s", ref, err, testCommit)
	}
	if got := f.take(); len(got) != 1+2*len(wantedFiles)+1 { // one redirect
		t.Errorf("requests %q", got)
	}
	for _, name := range []string{testRepo, testRepo + "@main", testRepo + "@" + testCommit} {
		if again := mustResolve(t, name); again != path {
			t.Errorf("%s resolves to %s, then to %s", name, path, again)
		}
	}
	t.Setenv("HF_HUB_OFFLINE", "1")
	mustResolve(t, testRepo)
	if got := f.take(); len(got) != 0 {
		t.Errorf("cached model asked for %q", got)
	}
}

func TestSharded(t *testing.T) {
	f, _ := newFakeHub(t, shardedFiles())
	want := slices.DeleteFunc(slices.Clone(wantedFiles), func(s string) bool { return s == weightsFile })
	want = append(want, "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", indexFile)
	slices.Sort(want)
	path := mustResolve(t, testRepo)
	f.checkSnapshot(path, want)

	t.Setenv("HF_HUB_OFFLINE", "1")
	mustResolve(t, testRepo)
	if err := os.Remove(filepath.Join(path, "model-00002-of-00002.safetensors")); err != nil {
		t.Fatal(err)
	}
	refuse(t, testRepo, quick(), "lacks model-00002-of-00002.safetensors", "HF_HUB_OFFLINE")
	t.Setenv("HF_HUB_OFFLINE", "")
	f.take()
	mustResolve(t, testRepo)
	for _, r := range f.take() {
		if strings.HasPrefix(r, http.MethodGet) && !strings.HasPrefix(r, "GET /api/") {
			t.Errorf("%s, though the blob is there", r)
		}
	}
}

func TestSingleFileOfWeightsWins(t *testing.T) {
	files := shardedFiles()
	files[weightsFile] = "single"
	f, _ := newFakeHub(t, files)
	f.checkSnapshot(mustResolve(t, testRepo), wantedFiles)
}

func TestGGUF(t *testing.T) {
	f, _ := newFakeHub(t, map[string]string{"README.md": "no", "m-q4.gguf": "four", "deep/m-q8.gguf": "eight", "m-00001-of-00002.gguf": "part"})
	refuse(t, testRepo, quick(), `"m-q4.gguf"`, `"deep/m-q8.gguf"`, testRepo+"/FILE")
	refuse(t, testRepo+"/m-q5.gguf", quick(), "no such file", `"m-q4.gguf"`)
	refuse(t, testRepo+"/m-00001-of-00002.gguf", quick(), "cut into several files")
	for name, want := range map[string]string{"m-q4.gguf": "four", "deep/m-q8.gguf": "eight", "deep/m-q8.gguf@main": "eight"} {
		path := mustResolve(t, testRepo+"/"+name)
		if text, err := os.ReadFile(path); string(text) != want || filepath.Ext(path) != ".gguf" {
			t.Errorf("%s is %s with %q (%v), want %q", name, path, text, err, want)
		}
	}
	f.take()
	t.Setenv("TRANSFORMERS_OFFLINE", "yes")
	mustResolve(t, testRepo+"/m-q4.gguf")
	refuse(t, testRepo+"/m-q6.gguf", quick(), "lacks m-q6.gguf", "TRANSFORMERS_OFFLINE")
	if got := f.take(); len(got) != 0 {
		t.Errorf("offline asked for %q", got)
	}
}

func TestNoWeights(t *testing.T) {
	for _, c := range []struct {
		file  string
		words []string
	}{
		{"pytorch_model.bin", []string{`"pytorch_model.bin"`, "no safetensors"}},
		{"adapter_model.safetensors", []string{`"adapter_model.safetensors"`, "neither"}},
		{"notes.txt", []string{"no weights at all"}},
		{"a\x1b[31m.gguf", []string{`\x1b`}}, // no control characters on the console
	} {
		newFakeHub(t, map[string]string{"config.json": "{}", c.file: "x"})
		refuse(t, testRepo, quick(), c.words...)
	}
	newFakeHub(t, map[string]string{weightsFile: "x"})
	refuse(t, testRepo, quick(), "no config.json")
}

func TestOffline(t *testing.T) {
	f, root := newFakeHub(t, modelFiles())
	t.Setenv("HF_HUB_OFFLINE", "TRUE")
	refuse(t, testRepo, quick(), "HF_HUB_OFFLINE", "lacks the revision", root)
	t.Setenv("HF_HUB_OFFLINE", "0")
	path := mustResolve(t, testRepo)
	f.take()
	t.Setenv("HF_HUB_OFFLINE", "1")
	for _, file := range []string{weightsFile, tokenizerFile, configFile} {
		if err := os.Remove(filepath.Join(path, file)); err != nil {
			t.Fatal(err)
		}
		refuse(t, testRepo, quick(), file)
	}
	if got := f.take(); len(got) != 0 {
		t.Errorf("offline asked for %q", got)
	}
}

// TestPartlyCached is a cache that another tool filled with the weights alone: what
// else the commit has is asked for once, and known from then on.
func TestPartlyCached(t *testing.T) {
	files := modelFiles()
	delete(files, "chat_template.jinja")
	f, _ := newFakeHub(t, files)
	path := mustResolve(t, testRepo)
	if err := os.RemoveAll(filepath.Join(path, "..", "..", ".no_exist")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(path, "generation_config.json")); err != nil {
		t.Fatal(err)
	}
	// What main is now must not matter: the weights are those of the old commit.
	f.take()
	f.setFault(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/revision/main") {
			t.Error("asked for main")
		}
		return false
	})

	var log bytes.Buffer
	o := quick()
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	t.Setenv("HF_HUB_OFFLINE", "1")
	if _, err := Resolve(t.Context(), testRepo, o); err != nil || !strings.Contains(log.String(), "generation_config.json") {
		t.Errorf("offline: %v, log %s", err, &log)
	}
	t.Setenv("HF_HUB_OFFLINE", "")
	t.Setenv("HF_ENDPOINT", "http://127.0.0.1:1")
	log.Reset()
	if _, err := Resolve(t.Context(), testRepo, o); err != nil || !strings.Contains(log.String(), "generation_config.json") {
		t.Errorf("no network: %v, log %s", err, &log)
	}
	t.Setenv("HF_ENDPOINT", f.hub.URL)
	mustResolve(t, testRepo)
	f.checkSnapshot(path, slices.DeleteFunc(slices.Clone(wantedFiles), func(s string) bool { return s == "chat_template.jinja" }))
	f.take()
	mustResolve(t, testRepo)
	if got := f.take(); len(got) != 0 {
		t.Errorf("asked again for %q", got)
	}
}

// TestNewCommit: what was not changed is not downloaded again, and the old commit
// stays until the new one is whole.
func TestNewCommit(t *testing.T) {
	f, root := newFakeHub(t, modelFiles())
	old := mustResolve(t, testRepo)
	f.commit = strings.Repeat("ab", 20)
	f.files[configFile] = []byte(`{"new": true}`)
	if mustResolve(t, testRepo) != old {
		t.Error("a cached branch moved by itself")
	}
	f.take()
	path := mustResolve(t, testRepo+"@"+f.commit)
	f.checkSnapshot(path, wantedFiles)
	for _, r := range f.take() {
		if strings.Contains(r, "/cdn/") {
			t.Errorf("downloaded what is there: %s", r)
		}
	}
	if err := os.Remove(filepath.Join(root, "models--some--model-1", "refs", "main")); err != nil {
		t.Fatal(err)
	}
	if mustResolve(t, testRepo) != path {
		t.Error("main is not the new commit")
	}
}

func TestProgress(t *testing.T) {
	files := shardedFiles()
	newFakeHub(t, files)
	var total int64
	for file, text := range files {
		if slices.Contains(wantedFiles, file) || strings.HasPrefix(file, "model-0") {
			total += int64(len(text))
		}
	}
	o, last, calls := quick(), int64(0), 0
	o.Progress = func(file string, done, all int64) {
		if _, ok := files[file]; !ok || done < last || all != total {
			t.Errorf("progress %s %d of %d, after %d of %d", file, done, all, last, total)
		}
		last = done
		calls++
	}
	if _, err := Resolve(t.Context(), testRepo, o); err != nil {
		t.Fatal(err)
	}
	if last != total || calls < 2 {
		t.Errorf("%d calls up to %d of %d", calls, last, total)
	}
}

func TestToken(t *testing.T) {
	f, _ := newFakeHub(t, modelFiles())
	f.setFault(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Host != strings.TrimPrefix(f.hub.URL, "http://") {
			return false // serveCDN fails if the token gets there
		}
		if got := r.Header.Get("Authorization"); got != "Bearer "+testToken {
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		return false
	})
	refuse(t, testRepo, quick(), "HTTP 401", "no token was sent", "HF_TOKEN", f.hub.URL+"/"+testRepo)
	t.Setenv("HF_TOKEN", testToken+"x")
	refuse(t, testRepo, quick(), "the token of HF_TOKEN was sent")
	t.Setenv("HF_TOKEN", " "+testToken+"\n")
	t.Setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
	refuse(t, testRepo, quick(), "no token was sent")
	t.Setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "")
	f.checkSnapshot(mustResolve(t, testRepo), wantedFiles)

	t.Setenv("HF_TOKEN", "")
	for _, variable := range []string{"HF_HOME", "HF_TOKEN_PATH"} {
		home := t.TempDir()
		t.Setenv("HF_HOME", home)
		file := filepath.Join(home, "token")
		if variable == "HF_TOKEN_PATH" {
			file = filepath.Join(home, "elsewhere")
			t.Setenv(variable, file)
		}
		if err := os.WriteFile(file, []byte(testToken+"\r\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		mustResolve(t, testRepo)
	}
}

func TestRefusals(t *testing.T) {
	answer := func(status int, header ...string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			return true
		}
	}
	gated := []string{"is gated", "HF_TOKEN", "/" + testRepo}
	for _, c := range []struct {
		name  string
		fault func(http.ResponseWriter, *http.Request) bool
		words []string
	}{
		{testRepo, answer(401, "X-Error-Code", "GatedRepo", "X-Error-Message", "Access is restricted"), gated},
		{testRepo, answer(403, "X-Error-Code", "GatedRepo"), gated},
		{testRepo, answer(403), []string{"access denied", "HTTP 403"}},
		{testRepo, answer(404), []string{testRepo, "main", "local folder"}},
		{testRepo, answer(418), []string{"refuses", "418"}},
		{"other/model", nil, []string{"no model other/model"}},
		{testRepo + "@v2", nil, []string{`no revision "v2"`, "/tree/main"}},
		{testRepo, answer(500), []string{"tried 5 times", "HTTP 500"}},
		{testRepo, answer(429, "Retry-After", "100000"), []string{"HTTP 429", "asks to wait 27h"}},
		{testRepo, answer(302, "Location", "/loop"), []string{"redirects"}},
		{testRepo, answer(302), []string{"unexpected end of JSON"}},
		{testRepo, func(w http.ResponseWriter, r *http.Request) bool {
			_, _ = w.Write([]byte("<html>Please log in"))
			return true
		}, []string{"answer about the model", "invalid character"}},
		{testRepo, func(w http.ResponseWriter, r *http.Request) bool { panic(http.ErrAbortHandler) }, []string{"tried 5 times", "cannot be reached"}},
	} {
		f, _ := newFakeHub(t, modelFiles())
		f.setFault(c.fault)
		refuse(t, c.name, quick(), c.words...)
	}
}

// TestGatedFiles: the listing of a gated model is public.
func TestGatedFiles(t *testing.T) {
	f, _ := newFakeHub(t, modelFiles())
	f.setFault(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/resolve/") {
			return false
		}
		w.Header().Set("X-Error-Code", "GatedRepo")
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	refuse(t, testRepo, quick(), "is gated", "no token was sent")
}

func TestRetryAfter(t *testing.T) {
	f, _ := newFakeHub(t, modelFiles())
	var first time.Time
	f.setFault(func(w http.ResponseWriter, r *http.Request) bool {
		if !first.IsZero() {
			if d := time.Since(first); d < time.Second {
				t.Errorf("came back after %v", d)
			}
			f.setFault(nil)
			return false
		}
		first = time.Now()
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	})
	f.checkSnapshot(mustResolve(t, testRepo), wantedFiles)

	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for s, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-1": 0, "soon": 0, "Fri, 02 Jan 2026 03:05:05 GMT": time.Minute,
		"Fri, 02 Jan 2026 03:03:05 GMT": 0, "99999999999999999999": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {s}}, now); got != want {
			t.Errorf("Retry-After %q is %v, want %v", s, got, want)
		}
	}
}

func TestNoNetwork(t *testing.T) {
	newFakeHub(t, modelFiles())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	listener.Close()
	t.Setenv("HF_ENDPOINT", closed)
	start := time.Now()
	refuse(t, testRepo, Options{}, closed, "cannot be reached", "HF_HUB_OFFLINE=1", "HF_ENDPOINT", "local folder")
	if d := time.Since(start); d > connectTimeout {
		t.Errorf("took %v", d)
	}

	unknown := httptest.NewTLSServer(http.NotFoundHandler()) // as signed by a proxy of one's company
	defer unknown.Close()
	unknown.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	t.Setenv("HF_ENDPOINT", unknown.URL)
	refuse(t, testRepo, Options{}, "cannot be reached", "certificate")

	silent, server := make(chan struct{}), httptest.NewServer(nil)
	server.Config.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-silent })
	defer server.Close()
	defer close(silent)
	t.Setenv("HF_ENDPOINT", server.URL)
	refuse(t, testRepo, Options{stall: 100 * time.Millisecond}, "cannot be reached", "sends nothing")
	if d := time.Since(start); d > connectTimeout {
		t.Errorf("all took %v", d)
	}

	t.Setenv("HF_ENDPOINT", "hf-mirror")
	refuse(t, testRepo, Options{}, "HF_ENDPOINT", `"hf-mirror"`)
}

// TestConcurrent: every file is downloaded once.
func TestConcurrent(t *testing.T) {
	f, _ := newFakeHub(t, shardedFiles())
	const num = 8
	var wg sync.WaitGroup
	for range num {
		wg.Go(func() {
			if _, err := Resolve(context.Background(), testRepo, quick()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	times := map[string]int{}
	for _, r := range f.take() {
		if strings.HasPrefix(r, "GET /cdn/") {
			times[r]++
		}
	}
	for _, r := range slices.Sorted(maps.Keys(times)) {
		if times[r] != 1 {
			t.Errorf("%s: %d times", r, times[r])
		}
	}
	if len(times) != 2 {
		t.Errorf("%d large files, want 2", len(times))
	}
}
