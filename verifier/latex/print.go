package latex

import "strings"

// opNames are the kinds of nodes for people.
var opNames = map[op]string{
	opAdd: "+", opMul: "*", opPow: "^", opPct: "percent", opDeg: "degrees", opPM: "plus-or-minus", opTuple: "tuple",
	opList: "list", opSet: "set", opInterval: "interval", opUnion: "union", opInter: "intersection", opDiff: "difference",
	opMatrix: "matrix", opCases: "cases", opDots: "...", opRatio: "ratio", opMod: "modulo",
}

// String is the tree in parentheses, with the operator first.
func (n *node) String() string {
	switch n.op {
	case opNum:
		if n.dec > 0 {
			return n.rat.FloatString(n.dec - 1)
		}
		return n.rat.RatString()
	case opSym:
		return n.name
	case opText:
		return `"` + strings.TrimPrefix(n.name, `\raw `) + `"`
	default:
	}
	head := opNames[n.op]
	switch n.op {
	case opFn, opCall:
		head = n.name
	case opUnit:
		head = "in " + n.name
	case opRel:
		head = strings.Join(n.rels, " ")
	case opInterval:
		head += brackets(n)
	default:
	}
	parts := []string{head}
	for _, a := range n.args {
		parts = append(parts, a.String())
	}
	return "(" + strings.Join(parts, " ") + ")"
}

func brackets(n *node) string {
	out := "()"
	if n.lo {
		out = "[" + out[1:]
	}
	if n.hi {
		out = out[:1] + "]"
	}
	return out
}
