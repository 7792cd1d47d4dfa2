package hub

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testRepo   = "some/model-1"
	testCommit = "0123456789abcdef0123456789abcdef01234567"
	testToken  = "hf_secret"
)

// fakeHub serves one repository as the hub does: small files itself, large ones by
// a redirect to another server.
type fakeHub struct {
	t        *testing.T
	hub, cdn *httptest.Server

	mu       sync.Mutex
	commit   string
	files    map[string][]byte
	requests []string // "METHOD path range" of both servers

	// fault, if not nil, may answer a request in place of the servers.
	fault func(w http.ResponseWriter, r *http.Request) bool
}

// newFakeHub starts the servers and points the environment at them and at an empty
// cache, whose path it returns.
func newFakeHub(t *testing.T, files map[string]string) (*fakeHub, string) {
	t.Helper()
	f := &fakeHub{t: t, commit: testCommit, files: map[string][]byte{}}
	for name, text := range files {
		f.files[name] = []byte(text)
	}
	f.cdn = httptest.NewServer(f.handler(f.serveCDN))
	f.hub = httptest.NewServer(f.handler(f.serveHub))
	t.Cleanup(f.cdn.Close)
	t.Cleanup(f.hub.Close)
	for _, v := range []string{"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME", "HF_HUB_OFFLINE",
		"TRANSFORMERS_OFFLINE", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_DISABLE_IMPLICIT_TOKEN"} {
		t.Setenv(v, "")
	}
	home := t.TempDir()
	t.Setenv("HF_HOME", home)
	t.Setenv("HF_ENDPOINT", f.hub.URL)
	return f, filepath.Join(home, "hub")
}

// modelFiles are a small repository with everything that is wanted and more.
func modelFiles() map[string]string {
	return map[string]string{
		"README.md":              "no",
		".gitattributes":         "no",
		"pytorch_model.bin":      "no",
		"config.json":            `{"model_type": "qwen2"}`,
		"generation_config.json": `{"eos_token_id": 2}`,
		"tokenizer.json":         strings.Repeat("tokenizer ", 700),
		"tokenizer_config.json":  `{}`,
		"chat_template.jinja":    "{{ messages }}",
		"model.safetensors":      strings.Repeat("0123456789abcde\n", 5000),
		"other.safetensors":      "no",
	}
}

// wantedFiles are those of modelFiles that belong in the snapshot.
var wantedFiles = []string{
	"chat_template.jinja", "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
}

func shardedFiles() map[string]string {
	files := modelFiles()
	delete(files, "model.safetensors")
	files["model-00001-of-00002.safetensors"] = strings.Repeat("one", 3000)
	files["model-00002-of-00002.safetensors"] = strings.Repeat("two", 3000)
	files["model.safetensors.index.json"] = `{"weight_map": {"a": "model-00002-of-00002.safetensors",
		"b": "model-00001-of-00002.safetensors", "c": "model-00001-of-00002.safetensors"}}`
	return files
}

func isLarge(file string) bool {
	return slices.Contains([]string{".safetensors", ".gguf", ".bin"}, path.Ext(file))
}

// etagOf is computed apart from the code under test.
func etagOf(file string, content []byte) string {
	if isLarge(file) {
		sum := sha256.Sum256(content)
		return hex.EncodeToString(sum[:])
	}
	sum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(content)), content...))
	return hex.EncodeToString(sum[:])
}

func (f *fakeHub) handler(serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.requests = append(f.requests, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+r.Header.Get("Range")))
		fault := f.fault
		f.mu.Unlock()
		if fault == nil || !fault(w, r) {
			serve(w, r)
		}
	})
}

func (f *fakeHub) serveCDN(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		f.t.Errorf("%s: the token went to another host", r.URL)
	}
	content, ok := f.content(strings.TrimPrefix(r.URL.Path, "/cdn/"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

func (f *fakeHub) content(file string) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	content, ok := f.files[file]
	return content, ok
}

func (f *fakeHub) serveHub(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	commit := f.commit
	f.mu.Unlock()
	for _, revision := range []string{"main", commit} {
		switch file, found := strings.CutPrefix(r.URL.Path, "/"+testRepo+"/resolve/"+revision+"/"); {
		case found:
			f.resolve(w, r, commit, file)
			return
		case r.URL.Path == "/api/models/"+testRepo+"/revision/"+revision:
			f.describe(w, commit)
			return
		case r.URL.Path == "/api/models/"+testRepo+"/tree/"+revision:
			f.tree(w)
			return
		}
	}
	w.Header().Set("X-Error-Code", "RepoNotFound")
	if strings.Contains(r.URL.Path, testRepo) {
		w.Header().Set("X-Error-Code", "RevisionNotFound")
	}
	w.WriteHeader(http.StatusNotFound)
}

func (f *fakeHub) resolve(w http.ResponseWriter, r *http.Request, commit, file string) {
	content, ok := f.content(file)
	w.Header().Set("X-Repo-Commit", commit)
	etag := `"` + etagOf(file, content) + `"`
	switch {
	case !ok:
		w.Header().Set("X-Error-Code", "EntryNotFound")
		w.WriteHeader(http.StatusNotFound)
	case isLarge(file):
		w.Header().Set("X-Linked-Etag", etag)
		w.Header().Set("X-Linked-Size", fmt.Sprint(len(content)))
		http.Redirect(w, r, f.cdn.URL+"/cdn/"+file+"?signature=secret", http.StatusFound)
	default:
		w.Header().Set("ETag", etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
}

func (f *fakeHub) names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var names []string
	for name := range f.files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (f *fakeHub) describe(w http.ResponseWriter, commit string) {
	var siblings []map[string]string
	for _, name := range f.names() {
		siblings = append(siblings, map[string]string{"rfilename": name})
	}
	f.writeJSON(w, map[string]any{"id": testRepo, "sha": commit, "siblings": siblings})
}

// tree is what huggingface_hub's snapshot_download asks for.
func (f *fakeHub) tree(w http.ResponseWriter) {
	var entries []map[string]any
	for _, name := range f.names() {
		content, _ := f.content(name)
		entry := map[string]any{"type": "file", "path": name, "size": len(content), "oid": etagOf("", content)}
		if isLarge(name) {
			entry["lfs"] = map[string]any{"oid": etagOf(name, content), "size": len(content), "pointerSize": 1}
		}
		entries = append(entries, entry)
	}
	f.writeJSON(w, entries)
}

func (f *fakeHub) writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		f.t.Log(err)
	}
}

// take returns the requests so far, and forgets them.
func (f *fakeHub) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.requests
	f.requests = nil
	return all
}

func (f *fakeHub) setFault(fault func(w http.ResponseWriter, r *http.Request) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

// checkSnapshot compares what is at path, a snapshot, with what the repository has,
// and checks that all but the links is blobs of the right names.
func (f *fakeHub) checkSnapshot(path string, want []string) {
	f.t.Helper()
	if filepath.Base(path) != f.commit {
		f.t.Errorf("path is %s, want a folder %s", path, f.commit)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		f.t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
		text, err := os.ReadFile(filepath.Join(path, e.Name()))
		if err != nil || !bytes.Equal(text, f.files[e.Name()]) {
			f.t.Errorf("%s is not what the repository has (%v)", e.Name(), err)
		}
		target, err := os.Readlink(filepath.Join(path, e.Name()))
		if want := filepath.Join("..", "..", "blobs", etagOf(e.Name(), f.files[e.Name()])); target != want {
			f.t.Errorf("%s links to %q (%v), want %s", e.Name(), target, err, want)
		}
	}
	if !slices.Equal(got, want) {
		f.t.Errorf("snapshot has %v, want %v", got, want)
	}
	blobs, err := os.ReadDir(filepath.Join(path, "..", "..", "blobs"))
	if err != nil {
		f.t.Fatal(err)
	}
	for _, e := range blobs {
		if !hashForm.MatchString(e.Name()) {
			f.t.Errorf("left over in blobs: %s", e.Name())
		}
	}
}
