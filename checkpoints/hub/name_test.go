package hub

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for s, want := range map[string]name{
		"Qwen/Qwen2.5-0.5B-Instruct":     {"Qwen/Qwen2.5-0.5B-Instruct", "main", ""},
		"a/b@refs/pr/1":                  {"a/b", "refs/pr/1", ""},
		"a/b@v1.0":                       {"a/b", "v1.0", ""},
		"_a/b_":                          {"_a/b_", "main", ""},
		"a/b/q4.gguf":                    {"a/b", "main", "q4.gguf"},
		"a/b/deep/q4.GGUF@" + testCommit: {"a/b", testCommit, "deep/q4.GGUF"},
	} {
		if got, err := parse(s); got != want || err != nil {
			t.Errorf("%q is %+v (%v), want %+v", s, got, err, want)
		}
		if !IsName(s) {
			t.Errorf("%q is no name", s)
		}
	}
	for _, s := range []string{
		"", "gpt2", "/a/b", "./a", "../a", "a/", "/a", "a/b/", "a/b/c", "a//b", "~/a", `a\b`, `C:\a`, "C:/a", "a/..", "a/b..c",
		"a/b--c", "a/b.git", "-a/b", "a/b-", "a/.b", "a/b@", "a/b@../x", "a/b@/x", "a/b@x@y/..", "a/b/../c.gguf", "a/b//c.gguf",
		"a/b/c.gguf/", "models/m.gguf", "models/m.safetensors", "a/b\n", "a/b@x\x00", "a b/c", "a/ü", "a/" + strings.Repeat("b", 100),
	} {
		if got, err := parse(s); err == nil {
			t.Errorf("%q is %+v, want an error", s, got)
		}
		if IsName(s) {
			t.Errorf("%q is a name", s)
		}
	}
}

func TestLocalPathsWin(t *testing.T) {
	t.Chdir(t.TempDir())
	if !IsName("runs/model") {
		t.Error("runs/model is no name")
	}
	if err := os.MkdirAll(filepath.Join("runs", "model"), 0o755); err != nil {
		t.Fatal(err)
	}
	if IsName("runs/model") {
		t.Error("runs/model is a name though it is a folder")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"Qwen/Qwen2.5-0.5B-Instruct", "a/b@refs/pr/1", "a/b/deep/q4.gguf@v1", "a/b@../x", `a/b/c\d.gguf`} {
		f.Add(s)
	}
	root := f.TempDir()
	f.Fuzz(func(t *testing.T, s string) {
		n, err := parse(s)
		if err != nil {
			return
		}
		c := newCache(root, n.repo)
		for _, path := range []string{c.in(), c.path(testCommit, n.file), c.in("refs", filepath.FromSlash(n.revision))} {
			if rest, err := filepath.Rel(root, path); err != nil || !strings.HasPrefix(rest, "models--") || !filepath.IsLocal(rest) {
				t.Errorf("%q leads to %s", s, path)
			}
		}
	})
}

func FuzzListing(f *testing.F) {
	f.Add([]byte(`{"sha": "` + testCommit + `", "siblings": [{"rfilename": "config.json"}, {"rfilename": "model.safetensors"}]}`))
	f.Add([]byte(`{"sha": "../..", "siblings": [{"rfilename": "../../x"}]}`))
	f.Add([]byte(`{"sha": "` + testCommit + `", "siblings": [{"rfilename": "/a.gguf"}, {"rfilename": 5}, null]}`))
	f.Add([]byte(`{"weight_map": {"a": "../x.safetensors", "b": "x.safetensors"}}`))
	f.Add([]byte(`{"sha": null, "siblings": {}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if l, err := parseListing(text); err == nil {
			if !commitForm.MatchString(l.commit) {
				t.Errorf("commit %q", l.commit)
			}
			files, _, err := l.choose(name{repo: testRepo})
			known := append([]string{configFile, weightsFile, indexFile}, optionalFiles...)
			for _, file := range files {
				if err != nil || !slices.Contains(known, file) || !l.has(file) {
					t.Errorf("chose %q (%v)", file, err)
				}
			}
			if err != nil && strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("error %q", err)
			}
		}
		shards, err := parseIndex(text)
		for _, file := range shards {
			if err != nil || !filepath.IsLocal(filepath.FromSlash(file)) || strings.ContainsAny(file, "\\:\n\x00") {
				t.Errorf("index has %q (%v)", file, err)
			}
		}
		if err == nil && !json.Valid(text) {
			t.Errorf("took %q", text)
		}
	})
}
