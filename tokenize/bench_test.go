package tokenize

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mixed is about n bytes of text of all kinds, most of it English and code.
func mixed(n int) string {
	texts, names := corpus(100)
	var common, all strings.Builder
	for i, text := range texts {
		switch names[i] {
		case "long", "repeats", "random", "marks":
			continue
		case "english", "go", "python", "mathematics", "markdown", "european":
			common.WriteString(text + " ")
		}
		all.WriteString(text + "\n")
	}
	unit := strings.Repeat(common.String(), 4) + all.String()
	return strings.ToValidUTF8(strings.Repeat(unit, n/len(unit)+1)[:n], "")
}

// BenchmarkEncode measures bytes a second on mixed text, on real tokenizers where
// they are.
func BenchmarkEncode(b *testing.B) {
	b.Run("chars", func(b *testing.B) {
		benchEncode(b, mustNew(b, goldenChars), strings.Repeat("12+07=910 ", 1000))
	})
	text := mixed(4 << 20)
	b.Run("llama2", func(b *testing.B) { benchEncode(b, small(b, "llama2"), text) })
	b.Run("smollm2", func(b *testing.B) { benchEncode(b, small(b, "smollm2"), text) })
	b.Run("models", func(b *testing.B) {
		for _, folder := range tokenizerFolders(b) {
			tok, err := Load(readFiles(b, folder))
			if err != nil {
				b.Fatal(err)
			}
			b.Run(filepath.Base(filepath.Dir(folder)), func(b *testing.B) { benchEncode(b, tok, text) })
		}
	})
}

func benchEncode(b *testing.B, tok Tokenizer, text string) {
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		// Real vocabularies lack a control character or two of the text.
		if _, err := tok.EncodeSpecial(text, false); err != nil && !errors.Is(err, ErrUnknown) {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecode measures bytes a second.
func BenchmarkDecode(b *testing.B) {
	for _, name := range []string{"qwen2", "llama2"} {
		b.Run(name, func(b *testing.B) {
			tok := small(b, name)
			ids, err := tok.Encode(mixed(1 << 20))
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(tok.Decode(ids, false))))
			for b.Loop() {
				tok.Decode(ids, false)
			}
		})
	}
}

// BenchmarkShort is what an example of the quickstart costs.
func BenchmarkShort(b *testing.B) {
	tok := mustNew(b, "0123456789+=")
	b.ReportAllocs()
	for b.Loop() {
		ids, err := tok.Encode("12+07=")
		if err != nil || tok.Decode(ids, true) != "12+07=" {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoad measures loading real tokenizers.
func BenchmarkLoad(b *testing.B) {
	for _, folder := range tokenizerFolders(b) {
		b.Run(filepath.Base(filepath.Dir(folder)), func(b *testing.B) {
			files := readFiles(b, folder)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Load(files); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAgainstReference reports how much faster than the Rust library encoding is,
// on the same text and one core each.
func BenchmarkAgainstReference(b *testing.B) {
	dir := modules(b)
	text := mixed(2 << 20)
	for _, folder := range tokenizerFolders(b) {
		b.Run(filepath.Base(filepath.Dir(folder)), func(b *testing.B) {
			tok, err := Load(readFiles(b, folder))
			if err != nil {
				b.Fatal(err)
			}
			r := startReference(b, dir, filepath.Join(folder, tokenizerFile))
			var theirs, warm float64
			r.ask(map[string]any{"text": text, "rounds": 1}, &warm)
			r.ask(map[string]any{"text": text, "rounds": 3}, &theirs)
			rounds := 0
			start := time.Now()
			for b.Loop() {
				if _, err := tok.EncodeSpecial(text, false); err != nil && !errors.Is(err, ErrUnknown) {
					b.Fatal(err)
				}
				rounds++
			}
			ours := time.Since(start).Seconds() / float64(rounds)
			b.SetBytes(int64(len(text)))
			b.ReportMetric(float64(len(text))/1e6/(theirs/3), "reference-MB/s")
			b.ReportMetric(theirs/3/ours, "times-faster")
		})
	}
}

// BenchmarkPathological encodes a megabyte of what is one piece, or of marks.
func BenchmarkPathological(b *testing.B) {
	for _, folder := range tokenizerFolders(b) {
		tok, err := Load(readFiles(b, folder))
		if err != nil {
			b.Fatal(err)
		}
		for _, c := range []struct{ name, unit string }{{"letter", "a"}, {"spaces", " "}, {"joiners", "👩\u200d"}, {"marks", "\u0301\u0323"}} {
			b.Run(filepath.Base(filepath.Dir(folder))+"/"+c.name, func(b *testing.B) {
				benchEncode(b, tok, strings.Repeat(c.unit, (1<<20)/len(c.unit)))
			})
		}
	}
}
