package latex_test

import (
	"fmt"

	"github.com/rlvr-go/rlvr/verifier/latex"
)

func ExampleJudge() {
	for _, completion := range []string{
		`Adding both, we get \boxed{\frac{2\sqrt3}{6}}.`,
		"The answer is $3^{-1/2}$.",
		`\boxed{0.577}`,
		`\boxed{9^{9^{9^9}}}`,
	} {
		r := latex.Judge([]string{`\frac{\sqrt{3}}{3}`}, completion, &latex.Options{})
		fmt.Println(r.Outcome, r.Reason, "-", r.Rule)
	}
	// Output:
	// equal match - normal form
	// equal match - normal form
	// different mismatch - normal form
	// undecided unproved - ball arithmetic
}

func ExampleParse() {
	tree, err := latex.Parse(`x \in (-\infty, 1\frac12]`)
	fmt.Println(tree, err)
	// Output: (in x (interval(] (* -1 \infty) 3/2)) <nil>
}
