package tokenize

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// category makes strings of one kind for comparisons with a reference.
type category struct {
	name string
	make func(rng *rand.Rand) string
}

// pick joins 1 to most of words, each with one of the separators.
func pick(most int, seps string, words ...string) func(*rand.Rand) string {
	between := strings.Split(seps, "|")
	return func(rng *rand.Rand) string {
		var out strings.Builder
		for range 1 + rng.IntN(most) {
			out.WriteString(words[rng.IntN(len(words))])
			out.WriteString(between[rng.IntN(len(between))])
		}
		return out.String()
	}
}

// runes makes strings of characters from ranges of code points.
func runes(most int, ranges ...rune) func(*rand.Rand) string {
	return func(rng *rand.Rand) string {
		var out strings.Builder
		for range 1 + rng.IntN(most) {
			k := 2 * rng.IntN(len(ranges)/2)
			out.WriteRune(ranges[k] + rng.Int32N(ranges[k+1]-ranges[k]+1))
		}
		return out.String()
	}
}

// scalar is any Unicode scalar value.
func scalar(rng *rand.Rand) rune {
	r := rng.Int32N(0x110000 - 0x800)
	if r >= 0xD800 {
		r += 0x800
	}
	return r
}

func words(text string) []string { return strings.Fields(text) }

const (
	english = "The the of to and quick brown fox jumps over lazy dog Paris capital France isn't it's we're I'll you've I'm they'd o'clock don't hello world reasoning therefore answer"
	french  = "L'été était déjà là où garçon naïf cœur Noël façade Straße Größe übermäßig niño señor mañana łódź żółć čeština dvořák ångström smørrebrød"
	russian = "Привет мир это тест кириллица ёлка съешь ещё этих мягких французских булок Київ ґанок"
	greek   = "Καλημέρα κόσμε ἀρχή ὀξεῖα ῥαψῳδία ΑΒΓ λόγος ᾧ"
	special = "<|im_start|> <|im_end|> <|endoftext|> <think> </think> <tool_call> </tool_call> <|begin_of_text|> <|eot_id|> <|start_header_id|> <|end_header_id|> <s> </s> <unk> <pad> <0x0A> [INST] [/INST] <| |> <|im_end <|IM_END|> im_end|> <a> <b> <c> <d> <e>"
)

// categories are the kinds of text of the comparisons.
func categories() []category {
	return []category{
		{"english", pick(12, " | | |, |. |\n|", words(english)...)},
		{"european", pick(10, " |, |’|-|", words(french)...)},
		{"russian", pick(10, " |. ||-", words(russian)...)},
		{"greek", pick(8, " ||·", words(greek)...)},
		{"chinese", runes(20, 0x4E00, 0x9FFF, 0x3001, 0x3002, 0xFF01, 0xFF5E)},
		{"japanese", runes(20, 0x3040, 0x30FF, 0x4E00, 0x6FFF, 0x3000, 0x3002, 0x3099, 0x309A)},
		{"korean", runes(16, 0xAC00, 0xD7A3, 0x20, 0x20)},
		{"jamo", runes(12, 0x1100, 0x1112, 0x1161, 0x1175, 0x11A8, 0x11C2, 0xAC00, 0xAC1C)},
		{"thai", runes(16, 0x0E01, 0x0E3A, 0x0E40, 0x0E5B)},
		{"hindi", runes(16, 0x0900, 0x097F, 0x20, 0x20)},
		{"arabic", runes(16, 0x0600, 0x06FF, 0x20, 0x20, 0xFE70, 0xFEFC)},
		{"hebrew", runes(16, 0x0591, 0x05F4, 0x20, 0x20, 0xFB1D, 0xFB4E)},
		{"vietnamese", pick(8, " |", words("Tiếng Việt Nguyễn ngữ được rồi ở Đà Nẵng Tie\u0302\u0301ng Vie\u0323\u0302t")...)},
		{"indic", runes(16, 0x0980, 0x0DFF)},
		{"emoji", pick(8, "| |\u200d|\ufe0f|\U0001f3fd", "😀", "👩", "👨", "👧", "🏳", "🌈", "❤", "✈", "🇫", "🇷", "👍", "1\u20e3", "🧑🏽")},
		{"combining", pick(12, "|", words("a e o A E u n c x ｅ 가 ק \u0301 \u0300 \u0323 \u0302 \u0308 \u0327 \u0338 \u0345 \u093c \u3099 \u05b0 \u20d2 \u1dce \u0344 \u0f71 \u0f72")...)},
		{"singletons", pick(8, "| |a", "\u212b", "\u2126", "\u212a", "\uf900", "\ufa1e", "\ufb1d", "\u0958", "\u1f71", "\u0340", "\u2000", "\u037e", "\U0002f800", "\ufb4e", "\u1fbe")},
		{"compatibility", runes(12, 0x2460, 0x24FF, 0xFF00, 0xFFEF, 0x3300, 0x33FF, 0xFB00, 0xFB06)},
		{"digits", pick(10, "| |,|.|", "0", "12", "345", "6789", "01234567", "１２", "٣٤٥", "४२", "²", "½", "Ⅷ", "𝟘𝟙", "㊿", "๑๒", "1e10", "0x1F", "五")},
		{"mathematics", pick(12, " ||", words("x^2 + y_1 = \\frac{a}{b} \\sqrt{2} ∑ ∫ ≤ ≥ ∞ π α₁ x² ≠ → ⟨ψ| 𝑥 ½ $1,234.56 50% (a+b) [0,1) 3×4 12/7 \\boxed{42} $$ \\] \\[ ±")...)},
		{"go", pick(10, " |\n\t|\t\t|()|", words("func main() { if err != nil { return } := range x[i] := <-ch package fmt.Println(\"hi\\n\") /* c */ // x := y && z || !w `raw` []byte map[string]int")...)},
		{"c", pick(10, " |\n    |;\n|\r\n|", words("int main(void) { for (int i=0; i<10; ++i) printf(\"%d\\n\", i); } #include <stdio.h> a->b *p &q ~x 0xFFu 'c' '\\'' __attribute__ != >>= ...")...)},
		{"python", pick(10, " |\n    |\n        |\n\n|: ", words("def f(self, *args, **kw): return x if y else z lambda: None f\"{x!r}\" '''doc''' @property import numpy as np a[::-1] x**2 # note class A(B): \"it's\"")...)},
		{"javascript", pick(10, " |\n  |;|", words("const f = async (x) => { await x?.y ?? z } `t${a}` === !== /re+/g {...o} [a, b] null undefined // c")...)},
		{"json", pick(10, "|, |\n  |: ", words("{ } [ ] \"key\" \"va\\\"lue\" 1.5e-3 true false null \"\\u00e9\" {\"a\":{\"b\":[1,2]}}")...)},
		{"markdown", pick(10, " |\n|\n\n|", words("# ## **bold** _it_ `code` ``` - * 1. > [a](http://b.c/d?e=f&g=%20#h) | --- | <br/> <think> ![x]")...)},
		{"chat", pick(8, "\n||\n\n| ", words("<|im_start|>system <|im_start|>user <|im_end|> <|im_start|>assistant <think> </think> <tool_call> {\"name\":\"f\"} </tool_call> <|endoftext|> Hello! What? <|start_header_id|>user<|end_header_id|> <|eot_id|>")...)},
		{"special", pick(8, "| |  |\n|\t|\u3000|\u00a0|x|é|_|1", words(special)...)},
		{"white space", runes(12, 0x20, 0x20, 0x09, 0x0D, 0x20, 0x20, 0x0A, 0x0A, 0xA0, 0xA0, 0x85, 0x85, 0x2000, 0x200B, 0x2028, 0x2029, 0x3000, 0x3000, 0x1680, 0x1680, 'a', 'a', '1', '1', '!', '!')},
		{"line ends", pick(12, "|", "\n", "\r\n", "\r", " ", "  ", "\t", "a", "1", "!", "\n\n", " \n", "é")},
		{"contractions", pick(8, "| ", "'s", "'S", "'\u017f", "'t", "'RE", "'rE", "'ve", "'M", "'ll", "'lL", "'D", "'d", "’s", "'", "''", "'x", "a", "A", "1", "'l", "'v", "'r")},
		{"controls", runes(10, 0, 0x1F, 0x7F, 0x9F, 'a', 'b', 0x200B, 0x200F, 0x2060, 0x206F, 0xFEFF, 0xFEFF, 0xFFF9, 0xFFFD)},
		{"private", runes(8, 0xE000, 0xF8FF, 0xF0000, 0xFFFFD, 0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 'a', 'z')},
		{"latin", runes(16, 0xA1, 0x24F, 0x1E00, 0x1EFF, 0x20, 0x20)},
		{"planes", runes(10, 0x10000, 0x10FFF, 0x11000, 0x11FFF, 0x1D000, 0x1DFFF, 0x1F000, 0x1FAFF, 0x20000, 0x323AF)},
		{"random", func(rng *rand.Rand) string {
			var out []rune
			for range 1 + rng.IntN(12) {
				out = append(out, scalar(rng))
			}
			return string(out)
		}},
		{"repeats", func(rng *rand.Rand) string {
			unit := []string{"a", " ", "\n", "=", "ab", "1", "é", "\t", "-", "字", "😀", "\u0301", "  \n", "a ", "▁", ".", "0"}
			return strings.Repeat(unit[rng.IntN(len(unit))], 1+rng.IntN(200)) + unit[rng.IntN(len(unit))]
		}},
		{"marks", func(rng *rand.Rand) string { // longer than a safe stream allows
			marks := []rune("\u0300\u0301\u0323\u0338\u0e48\u05b0\u0327")
			out := []rune{[]rune("oaxก가")[rng.IntN(5)]}
			for range 25 + rng.IntN(20) {
				out = append(out, marks[rng.IntN(len(marks))])
			}
			return string(out)
		}},
		{"pieces", pick(10, "|▁|Ġ|Ċ|##", words("▁the Ġthe Ċ <0x41> <0xE2> ▁ ▁▁ Â Ã ĠĠ a▁b")...)},
		{"names", pick(6, "_|.|/|@|-|:|", words("getUserByID snake_case_name CONST_VALUE user@example.com https://a.b/c?d=1 C:\\dir v1.2.3-rc1 sha256 aB1cD2 x86_64")...)},
	}
}

// corpus makes num strings of each category.
func corpus(num int) (texts, names []string) {
	for k, c := range categories() {
		rng := rand.New(rand.NewPCG(7, uint64(k)))
		for range num {
			texts, names = append(texts, c.make(rng)), append(names, c.name)
		}
	}
	return append(texts, "", strings.Repeat("x", 5000)), append(names, "empty", "long")
}

// spliced makes num strings of parts of others, with single characters changed.
func spliced(num int, seed uint64) []string {
	all := categories()
	rng := rand.New(rand.NewPCG(8, seed))
	out := make([]string, 0, num)
	for range num {
		var text []rune
		for range 1 + rng.IntN(3) {
			part := []rune(all[rng.IntN(len(all))].make(rng))
			i := rng.IntN(len(part))
			text = append(text, part[i:i+1+rng.IntN(min(24, len(part)-i))]...)
		}
		if rng.IntN(4) == 0 {
			text[rng.IntN(len(text))] = scalar(rng)
		}
		out = append(out, string(text))
	}
	return out
}

// contexts puts every scalar value into surroundings, several in a string.
func contexts(context string) []string {
	var out []string
	var text strings.Builder
	for r := range rune(0x110000) {
		if r < 0xD800 || r > 0xDFFF {
			fmt.Fprintf(&text, context, r)
		}
		if r%32 == 31 && text.Len() > 0 {
			out = append(out, text.String())
			text.Reset()
		}
	}
	return out
}
