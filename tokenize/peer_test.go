package tokenize

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// peerScript loads the folder argv[1] with tokenizers and, where it is there, with
// transformers; it encodes and decodes each text, and decodes each list of ids.
const peerScript = `
import json, sys
from tokenizers import Tokenizer
t = Tokenizer.from_file(sys.argv[1] + "/tokenizer.json")
job = json.load(open(sys.argv[1] + "/job.json"))
ids = [t.encode(x).ids for x in job["texts"]]
out = {
    "ids": ids,
    "texts": [t.decode(x) for x in ids],
    "decoded": [t.decode(x) for x in job["ids"]],
    "vocab": t.get_vocab_size(),
}
try:
    from transformers import AutoTokenizer
    a = AutoTokenizer.from_pretrained(sys.argv[1])
    out["auto"] = {"ids": [a(x).input_ids for x in job["texts"]], "eos": a.eos_token_id, "pad": a.pad_token_id}
    a.save_pretrained(sys.argv[1] + "/again")
except ImportError:
    pass
json.dump(out, open(sys.argv[1] + "/out.json", "w"))
`

// TestPeer compares ids and texts with the Rust library's on random strings.
func TestPeer(t *testing.T) {
	python := os.Getenv("RLVR_PEER_PYTHON")
	if python == "" {
		t.Skip("set RLVR_PEER_PYTHON to a Python with tokenizers (and transformers) to compare with them")
	}
	all := "\n"
	for c := firstChar; c <= lastChar; c++ {
		all += string(c)
	}
	for i, chars := range []string{"0123456789+=", goldenChars, all, "z"} {
		t.Run(fmt.Sprint(i), func(t *testing.T) { comparePeer(t, python, mustNew(t, chars), chars) })
	}
}

func comparePeer(t *testing.T, python string, tok Tokenizer, chars string) {
	const num = 2000
	rng := rand.New(rand.NewPCG(1, uint64(len(chars))))
	job := struct {
		Texts []string  `json:"texts"`
		IDs   [][]int32 `json:"ids"`
	}{Texts: []string{"", chars}}
	for range num {
		text := make([]byte, rng.IntN(40))
		for i := range text {
			text[i] = chars[rng.IntN(len(chars))]
		}
		ids := make([]int32, rng.IntN(40)) // with special tokens
		for i := range ids {
			ids[i] = rng.Int32N(int32(tok.VocabSize()))
		}
		job.Texts, job.IDs = append(job.Texts, string(text)), append(job.IDs, ids)
	}
	dir := writeFiles(t, tok.Files())
	writeJSON(t, filepath.Join(dir, "job.json"), job)
	if out, err := exec.Command(python, "-c", peerScript, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var peer struct {
		IDs            [][]int32
		Texts, Decoded []string
		Vocab          int
		Auto           *struct {
			IDs      [][]int32
			EOS, Pad int32
		}
	}
	readJSON(t, filepath.Join(dir, "out.json"), &peer)
	if peer.Vocab != tok.VocabSize() {
		t.Errorf("vocabulary of %d, theirs has %d", tok.VocabSize(), peer.Vocab)
	}
	for i, text := range job.Texts {
		ids, err := tok.Encode(text)
		if err != nil || !slices.Equal(ids, peer.IDs[i]) || tok.Decode(ids, true) != peer.Texts[i] {
			t.Fatalf("%q: ids %v, %v, theirs %v, decoded %q", text, ids, err, peer.IDs[i], peer.Texts[i])
		}
		if peer.Auto != nil && !slices.Equal(ids, peer.Auto.IDs[i]) {
			t.Fatalf("%q: ids %v, transformers has %v", text, ids, peer.Auto.IDs[i])
		}
	}
	for i, ids := range job.IDs {
		if got := tok.Decode(ids, true); got != peer.Decoded[i] {
			t.Fatalf("%v: %q, theirs %q", ids, got, peer.Decoded[i])
		}
	}
	if peer.Auto == nil {
		return
	}
	if peer.Auto.EOS != tok.EOS()[0] || peer.Auto.Pad != tok.PadID() {
		t.Errorf("transformers ends with %d and pads with %d", peer.Auto.EOS, peer.Auto.Pad)
	}
	if again, err := Load(readFiles(t, filepath.Join(dir, "again"))); err != nil || again.VocabSize() != tok.VocabSize() {
		t.Errorf("saved by transformers: %v", err)
	}
}

// readFiles reads the files of a tokenizer's folder that are there.
func readFiles(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	files := make(map[string][]byte)
	for _, name := range []string{tokenizerFile, configFile, specialsFile, templateFile, generationFile, modelFileName} {
		if raw, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			files[name] = raw
		}
	}
	return files
}

func writeJSON(t *testing.T, path string, v any) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err == nil {
		err = os.WriteFile(path, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}
