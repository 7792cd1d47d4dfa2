package tokenize

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestChatPeer makes the goldens anew with transformers, and renders every template
// that TRL ships, some seventy of as many models, with every chat.
func TestChatPeer(t *testing.T) {
	python := os.Getenv("RLVR_PEER_PYTHON")
	if python == "" {
		t.Skip("set RLVR_PEER_PYTHON to a Python with transformers 5.23 and trl to render chats with them")
	}
	where, err := exec.Command(python, "-c", "import importlib.util as u; print(u.find_spec('trl').submodule_search_locations[0])").Output()
	if err != nil {
		t.Skip("RLVR_PEER_PYTHON has no trl:", err)
	}
	folder := filepath.Join(strings.TrimSpace(string(where)), "chat_templates")
	out := t.TempDir()
	cmd := exec.Command(python, "-B", filepath.Join("testdata", "chat", "make_python.py"), out, folder)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, name := range []string{"tokenizer.json", "render.json.gz", "turns.json", "jinja.json"} {
		got, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		if want, err := os.ReadFile(filepath.Join("testdata", "chat", name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what %s makes: %v", name, cmd, err)
		}
	}
	raw, err := os.ReadFile(filepath.Join(out, "more.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []render
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	compareTemplates(t, folder, cases)
}

// compareTemplates renders what Python rendered. A template that is refused where
// Python renders it is a fault here too: TRL's are all implemented.
func compareTemplates(t *testing.T, folder string, cases []render) {
	var golden struct{ Chats []goldenChat }
	decodeTestdata(t, "render.json.gz", &golden)
	templates := map[string]*chatTemplate{}
	same, refused := 0, 0
	for _, c := range cases {
		if templates[c.Template] == nil {
			source, err := os.ReadFile(filepath.Join(folder, c.Template))
			if err != nil {
				t.Fatal(err)
			}
			template, err := newChatTemplate(map[string][]byte{templateFile: source, configFile: []byte(`{"bos_token": "<s>", "eos_token": {"content": "</s>"}, "pad_token": "<pad>"}`)})
			if err != nil {
				t.Fatalf("%s: %v", c.Template, err)
			}
			template.now = goldenDate
			templates[c.Template] = template
		}
		chat := golden.Chats[slices.IndexFunc(golden.Chats, func(g goldenChat) bool { return g.Name == c.Chat })].chat(t)
		chat.AddGenerationPrompt = c.Generation
		got, err := templates[c.Template].render(chat)
		switch {
		case c.Error != nil && err == nil:
			t.Errorf("%s, %s: %q, Python says %s", c.Template, c.Chat, got, *c.Error)
		case c.Error != nil:
			refused++
		case err != nil || got != *c.Text:
			t.Errorf("%s, %s: %v\n got %q\nwant %q", c.Template, c.Chat, err, got, *c.Text)
		default:
			same++
		}
	}
	t.Logf("%d templates: %d texts the same, %d chats refused by both", len(templates), same, refused)
}

// TestChatPeerTokenizers compares text and ids of every chat for the tokenizers in the
// folders of RLVR_TOKENIZERS, each with tokenizer.json and tokenizer_config.json, which
// are not ours to commit.
func TestChatPeerTokenizers(t *testing.T) {
	python, folder := os.Getenv("RLVR_PEER_PYTHON"), os.Getenv("RLVR_TOKENIZERS")
	if python == "" || folder == "" {
		t.Skip("set RLVR_PEER_PYTHON to a Python with transformers 5.23 and RLVR_TOKENIZERS to a folder of folders with tokenizers")
	}
	out := t.TempDir()
	cmd := exec.Command(python, "-B", filepath.Join("testdata", "chat", "make_python.py"), out, "", folder)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	raw, err := os.ReadFile(filepath.Join(out, "tokenizers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []render
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	compareRenders(t, cases, func(name string) *bpe {
		files := map[string][]byte{}
		for _, file := range []string{tokenizerFile, configFile, specialsFile, templateFile} {
			if raw, err := os.ReadFile(filepath.Join(folder, name, file)); err == nil {
				files[file] = raw
			}
		}
		b, err := load(files)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if b.chat != nil {
			b.chat.now = goldenDate
		}
		return b
	})
}
