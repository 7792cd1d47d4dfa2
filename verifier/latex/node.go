package latex

import "math/big"

// op is the kind of a node.
type op uint8

// The kinds. Subtraction, division and negation are sums, products and powers.
const (
	opNum      op = iota // rat; dec > 0: written with dec-1 digits after the point
	opSym                // name: a variable or a constant such as \pi
	opText               // name: words
	opAdd                // args
	opMul                // args
	opPow                // args[0] ^ args[1]
	opFn                 // name, args: a known function
	opCall               // name, args: an unknown function such as f(x)
	opPct                // args[0] percent
	opDeg                // args[0] degrees
	opUnit               // args[0] in name
	opPM                 // plus or minus args[0]; a name of "-" is minus or plus
	opTuple              // args in order
	opList               // args, order without meaning, no delimiters
	opSet                // args in braces
	opInterval           // args[0] to args[1]; lo, hi: the ends belong to it
	opUnion              // args
	opInter              // args
	opDiff               // args[0] without args[1]
	opRel                // args[0] rels[0] args[1] rels[1] ...
	opMatrix             // args by rows; cols
	opCases              // args: value, condition, value, condition, ...
	opDots               // an ellipsis
	opRatio              // args[0] : args[1] : ...
	opMod                // args[0] modulo args[1]
)

// node is a tree of what a text means. Nodes are shared and never changed once built.
type node struct {
	op     op
	args   []*node
	rat    *big.Rat
	name   string
	rels   []string
	dec    int
	cols   int
	lo, hi bool
	// str caches key, nodes size.
	str   string
	nodes int
}

func num(r *big.Rat) *node { return &node{op: opNum, rat: r} }

func integer(n int64) *node { return num(new(big.Rat).SetInt64(n)) }

func sym(name string) *node { return &node{op: opSym, name: name} }

func fn(name string, args ...*node) *node { return &node{op: opFn, name: name, args: args} }

func build(o op, args ...*node) *node { return &node{op: o, args: args} }

// neg is -a; a literal stays a literal.
func neg(a *node) *node {
	switch a.op {
	case opNum:
		return &node{op: opNum, rat: new(big.Rat).Neg(a.rat), dec: a.dec}
	case opUnit, opPct, opDeg:
		c := *a
		c.args, c.str, c.nodes = []*node{neg(a.args[0])}, "", 0
		return &c
	case opInterval, opSet, opList, opTuple, opUnion:
		// Not a number: keep it apart so that -[0,1) is never [0,1) scaled.
		return fn("neg", a)
	default:
	}
	return build(opMul, integer(-1), a)
}

func sub(a, b *node) *node { return build(opAdd, a, neg(b)) }

func div(a, b *node) *node { return build(opMul, a, build(opPow, b, integer(-1))) }

// isInt reports whether the node is an integer literal.
func (n *node) isInt() bool { return n.op == opNum && n.dec == 0 && n.rat.IsInt() }

// has reports whether pred holds for the node or anything below it.
func (n *node) has(pred func(*node) bool) bool {
	if pred(n) {
		return true
	}
	for _, a := range n.args {
		if a.has(pred) {
			return true
		}
	}
	return false
}

// size is the number of nodes of the tree, where shared ones count each time.
func (n *node) size() int {
	if n.nodes == 0 {
		n.nodes = 1
		for _, a := range n.args {
			n.nodes = min(n.nodes+a.size(), 1<<30)
		}
	}
	return n.nodes
}

// with is a copy of the node with other arguments.
func (n *node) with(args []*node) *node {
	c := *n
	c.args, c.str, c.nodes = args, "", 0
	return &c
}

// replace is the tree with every node that f maps to another replaced, from the top.
func (n *node) replace(f func(*node) *node) *node {
	if r := f(n); r != nil {
		return r
	}
	var args []*node
	for i, a := range n.args {
		if b := a.replace(f); b != a {
			if args == nil {
				args = append([]*node(nil), n.args...)
			}
			args[i] = b
		}
	}
	if args == nil {
		return n
	}
	return n.with(args)
}
