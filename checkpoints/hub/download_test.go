package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// brokenOff serves the first n bytes of a file from where the request starts, then
// calls end.
func (f *fakeHub) brokenOff(w http.ResponseWriter, r *http.Request, file string, n int, end func()) {
	content, _ := f.content(file)
	start := 0
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &start); err == nil {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, len(content)-1, len(content)))
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(content)-start))
	if start > 0 {
		w.WriteHeader(http.StatusPartialContent)
	}
	_, _ = w.Write(content[start:min(start+n, len(content))])
	_ = http.NewResponseController(w).Flush()
	end()
}

func abort() { panic(http.ErrAbortHandler) }

// gets are the requests for a file's bytes.
func gets(requests []string, file string) []string {
	return slices.DeleteFunc(requests, func(r string) bool {
		return !strings.HasPrefix(r, "GET ") || !strings.Contains(r, "/"+file) || !strings.Contains(r, "/cdn/") && isLarge(file)
	})
}

// TestResumeInOneCall breaks the connection off at several places, of the first
// request or of the first three.
func TestResumeInOneCall(t *testing.T) {
	for _, file := range []string{weightsFile, tokenizerFile} {
		size := len(modelFiles()[file])
		for _, at := range []int{0, 1, 4095, size / 2, size - 1} {
			for _, num := range []int{1, 3} {
				f, _ := newFakeHub(t, modelFiles())
				left := num
				f.setFault(func(w http.ResponseWriter, r *http.Request) bool {
					if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/"+file) || left == 0 || isLarge(file) && !strings.HasPrefix(r.URL.Path, "/cdn/") {
						return false
					}
					left--
					f.brokenOff(w, r, file, at/num, abort)
					return true
				})
				f.checkSnapshot(mustResolve(t, testRepo), wantedFiles)
				got := gets(f.take(), file)
				if want := fmt.Sprintf(" bytes=%d-", at/num*num); len(got) != num+1 || at/num > 0 && !strings.HasSuffix(got[num], want) {
					t.Errorf("%s, %d times after %d bytes: %q, want the last with%s", file, num, at/num, got, want)
				}
			}
		}
	}
}

// TestResumeInNextCall cancels a call in the middle, at several places, and looks
// at what the next one asks for.
func TestResumeInNextCall(t *testing.T) {
	size := len(modelFiles()[weightsFile])
	for _, at := range []int{1, 4096, size - 1} {
		f, root := newFakeHub(t, modelFiles())
		incomplete := filepath.Join(root, "models--some--model-1", "blobs", etagOf(weightsFile, f.files[weightsFile])+".incomplete")
		ctx, cancel := context.WithCancel(t.Context())
		f.setFault(func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasPrefix(r.URL.Path, "/cdn/") {
				return false
			}
			f.brokenOff(w, r, weightsFile, at, func() {
				for r.Context().Err() == nil { // until all bytes are on the disk
					if info, err := os.Stat(incomplete); err == nil && info.Size() == int64(at) {
						cancel()
					}
					time.Sleep(time.Millisecond)
				}
			})
			return true
		})
		_, err := Resolve(ctx, testRepo, quick())
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("at %d: %v, want that it is cancelled", at, err)
		}
		if links, err := filepath.Glob(filepath.Join(root, "models--*", "snapshots", "*", "*.safetensors")); len(links) != 0 {
			t.Errorf("at %d: visible in the snapshot: %v (%v)", at, links, err)
		}
		t.Setenv("HF_HUB_OFFLINE", "1")
		refuse(t, testRepo, quick(), "lacks")
		t.Setenv("HF_HUB_OFFLINE", "")
		f.setFault(nil)
		f.take()
		f.checkSnapshot(mustResolve(t, testRepo), wantedFiles)
		want := fmt.Sprintf("GET /cdn/%s bytes=%d-", weightsFile, at)
		if got := gets(f.take(), weightsFile); len(got) != 1 || got[0] != want {
			t.Errorf("at %d: %q, want %q", at, got, want)
		}
	}
}

// TestBadBeginning puts something else in place of what an earlier call got.
func TestBadBeginning(t *testing.T) {
	good := modelFiles()[weightsFile]
	for what, begin := range map[string]string{
		"other bytes": "damaged", "whole": good, "too long": good + "x", "whole but damaged": strings.Repeat("x", len(good)),
	} {
		for _, answer := range []string{"206", "200", "416", "wrong range"} {
			f, root := newFakeHub(t, modelFiles())
			incomplete := filepath.Join(root, "models--some--model-1", "blobs", etagOf(weightsFile, f.files[weightsFile])+".incomplete")
			if err := os.MkdirAll(filepath.Dir(incomplete), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(incomplete, []byte(begin), 0o644); err != nil {
				t.Fatal(err)
			}
			f.setFault(func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasPrefix(r.URL.Path, "/cdn/") || r.Header.Get("Range") == "" {
					return false
				}
				switch answer {
				case "200":
					r.Header.Del("Range")
				case "416":
					w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
					return true
				case "wrong range":
					r.Header.Set("Range", "bytes=1-")
				}
				return false
			})
			t.Log(what, answer)
			f.checkSnapshot(mustResolve(t, testRepo), wantedFiles)
		}
	}
}

// TestBadContent: what is not what the hub said never gets a name.
func TestBadContent(t *testing.T) {
	for _, file := range []string{weightsFile, configFile} {
		for what, words := range map[string][]string{
			"damaged":    {"is damaged: its hash is", file},
			"truncated":  {"tried 5 times", "bytes of", file},
			"longer":     {"tried 5 times", "more than", file},
			"compressed": {file}, // against what was asked for
		} {
			f, root := newFakeHub(t, modelFiles())
			f.setFault(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/"+file) || isLarge(file) && !strings.HasPrefix(r.URL.Path, "/cdn/") {
					return false
				}
				content := slices.Clone(f.files[file])
				switch what {
				case "damaged":
					content[len(content)/2] ^= 1
				case "truncated":
					content = content[:len(content)/2]
				case "longer":
					content = append(content, 'x')
				case "compressed":
					w.Header().Set("Content-Encoding", "gzip")
					content[0] ^= 1
				}
				if r.Header.Get("Range") != "" { // what is there is all there is
					w.WriteHeader(http.StatusPartialContent)
					return true
				}
				_, _ = w.Write(content)
				return true
			})
			refuse(t, testRepo, quick(), words...)
			found, err := filepath.Glob(filepath.Join(root, "models--*", "*", etagOf(file, f.files[file])))
			if len(found) != 0 || err != nil {
				t.Errorf("%s %s: there is %v (%v)", what, file, found, err)
			}
			f.setFault(nil)
			f.checkSnapshot(mustResolve(t, testRepo), wantedFiles)
		}
	}
}

// TestDamagedOnce: one damaged download is done again.
func TestDamagedOnce(t *testing.T) {
	f, _ := newFakeHub(t, modelFiles())
	f.setFault(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/cdn/") {
			return false
		}
		f.setFault(nil)
		_, _ = w.Write([]byte(strings.Repeat("x", len(f.files[weightsFile]))))
		return true
	})
	f.checkSnapshot(mustResolve(t, testRepo), wantedFiles)
}

// TestServerLies: heads that cannot be believed.
func TestServerLies(t *testing.T) {
	lfs := strings.Repeat("a", 64)
	for _, c := range []struct {
		header []string // of the answer to HEAD
		words  []string
	}{
		{[]string{"X-Linked-Etag", "../../../x", "X-Linked-Size", "5"}, []string{"ETag", "../../../x"}},
		{[]string{"X-Linked-Etag", lfs + "/x", "X-Linked-Size", "5"}, []string{"ETag"}},
		{[]string{"Etag", `"5d41402abc4b2a76b9719d911017c592"`}, []string{"ETag", "HF_ENDPOINT"}},
		{[]string{"Etag", ""}, []string{"ETag"}},
		{[]string{"X-Linked-Etag", lfs, "X-Linked-Size", "-5"}, []string{"size", "-5"}},
		{[]string{"X-Linked-Etag", lfs, "X-Linked-Size", "99999999999999999999"}, []string{"size"}},
		{[]string{"X-Linked-Etag", lfs, "X-Linked-Size", "1125899906842624"}, []string{"tried 5 times", "of 1125899906842624"}},
		{[]string{"X-Linked-Etag", lfs, "X-Linked-Size", "1"}, []string{"tried 5 times", "more than 1 bytes"}},
		{[]string{"X-Linked-Etag", lfs, "X-Repo-Commit", strings.Repeat("b", 40)}, []string{"commit", testCommit}},
	} {
		f, root := newFakeHub(t, modelFiles())
		f.setFault(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodHead || !strings.HasSuffix(r.URL.Path, weightsFile) {
				return false
			}
			for i := 0; i < len(c.header); i += 2 {
				w.Header().Set(c.header[i], c.header[i+1])
			}
			return true
		})
		refuse(t, testRepo, quick(), append(c.words, weightsFile)...)
		if _, err := os.Stat(filepath.Join(root, "models--some--model-1", "blobs", lfs)); err == nil {
			t.Errorf("%q: there is a blob", c.header)
		}
	}
}

// TestHostileIndex: names in an index lead nowhere.
func TestHostileIndex(t *testing.T) {
	for _, file := range []string{
		"../x.safetensors", "/etc/x.safetensors", `..\x.safetensors`, "C:x.safetensors", "a/../../x.safetensors", "x.bin",
		"./x.safetensors", "a//x.safetensors", "x\n.safetensors", ".safetensors/..", "", "absent.safetensors",
	} {
		files := shardedFiles()
		files[file] = "x"
		if file == "absent.safetensors" {
			delete(files, file)
		}
		files[indexFile] = fmt.Sprintf(`{"weight_map": {"a": %q}}`, file)
		_, root := newFakeHub(t, files)
		refuse(t, testRepo, quick(), indexFile)
		if found, err := filepath.Glob(filepath.Join(root, "..", "x*")); len(found) != 0 {
			t.Errorf("%q made %v (%v)", file, found, err)
		}
	}
	for _, text := range []string{"", "[]", `{"weight_map": {}}`, `{"weight_map": 5}`, `{}`} {
		files := shardedFiles()
		files[indexFile] = text
		newFakeHub(t, files)
		refuse(t, testRepo, quick(), indexFile)
	}
}

// TestFullDisk: /dev/full is in the place of the file, as a full disk would be.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil || runtime.GOOS != "linux" {
		t.Skip("needs /dev/full")
	}
	f, root := newFakeHub(t, modelFiles())
	incomplete := filepath.Join(root, "models--some--model-1", "blobs", etagOf(weightsFile, f.files[weightsFile])+".incomplete")
	if err := os.MkdirAll(filepath.Dir(incomplete), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", incomplete); err != nil {
		t.Fatal(err)
	}
	refuse(t, testRepo, quick(), "no space left on device", weightsFile, incomplete)
	if got := gets(f.take(), weightsFile); len(got) != 1 {
		t.Errorf("tried again: %q", got)
	}
}

// TestStall: a server that falls silent is left, before and in the body.
func TestStall(t *testing.T) {
	for _, n := range []int{-1, 0, 5000} {
		f, _ := newFakeHub(t, modelFiles())
		var silent bool
		f.setFault(func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasPrefix(r.URL.Path, "/cdn/") || silent {
				return false
			}
			silent = true
			wait := func() { <-r.Context().Done() }
			if n < 0 {
				wait()
			} else {
				f.brokenOff(w, r, weightsFile, n, wait)
			}
			return true
		})
		o := quick()
		o.stall = 100 * time.Millisecond
		path, err := Resolve(t.Context(), testRepo, o)
		if err != nil {
			t.Fatal(err)
		}
		f.checkSnapshot(path, wantedFiles)
		if got := gets(f.take(), weightsFile); len(got) != 2 {
			t.Errorf("after %d bytes: %q", n, got)
		}
	}
}

// TestSlow: a server that is slow but not silent is heard to the end.
func TestSlow(t *testing.T) {
	const stall, num = 400 * time.Millisecond, 6
	f, _ := newFakeHub(t, modelFiles())
	f.setFault(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/cdn/") {
			return false
		}
		for part := range slices.Chunk(f.files[weightsFile], len(f.files[weightsFile])/num) {
			time.Sleep(stall / 4)
			_, _ = w.Write(part)
			_ = http.NewResponseController(w).Flush()
		}
		return true
	})
	o := quick()
	o.stall = stall
	if _, err := Resolve(t.Context(), testRepo, o); err != nil {
		t.Fatal(err)
	}
	if got := gets(f.take(), weightsFile); len(got) != 1 {
		t.Errorf("requests %q, want one", got)
	}
}

// TestCancelled: whatever a call waits for, it ends with ctx.
func TestCancelled(t *testing.T) {
	for what, fault := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"answer": func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true },
		"pause":  func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(500); return true },
		"lock":   nil,
	} {
		f, root := newFakeHub(t, modelFiles())
		f.setFault(fault)
		if what == "lock" {
			unlock, err := lock(t.Context(), newCache(root, testRepo).lockFile(etagOf(configFile, f.files[configFile])), nil)
			if errors.Is(err, errNoLocks) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			defer unlock()
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		start := time.Now()
		_, err := Resolve(ctx, testRepo, Options{})
		cancel()
		if d := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || d > 2*time.Second {
			t.Errorf("%s: %v after %v", what, err, d)
		}
	}
}

// TestRenamed: the hub redirects within itself when a repository was renamed.
func TestRenamed(t *testing.T) {
	f, root := newFakeHub(t, modelFiles())
	t.Setenv("HF_TOKEN", testToken)
	f.setFault(func(w http.ResponseWriter, r *http.Request) bool {
		if old := strings.Replace(r.URL.Path, "old/name", testRepo, 1); old != r.URL.Path {
			http.Redirect(w, r, old, http.StatusTemporaryRedirect)
			return true
		}
		if r.Header.Get("Authorization") == "" && !strings.HasPrefix(r.URL.Path, "/cdn/") {
			t.Errorf("%s without a token", r.URL)
		}
		return false
	})
	path := mustResolve(t, "old/name")
	f.checkSnapshot(path, wantedFiles)
	if !strings.HasPrefix(path, filepath.Join(root, "models--old--name")) {
		t.Errorf("path %s", path)
	}
}

// TestNoSymlinks: where the system has none, the file itself is in the snapshot.
func TestNoSymlinks(t *testing.T) {
	c := newCache(t.TempDir(), testRepo)
	c.symlink = func(target, path string) error {
		return &os.LinkError{Op: "symlink", Old: target, New: path, Err: errors.New("not permitted")}
	}
	if err := os.MkdirAll(c.in("blobs"), 0o755); err != nil {
		t.Fatal(err)
	}
	etag := strings.Repeat("a", 40)
	if err := os.WriteFile(c.blob(etag), []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := c.link(etag, testCommit, "deep/x"); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(c.path(testCommit, "deep/x")); string(text) != "text" || !c.has(testCommit, "deep/x") {
		t.Errorf("file is %q (%v)", text, err)
	}
}
