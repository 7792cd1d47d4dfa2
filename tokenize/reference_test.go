package tokenize

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// reference is the Rust library behind Node.
type reference struct {
	t   testing.TB
	in  *json.Encoder
	out *bufio.Reader
}

// modules is the folder with the Node package; tests that need it are skipped
// without.
func modules(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("RLVR_TOKENIZER_PEER")
	if dir == "" {
		t.Skip("set RLVR_TOKENIZER_PEER to a node_modules folder with the package tokenizers 0.23 to compare with the Rust library")
	}
	return dir
}

// tokenizerFolders are the folders below RLVR_TOKENIZERS that hold a tokenizer.json.
func tokenizerFolders(t testing.TB) []string {
	t.Helper()
	root := os.Getenv("RLVR_TOKENIZERS")
	if root == "" {
		t.Skip("set RLVR_TOKENIZERS to a folder with tokenizer.json files of models, in any depth")
	}
	var out []string
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Base(path) == tokenizerFile {
			out = append(out, filepath.Dir(path))
		}
		return err
	})
	if err != nil || len(out) == 0 {
		t.Fatalf("%d tokenizers below %s, %v", len(out), root, err)
	}
	return out
}

func startReference(t testing.TB, modules, path string) *reference {
	t.Helper()
	cmd := exec.Command("node", "testdata/reference.cjs", modules, path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := &reference{t: t, in: json.NewEncoder(in), out: bufio.NewReaderSize(out, 1<<20)}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("node: %v", err)
		}
	})
	return r
}

func (r *reference) ask(job, answer any) {
	r.t.Helper()
	if err := r.in.Encode(job); err != nil {
		r.t.Fatal(err)
	}
	line, err := r.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, answer)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// encode asks for the ids of many texts.
func (r *reference) encode(texts []string, special bool) [][]int32 {
	r.t.Helper()
	const batch = 2000
	var all [][]int32
	for chunk := range slices.Chunk(texts, batch) {
		var ids [][]int32
		r.ask(map[string]any{"texts": chunk, "special": special}, &ids)
		all = append(all, ids...)
	}
	return all
}

func (r *reference) decode(ids [][]int32, skip bool) []string {
	r.t.Helper()
	const batch = 2000
	var all []string
	for chunk := range slices.Chunk(ids, batch) {
		var texts []string
		r.ask(map[string]any{"ids": chunk, "skip": skip}, &texts)
		all = append(all, texts...)
	}
	return all
}

// compareEncode compares the ids of texts and reports how many differ.
func (r *reference) compareEncode(tok Tokenizer, texts, names []string, special bool) {
	r.t.Helper()
	wrong := map[string]int{}
	for i, want := range r.encode(texts, special) {
		got, err := tok.EncodeSpecial(texts[i], special)
		if (err == nil || errors.Is(err, ErrUnknown)) && slices.Equal(got, want) {
			continue
		}
		name := ""
		if names != nil {
			name = names[i]
		}
		if wrong[name]++; wrong[name] <= 3 {
			r.t.Errorf("%s %+q: %v, %v, want %v", name, texts[i], got, err, want)
		}
	}
	total := 0
	for _, n := range wrong {
		total += n
	}
	r.t.Logf("%d texts, %d differ (special tokens added: %v)", len(texts), total, special)
}

// compareDecode compares the texts of ids, of the whole and of a stream.
func (r *reference) compareDecode(tok Tokenizer, ids [][]int32, skip bool) {
	r.t.Helper()
	wrong := 0
	for i, want := range r.decode(ids, skip) {
		stream := NewStream(tok, skip)
		var text strings.Builder
		for _, id := range ids[i] {
			text.WriteString(stream.Push(id))
		}
		text.WriteString(stream.Flush())
		if got := tok.Decode(ids[i], skip); got != want || text.String() != want {
			if wrong++; wrong <= 3 {
				r.t.Errorf("%v: %+q, streamed %+q, want %+q", ids[i], got, text.String(), want)
			}
		}
	}
	r.t.Logf("%d sequences decoded, %d differ (special tokens left out: %v)", len(ids), wrong, skip)
}

// sequences are random ids: any of the vocabulary and a few beyond it, single bytes
// and special tokens more often.
func sequences(tok *bpe, num int) [][]int32 {
	rng := rand.New(rand.NewPCG(9, 0))
	var short []int32
	for id, t := range tok.decoder.tokens {
		if len(t.text) <= 1 || t.special {
			short = append(short, int32(id))
		}
	}
	out := make([][]int32, num)
	for i := range out {
		out[i] = []int32{}
		for range rng.IntN(12) {
			id := rng.Int32N(int32(tok.VocabSize()) + 5)
			if rng.IntN(2) == 0 {
				id = short[rng.IntN(len(short))]
			}
			out[i] = append(out[i], id)
		}
	}
	return out
}

// TestReference compares ids and texts with the Rust library's on tokenizers of
// models, which are too large to be committed.
func TestReference(t *testing.T) {
	dir := modules(t)
	for _, folder := range tokenizerFolders(t) {
		t.Run(filepath.Base(filepath.Dir(folder))+"/"+filepath.Base(folder), func(t *testing.T) {
			start := time.Now()
			tok, err := load(readFiles(t, folder))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d ids, loaded in %v", tok.VocabSize(), time.Since(start).Round(time.Millisecond))
			compareAll(t, dir, filepath.Join(folder, tokenizerFile), tok)
		})
	}
}

// TestReferenceSmall compares on the tokenizers of testdata, which have every
// structure that is implemented.
func TestReferenceSmall(t *testing.T) {
	dir := modules(t)
	paths, err := filepath.Glob("testdata/tokenizers/*.json")
	if err != nil || len(paths) < 15 {
		t.Fatalf("%d tokenizers, %v", len(paths), err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		t.Run(name, func(t *testing.T) { compareAll(t, dir, path, small(t, name)) })
	}
}

func compareAll(t *testing.T, modules, path string, tok *bpe) {
	t.Helper()
	r := startReference(t, modules, path)
	texts, names := corpus(210)
	if kinds := len(categories()); kinds < 30 || len(texts) < 8000 {
		t.Fatalf("%d texts of %d kinds, want 8000 of 30", len(texts), kinds)
	}
	r.compareEncode(tok, texts, names, true)
	r.compareEncode(tok, spliced(4000, 1), nil, false)
	ids := sequences(tok, 3000)
	for _, text := range texts {
		if len(ids) < 6000 {
			encoded, err := tok.EncodeSpecial(text, true)
			if err != nil && !errors.Is(err, ErrUnknown) {
				t.Fatal(err)
			}
			ids = append(ids, encoded)
		}
	}
	r.compareDecode(tok, ids, false)
	r.compareDecode(tok, ids, true)
	if os.Getenv("RLVR_LONG") == "" {
		return
	}
	r.compareEncode(tok, spliced(200_000, 2), nil, false)
	for _, context := range []string{"%c", "a%cb ", " %c1", "'%cs\n", "e%c\u0301 ", "%c\u0323<|im_end|>"} {
		r.compareEncode(tok, contexts(context), nil, false)
	}
}
