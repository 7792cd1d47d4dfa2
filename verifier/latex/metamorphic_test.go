package latex

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// formula is a random formula with its own evaluator and printer, which share nothing
// with the package.
type formula struct {
	op   string // "n", "v", "+", "-", "*", "/", "^", "sqrt", "sin", "cos", "ln", "exp", "neg"
	args []*formula
	n    int
	v    string
}

var variableNames = []string{"x", "y", "a", "n", "t"}

// randomFormula has no variables where closed is set.
func randomFormula(r *rand.Rand, depth int, closed bool) *formula {
	if depth == 0 || r.IntN(6) == 0 {
		if closed || r.IntN(2) == 0 {
			return &formula{op: "n", n: 1 + r.IntN(12)}
		}
		return &formula{op: "v", v: variableNames[r.IntN(len(variableNames))]}
	}
	sub := func() *formula { return randomFormula(r, depth-1, closed) }
	switch k := r.IntN(20); {
	case k < 5:
		return &formula{op: "+", args: []*formula{sub(), sub()}}
	case k < 8:
		return &formula{op: "-", args: []*formula{sub(), sub()}}
	case k < 12:
		return &formula{op: "*", args: []*formula{sub(), sub()}}
	case k < 15:
		return &formula{op: "/", args: []*formula{sub(), sub()}}
	case k < 17:
		return &formula{op: "^", args: []*formula{sub()}, n: 2 + r.IntN(2)}
	case k < 18:
		return &formula{op: "sqrt", args: []*formula{sub()}}
	case k < 19:
		return &formula{op: []string{"sin", "cos"}[r.IntN(2)], args: []*formula{sub()}}
	}
	return &formula{op: "neg", args: []*formula{sub()}}
}

func (f *formula) eval(at map[string]float64) float64 {
	x, y := 0.0, 0.0
	if len(f.args) > 0 {
		x = f.args[0].eval(at)
	}
	if len(f.args) > 1 {
		y = f.args[1].eval(at)
	}
	switch f.op {
	case "n":
		return float64(f.n)
	case "v":
		return at[f.v]
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "/":
		return x / y
	case "^":
		return math.Pow(x, float64(f.n))
	case "sqrt":
		return math.Sqrt(x)
	case "sin":
		return math.Sin(x)
	case "cos":
		return math.Cos(x)
	}
	return -x
}

// print writes the formula in one of several spellings that r chooses.
func (f *formula) print(r *rand.Rand) string {
	arg := func(i int) string { return f.args[i].print(r) }
	paren := func(i int) string {
		s := arg(i)
		switch {
		case f.args[i].op == "n" || f.args[i].op == "v":
			return s
		case r.IntN(2) == 0:
			return `\left(` + s + `\right)`
		}
		return "(" + s + ")"
	}
	space := []string{"", " ", `\,`}[r.IntN(3)]
	switch f.op {
	case "n":
		return strconv.Itoa(f.n)
	case "v":
		return f.v
	case "+":
		return arg(0) + space + "+" + space + paren(1)
	case "-":
		return arg(0) + space + "-" + space + paren(1)
	case "*":
		return paren(0) + []string{`\cdot `, `\times `, "*"}[r.IntN(3)] + paren(1)
	case "/":
		if r.IntN(4) == 0 {
			return "(" + paren(0) + "/" + paren(1) + ")"
		}
		return []string{`\frac{`, `\dfrac{`, `\tfrac{`}[r.IntN(3)] + arg(0) + "}{" + arg(1) + "}"
	case "^":
		return []string{paren(0) + "^" + strconv.Itoa(f.n), "{" + paren(0) + "}^{" + strconv.Itoa(f.n) + "}"}[r.IntN(2)]
	case "sqrt":
		return `\sqrt{` + arg(0) + "}"
	case "neg":
		return "-" + paren(0)
	}
	return `\` + f.op + "(" + arg(0) + ")"
}

// rewritten is an equal formula: operands exchanged, products multiplied out, fractions
// extended.
func (f *formula) rewritten(r *rand.Rand) *formula {
	g := &formula{op: f.op, n: f.n, v: f.v}
	for _, a := range f.args {
		g.args = append(g.args, a.rewritten(r))
	}
	two := func(op string, a, b *formula) *formula { return &formula{op: op, args: []*formula{a, b}} }
	switch {
	case (g.op == "+" || g.op == "*") && r.IntN(2) == 0:
		g.args[0], g.args[1] = g.args[1], g.args[0]
	case g.op == "-" && r.IntN(2) == 0:
		return two("+", &formula{op: "neg", args: []*formula{g.args[1]}}, g.args[0])
	case g.op == "*" && g.args[0].op == "+" && r.IntN(2) == 0:
		return two("+", two("*", g.args[0].args[0], g.args[1]), two("*", g.args[0].args[1], g.args[1]))
	case g.op == "/" && r.IntN(3) == 0:
		k := &formula{op: "n", n: 2 + r.IntN(5)}
		return two("/", two("*", g.args[0], k), two("*", k, g.args[1]))
	case g.op == "^" && g.n == 2 && r.IntN(2) == 0:
		return two("*", g.args[0], g.args[0])
	case g.op == "n" && g.n > 2 && r.IntN(3) == 0:
		k := 1 + r.IntN(g.n-1)
		return two("+", &formula{op: "n", n: k}, &formula{op: "n", n: g.n - k})
	case g.op == "neg" && r.IntN(2) == 0:
		return two("-", &formula{op: "n"}, g.args[0])
	}
	return g
}

// perturbed changes one place.
func (f *formula) perturbed(r *rand.Rand) *formula {
	g := *f
	if len(f.args) > 0 && r.IntN(4) != 0 {
		g.args = append([]*formula(nil), f.args...)
		i := r.IntN(len(g.args))
		g.args[i] = g.args[i].perturbed(r)
		return &g
	}
	switch f.op {
	case "n":
		g.n += 1 + r.IntN(3)
	case "v":
		g.v = variableNames[r.IntN(len(variableNames))]
	case "+":
		g.op = "-"
	case "-":
		g.op = "+"
	case "*":
		g.op = "/"
	case "/":
		g.op = "*"
	case "^":
		g.n++
	case "sin":
		g.op = "cos"
	case "cos":
		g.op = "sin"
	default:
		return f.args[0]
	}
	return &g
}

// oracle says by floating point whether two formulas differ, are as good as equal, or
// cannot be told apart ("").
func oracle(f, g *formula, r *rand.Rand) string {
	defined, differ := 0, false
	for range 6 {
		at := map[string]float64{}
		for _, v := range variableNames {
			at[v] = 0.3 + 3*r.Float64()
		}
		x, y := f.eval(at), g.eval(at)
		if math.IsNaN(x) != math.IsNaN(y) || math.Abs(x) > 1e9 || math.Abs(y) > 1e9 {
			return ""
		}
		if math.IsNaN(x) || math.IsInf(x, 0) || math.IsInf(y, 0) {
			continue
		}
		defined++
		differ = differ || math.Abs(x-y) > 1e-6*(1+math.Abs(x)+math.Abs(y))
		if !differ && math.Abs(x-y) > 1e-9*(1+math.Abs(x)) {
			return ""
		}
	}
	switch {
	case defined < 4:
		return ""
	case differ:
		return "different"
	}
	return "equal"
}

// TestMetamorphic: formulas rewritten in an equal form stay equal, perturbed ones become
// different, in both orders.
func TestMetamorphic(t *testing.T) {
	const pairs = 12000
	r := rand.New(rand.NewPCG(6, 28))
	counts := map[string]int{}
	for tried := 0; counts["equal"]+counts["different"] < pairs && tried < 5*pairs; tried++ {
		f := randomFormula(r, 1+r.IntN(4), r.IntN(3) == 0)
		g, should := f.rewritten(r), "equal"
		if r.IntN(2) == 0 {
			g, should = f.perturbed(r).rewritten(r), "different"
		}
		// A perturbation that changes nothing, or nothing that floating point shows, is
		// no pair; nor is a rewriting without a value.
		want := oracle(f, g, r)
		if want != should {
			continue
		}
		counts[want]++
		a, b := f.print(r), g.print(r)
		there, back := Compare(a, b, &Options{}), Compare(b, a, &Options{})
		if there != back {
			t.Errorf("%s and %s: %s one way, %s the other", a, b, there, back)
		}
		if there == Undecided {
			counts["undecided "+want]++
			continue
		}
		if there.String() != want {
			t.Errorf("%s and %s: %s, want %s", a, b, there, want)
		}
		if counts["errors"]++; t.Failed() && counts["errors"] > pairs {
			break
		}
	}
	delete(counts, "errors")
	t.Logf("%v", counts)
	if counts["equal"]+counts["different"] < 10000 {
		t.Errorf("%d pairs, want 10000 or more", counts["equal"]+counts["different"])
	}
	if u := counts["undecided equal"] + counts["undecided different"]; u > pairs/50 {
		t.Errorf("%d of %d pairs are undecided", u, pairs)
	}
}

// TestMetamorphicCollections: order and repetition do not matter in a list, and do in a
// tuple.
func TestMetamorphicCollections(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 96))
	for range 2000 {
		n := 2 + r.IntN(5)
		items := make([]string, n)
		for i := range items {
			items[i] = fmt.Sprintf(`\frac{%d}{%d}`, 20*i+1+r.IntN(19), 7)
		}
		shuffled := append([]string(nil), items...)
		r.Shuffle(n, func(i, k int) { shuffled[i], shuffled[k] = shuffled[k], shuffled[i] })
		moved := strings.Join(items, ",") != strings.Join(shuffled, ",")
		changed := append([]string(nil), shuffled...)
		changed[r.IntN(n)] = `\frac{999}{7}`
		list, other := strings.Join(items, ", "), strings.Join(shuffled, ", ")
		for _, c := range []struct {
			a, b string
			want bool
		}{
			{list, other, true}, {list, `\{` + other + `\}`, true}, {list, other + ", " + shuffled[0], true},
			{"(" + list + ")", "(" + other + ")", !moved}, {list, strings.Join(changed, ", "), false},
			{list, strings.Join(shuffled[1:], ", "), false}, {list, list + ", 1000", false}, {list, "(" + list + ")", false},
		} {
			if got := Compare(c.a, c.b, &Options{}); (got == Equal) != c.want {
				t.Fatalf("%s and %s: %s, want equal %v", c.a, c.b, got, c.want)
			}
		}
	}
}
