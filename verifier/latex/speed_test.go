package latex

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestLinear: a completion of a megabyte takes time in proportion, whatever it holds.
func TestLinear(t *testing.T) {
	const size = 1 << 20
	units := []string{
		"some words and $x", "$", "$$", `\(`, `\[`, `\boxed{`, `\boxed{1} and `, "$1$, ", "[", " [", "answer ", "the answer is ", "final answer is ", "1 ", "1+", "1 + ", "(", "1,000 ", "=1 ",
		"**", "{", "}", `\frac{`, `\frac{1}{2} `, "a", "\n", "\u00d7", `\`, "answer: 1 = ", `\boxed{` + strings.Repeat("x", 90) + "} ", "####", "</think>", "-", ".", "9", "\xff",
	}
	var worst time.Duration
	which := ""
	for _, o := range []*Options{{}, {Mode: MathVerify}} {
		for _, unit := range units {
			text := strings.Repeat(unit, size/len(unit))
			best := time.Duration(1 << 62)
			for range 2 { // the better of two, on a busy machine
				start := time.Now()
				Judge([]string{"5"}, text, o)
				best = min(best, time.Since(start))
			}
			if best > worst {
				worst, which = best, unit
			}
			// A quadratic step would take minutes.
			if limit := 5 * time.Second; best > limit {
				t.Errorf("a megabyte of %q takes %v", unit, best)
			}
		}
	}
	t.Logf("worst: %v for %.20q", worst, which)
}

// BenchmarkManyDollars is a megabyte with 10,000 dollar signs.
func BenchmarkManyDollars(b *testing.B) {
	text := strings.Repeat("words, words and more words "+strings.Repeat("lorem ipsum ", 6)+"$x ", 10_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Judge([]string{"5"}, text, &Options{})
	}
}

// TestBombMemory: no answer makes the judge allocate much.
func TestBombMemory(t *testing.T) {
	for _, gold := range []string{"5", `\sqrt{2}+x`, "1,2,3"} {
		for _, b := range bombs {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			Judge([]string{gold}, `\boxed{`+b+`}`, &Options{})
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
				t.Errorf("%.40q for %q: %d MiB", b, gold, got>>20)
			}
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	sentence := "Putting these facts together and simplifying, we conclude, so the answer is \\boxed{%s}."
	for _, p := range [][2]string{
		{"1,024", "1024"}, {`\frac{3}{4}`, "0.75"}, {`\left( 3, \frac{\pi}{2} \right)`, `(3,\frac{\pi}2)`},
		{`\frac{\sqrt{3}}{3}`, `\frac{1}{\sqrt3}`}, {`\cos 15^\circ`, `\frac{\sqrt6+\sqrt2}4`}, {`(a+5)(b+2)`, `ab+2a+5b+10`}, {`\tan^2 y+1`, `\sec^2 y`},
	} {
		b.Run(p[1], func(b *testing.B) {
			completion := fmt.Sprintf(sentence, p[1])
			for b.Loop() {
				if Judge([]string{p[0]}, completion, &Options{}).Outcome != Equal {
					b.Fatal("not equal")
				}
			}
		})
	}
	b.Run("gsm8k", func(b *testing.B) {
		solution := strings.Repeat("Natalia sold 48/2 = <<48/2=24>>24 clips in May.\n", 4) + "#### 72"
		for b.Loop() {
			Judge([]string{"72"}, solution, &Options{})
		}
	})
}
