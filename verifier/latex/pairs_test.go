package latex

import (
	"os"
	"strings"
	"testing"
	"time"
)

// readPairs reads testdata: lines of gold, tab, completion.
func readPairs(t testing.TB, path string) [][2]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out [][2]string
	for _, line := range strings.Split(string(text), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		gold, pred, ok := strings.Cut(line, "\t")
		if !ok {
			t.Fatalf("%s: %q has no tab", path, line)
		}
		out = append(out, [2]string{gold, pred})
	}
	return out
}

// TestDifferentPairs: no pair of the adversarial set passes, in either order, boxed,
// in dollars or bare; nor in a time that an attacker would like.
func TestDifferentPairs(t *testing.T) {
	pairs := readPairs(t, "testdata/different.txt")
	if len(pairs) < 300 {
		t.Errorf("%d pairs, want 300 or more", len(pairs))
	}
	undecided := 0
	for _, p := range pairs {
		for _, completion := range []string{p[1], `\boxed{` + p[1] + `}`, "The answer is $" + p[1] + "$."} {
			r := Judge([]string{p[0]}, completion, &Options{})
			if r.Outcome == Equal {
				t.Errorf("%q passes for %q by %s", completion, p[0], r.Rule)
			}
			if r.Outcome == Undecided {
				undecided++
			}
			if r.Reason == "no_gold" {
				t.Errorf("gold %q is not read", p[0])
			}
		}
		if Compare(p[0], p[1], &Options{}) == Equal || Compare(p[1], p[0], &Options{}) == Equal {
			t.Errorf("%q equals %q", p[0], p[1])
		}
	}
	t.Logf("%d pairs, %d of %d verdicts undecided", len(pairs), undecided, 3*len(pairs))
}

// TestEqualPairs: every pair passes, in a box, in dollars and bare.
func TestEqualPairs(t *testing.T) {
	pairs := readPairs(t, "testdata/equal.txt")
	for _, p := range pairs {
		for _, completion := range []string{p[1], `\boxed{` + p[1] + `}`, "The answer is $" + p[1] + "$."} {
			if r := Judge([]string{p[0]}, completion, &Options{}); r.Outcome != Equal {
				t.Errorf("gold %q, completion %q: %+v", p[0], completion, r)
			}
		}
	}
	t.Logf("%d pairs", len(pairs))
}

// stuck is when a verdict is taken to explode: a hundred times what the worst one takes
// (BenchmarkBombs), so that a busy machine does not fail.
const stuck = 2 * time.Second

// bombs are answers that are cheap to write and dear to work out.
var bombs = []string{
	"9^{9^{9^9}}", "9**9**9**9", "5^{5^{5^{5^5}}}", "(10^8)!", "(10^{100})!", `\sum_{k=1}^{10^9} \frac{1}{k}`, `\prod_{k=1}^{10^9} k`,
	strings.Repeat("(", 3000) + "1" + strings.Repeat(")", 3000), strings.Repeat(`\frac{1}{`, 300) + "2" + strings.Repeat("}", 300),
	"(x+y+z+w+1)^{60}+1", "(x+y+z+w+1)^{1000}", `\int x^x e^{-x^2} \sin x^3 dx`, strings.Repeat(`\sqrt{2+`, 90) + "2" + strings.Repeat("}", 90),
	strings.Repeat("x+", 2000) + "1", strings.Repeat(`\sin(`, 60) + "1" + strings.Repeat(")", 60), strings.Repeat("1,", 4000) + "1",
	strings.Repeat(`\{`, 2000), strings.Repeat("9", 16000), "0." + strings.Repeat("3", 16000), strings.Repeat("|", 3000), strings.Repeat("2^", 90) + "2",
	strings.Repeat(`\sqrt{3}+\sqrt{5}\cdot`, 300) + "1", `\begin{pmatrix}` + strings.Repeat(`1&`, 1500) + `1\end{pmatrix}`,
	`(` + strings.Repeat(`\begin{pmatrix}x&y\\z&w\end{pmatrix}`, 60) + `)`, `\sum_{i=1}^{1000}\sum_{j=1}^{1000}\sum_{k=1}^{1000} ijk`,
	`e^{e^{e^{e^{10}}}}`, `\ln(\ln(\ln(10^{100000})))`, `\binom{2000}{1000}^{2000}`, `1e99999`, `10^{10^{10}} + \sqrt{2}`, `\sqrt{` + strings.Repeat("7", 70) + `}`,
	`\sqrt{` + strings.Repeat("7", 2000) + `}`, `\sin(10^{30})`, `\tan(\frac{\pi}{2})`, strings.Repeat(`\pm 1`, 500), strings.Repeat(`x\pm `, 80) + "1",
	strings.Repeat(`[1,2]\cup`, 400) + "[1,2]", strings.Repeat("1<", 1000) + "2", strings.Repeat(`\text{a}`, 3000), strings.Repeat("a_", 3000) + "1", strings.Repeat("!", 3000),
	"5" + strings.Repeat("!", 60), strings.Repeat("-", 5000) + "1", `\gcd(` + strings.Repeat("6,", 2000) + "6)", `x^{` + strings.Repeat("9", 4000) + "}",
	strings.Repeat("(x+1)", 600), strings.Repeat(`\frac{x+1}{y+2}+`, 200) + "1", strings.Repeat("1.5,", 1200) + "2", `\lfloor 10^{30000} \pi \rfloor`,
}

// TestBombs: no completion is right by exploding, or takes long to be judged.
func TestBombs(t *testing.T) {
	for _, gold := range []string{"5", `\sqrt{2}+x`, `\frac{\pi}{7}`, "(1,2)", "1,2,3", `[0,1]\cup[2,3]`, "y=2x+1", `\begin{pmatrix}1&2\\3&4\end{pmatrix}`} {
		for _, b := range bombs {
			start := time.Now()
			r := Judge([]string{gold}, `\boxed{`+b+`}`, &Options{})
			if took := time.Since(start); r.Outcome == Equal || took > stuck {
				t.Errorf("%.40q... for %q: %s in %v", b, gold, r.Outcome, took)
			}
		}
	}
}

// BenchmarkBombs tells the worst verdict of a hostile completion, each judged three
// times.
func BenchmarkBombs(b *testing.B) {
	worst := time.Duration(0)
	for b.Loop() {
		worst = 0
		for _, bomb := range bombs {
			best := stuck
			for range 3 {
				start := time.Now()
				Judge([]string{`\sqrt{2}+x`}, `\boxed{`+bomb+`}`, &Options{})
				best = min(best, time.Since(start))
			}
			worst = max(worst, best)
		}
	}
	b.ReportMetric(float64(worst.Microseconds())/1000, "worst-ms")
}
