package hub

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pythonHub runs a script with huggingface_hub, in the environment of the test, and
// returns what it puts into result.
func pythonHub(t *testing.T, script string, result any) {
	t.Helper()
	python := os.Getenv("RLVR_PEER_PYTHON")
	if python == "" {
		t.Skip("set RLVR_PEER_PYTHON to a Python with huggingface_hub to share a cache with it")
	}
	cmd := exec.Command(python, "-c", "import json\nimport huggingface_hub as hf\nfrom huggingface_hub import constants\n"+script+"\nprint(json.dumps(result))")
	cmd.Env = append(os.Environ(), "HF_HUB_DISABLE_PROGRESS_BARS=1", "HF_HUB_DISABLE_TELEMETRY=1")
	cmd.Env = slices.DeleteFunc(cmd.Env, func(e string) bool { return strings.HasSuffix(e, "=") }) // set, to Python
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	if err := json.Unmarshal(out, result); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// TestPythonFindsOurs: huggingface_hub finds in the cache what was resolved, without
// asking the server.
func TestPythonFindsOurs(t *testing.T) {
	f, _ := newFakeHub(t, shardedFiles())
	path := mustResolve(t, testRepo)
	f.take()
	t.Setenv("HF_HUB_OFFLINE", "1")
	var result struct {
		Snapshot string
		Files    map[string]string
		Absent   bool
		Scan     [3]int // warnings, files, size
	}
	pythonHub(t, fmt.Sprintf(`
repo, out = %q, {}
for f in %s:
    out[f] = open(hf.hf_hub_download(repo, f)).read()
scan = hf.scan_cache_dir()
result = {"Snapshot": hf.snapshot_download(repo), "Files": out,
    "Absent": hf.try_to_load_from_cache(repo, "special_tokens_map.json") is hf._CACHED_NO_EXIST,
    "Scan": [len(scan.warnings), sum(len(r.files) for x in scan.repos for r in x.revisions), scan.size_on_disk]}`,
		testRepo, `["config.json", "tokenizer.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]`), &result)
	if result.Snapshot != path || !result.Absent {
		t.Errorf("Python has %+v, want %s", result, path)
	}
	for file, text := range result.Files {
		if text != string(f.files[file]) {
			t.Errorf("%s differs", file)
		}
	}
	if len(result.Files) != 5 || result.Scan[0] != 0 || result.Scan[1] != 8 {
		t.Errorf("Python has %d files, its scan %v", len(result.Files), result.Scan)
	}
	if got := f.take(); len(got) != 0 {
		t.Errorf("asked for %q", got)
	}
}

// layout lists the files and links below root that both tools make alike.
func layout(t *testing.T, root string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rest, err := filepath.Rel(root, path)
		if err != nil || d.IsDir() {
			return err
		}
		switch target, lerr := os.Readlink(path); {
		case strings.Contains(rest, "/trees/"), strings.Contains(rest, "/.no_exist/"), rest == "CACHEDIR.TAG": // optional
		case lerr == nil:
			all = append(all, rest+" -> "+target)
		default:
			text, err := os.ReadFile(path)
			all = append(all, fmt.Sprintf("%s %q", rest, text))
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestWeFindPythons: what huggingface_hub downloaded is resolved without asking, and
// the two caches are the same, file by file.
func TestWeFindPythons(t *testing.T) {
	f, root := newFakeHub(t, modelFiles())
	f.files["special_tokens_map.json"] = []byte("{}")
	want := append(slices.Clone(wantedFiles), "special_tokens_map.json")
	slices.Sort(want)
	var path string
	pythonHub(t, fmt.Sprintf(`result = hf.snapshot_download(%q, allow_patterns=%s)`, testRepo, `["*.json", "*.jinja", "model.safetensors"]`), &path)
	f.take()
	if got := mustResolve(t, testRepo); got != path {
		t.Errorf("path %s, Python's is %s", got, path)
	}
	if got := f.take(); len(got) != 0 {
		t.Errorf("asked for %q", got)
	}
	f.checkSnapshot(path, want)
	theirs := layout(t, root)

	t.Setenv("HF_HUB_CACHE", t.TempDir())
	mustResolve(t, testRepo)
	if ours := layout(t, os.Getenv("HF_HUB_CACHE")); !slices.Equal(ours, theirs) || len(ours) < 15 {
		t.Errorf("our cache:\n%.3000s\nPython's:\n%.3000s", strings.Join(ours, "\n"), strings.Join(theirs, "\n"))
	}
}

// TestLockedByPython: huggingface_hub's lock keeps us waiting.
func TestLockedByPython(t *testing.T) {
	f, root := newFakeHub(t, modelFiles())
	var failed bool
	pythonHub(t, fmt.Sprintf(`
import os, subprocess, sys
from huggingface_hub.utils import WeakFileLock
path = %q
os.makedirs(os.path.dirname(path))
with WeakFileLock(path):
    p = subprocess.run([%q, "-test.run=^$"], env={**os.environ, %q: %q, %q: "1s"}, capture_output=True, text=True)
result = p.returncode == 1 and "waiting for" in p.stderr`,
		newCache(root, testRepo).lockFile(etagOf(weightsFile, f.files[weightsFile])), executable(t), childVariable, testRepo, limitVariable), &failed)
	if !failed {
		t.Error("did not wait for the lock")
	}
	if got := gets(f.take(), weightsFile); len(got) != 0 {
		t.Errorf("downloaded without the lock: %q", got)
	}
}

// TestEnvironment compares what the variables mean with huggingface_hub.
func TestEnvironment(t *testing.T) {
	newFakeHub(t, nil)
	t.Setenv("HF_HOME", "")
	t.Setenv("HF_ENDPOINT", "")
	t.Setenv("HOME", t.TempDir())
	t.Setenv("CACHES", "/caches")
	for _, set := range []string{
		"", "XDG_CACHE_HOME=/xdg", "HF_HOME=/home XDG_CACHE_HOME=/xdg", "HF_HOME=~/hf", "HF_HOME=$CACHES/x${CACHES}",
		"HUGGINGFACE_HUB_CACHE=/old HF_HOME=/home", "HF_HUB_CACHE=/new HUGGINGFACE_HUB_CACHE=/old", "HF_HUB_CACHE=~",
		"HF_TOKEN_PATH=~/t HF_HOME=/home", "HF_ENDPOINT=https://mirror/x//", "HF_HUB_OFFLINE=on", "HF_HUB_OFFLINE=2",
		"TRANSFORMERS_OFFLINE=Yes", "HF_HUB_OFFLINE=0 TRANSFORMERS_OFFLINE=1", "HF_TOKEN=abc", "HUGGING_FACE_HUB_TOKEN=old",
		"HF_TOKEN=\r\n", "HF_TOKEN=new HUGGING_FACE_HUB_TOKEN=old",
	} {
		t.Run(set, func(t *testing.T) {
			for _, s := range strings.FieldsFunc(set, func(r rune) bool { return r == ' ' }) {
				variable, value, _ := strings.Cut(s, "=")
				t.Setenv(variable, value)
			}
			var want struct {
				Cache, Endpoint, TokenFile, Token string
				Offline                           bool
			}
			pythonHub(t, `result = {"Cache": constants.HF_HUB_CACHE, "Endpoint": constants.ENDPOINT, "TokenFile": constants.HF_TOKEN_PATH,
    "Token": hf.get_token() or "", "Offline": constants.HF_HUB_OFFLINE}`, &want)
			env, err := readEnvironment()
			if err != nil {
				t.Fatal(err)
			}
			token, _, err := env.token()
			if env.cache != want.Cache || env.endpoint != want.Endpoint || env.tokenFile != want.TokenFile ||
				(env.offline != "") != want.Offline || token != want.Token || err != nil {
				t.Errorf("have %+v, token %q (%v); Python %+v", env, token, err, want)
			}
		})
	}
}
