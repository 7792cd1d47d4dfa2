package latex

import "testing"

// TestProse: answers within sentences, of which a part must be found and no more.
func TestProse(t *testing.T) {
	for _, c := range []struct {
		gold, completion string
		want             bool
	}{
		{`6.02\times 10^{23}`, "6.02\u00d710^23", true},
		{`\frac12`, `The answer is \frac{1}{2}.`, true},
		{`\frac{1}{2}`, "answer: 1/2", true},
		{"5", "The answer is **5**.", true},
		{"5", "**Answer:** 5", true},
		{"5", "Answer: $5$ apples", true},
		{".5", "The answer is .5", true},
		{"x=5", "The solution is x = 5", true},
		{"12", "Therefore, there are 12 arithmetic sequences.", true},
		{"18", "She makes $18 every day.", true},
		{"1234", "She makes $1,234.", true},
		{"-3", "The result is -3.", true},
		{"3", "The result is -3.", false},
		{"5", "I think 5 or 6", false},
		{"5", "The answer is 5 or 6.", false},
		{"5", "It is 5 million", false},
		{"5", "about half of 5 halves", false},
		{"5", "minus 5", false},
		{"5", "5 factorial", false},
		{"2", "x^2", false},
		{"2", "so x^2 = 4", false},
		{"3", `so it is \sqrt{3}`, false},
		{"50", "50%", true},
		{`\sqrt{2}`, "\u221a2", true},
		{`\pi`, "\u03c0", true},
		{"x^2", "x\u00b2", true},
		{`2\frac12`, "2\u00bd", true},
		{"(1,2)", "The point is $(1, 2)$.", true},
		{"1,2", "x = 1 and x = 2", true},
		{"1,2", "The roots are $1$ and $2$.", true},
		{`\text{yes}`, "Yes", true},
		{`\text{yes}`, "The answer is yes.", true},
		{`\text{yes}`, "The answer is no.", false},
		{"B", "The answer is B.", true},
		{"B", "(B)", true},
		{"B", "The answer is A, not B.", false},
		{`\frac{3}{4}`, `$\frac{3}{4}$ or $0.75$`, true},
		{"2", "$$x=2$$", true},
		{"7", `\[7\]`, true},
		{"10", "10 dollars", true},
		{"10", "Answer: ten", true},
		{"3x+5", "The answer is 3x+5", true},
		{"[0,1]", "the interval $[0, 1]$", true},
		{"5", `<think>\boxed{5}</think> The answer is 6`, false},
		{"5", `<think>\boxed{6}</think> The answer is 5`, true},
		{"5", `\boxed{5} and \boxed{6}`, false},
		{"5", `\boxed{\boxed{5}}`, true},
		{"5", `\boxed{1 + \boxed{5}}`, false},
		{"5", `\fbox{5}`, true},
		{"5", `\boxed {5}`, true},
		{"5", `\boxed{}`, false},
	} {
		r := Judge([]string{c.gold}, c.completion, &Options{})
		if (r.Outcome == Equal) != c.want {
			t.Errorf("gold %q, completion %q: %+v", c.gold, c.completion, r)
		}
	}
}
