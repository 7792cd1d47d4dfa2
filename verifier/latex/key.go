package latex

import (
	"sort"
	"strconv"
	"strings"
)

// key is a text that is equal for trees that are the same up to the order of sums,
// products and sets. Different keys say nothing.
func (n *node) key() string {
	if n.str == "" {
		var b strings.Builder
		n.writeKey(&b)
		n.str = b.String()
	}
	return n.str
}

func (n *node) writeKey(b *strings.Builder) {
	switch n.op {
	case opNum:
		b.WriteString(n.rat.RatString())
		return
	case opSym:
		b.WriteString(safeName(n.name))
		return
	default:
	}
	b.WriteByte('(')
	b.WriteString(strconv.Itoa(int(n.op)))
	if n.name != "" && n.op != opList {
		b.WriteByte(' ')
		b.WriteString(strconv.Quote(n.name))
	}
	if n.op == opInterval {
		b.WriteString(strconv.FormatBool(n.lo) + strconv.FormatBool(n.hi))
	}
	if n.op == opMatrix {
		b.WriteString(strconv.Itoa(n.cols))
	}
	if len(n.rels) > 0 {
		b.WriteString(strings.Join(n.rels, " "))
	}
	keys := make([]string, 0, len(n.args))
	for _, a := range flat(n) {
		keys = append(keys, a.key())
	}
	switch n.op {
	case opAdd, opMul:
		if !n.has(isMatrix) { // the product of matrices has an order
			sort.Strings(keys)
		}
	case opSet, opList, opUnion, opInter:
		sort.Strings(keys)
	default:
	}
	for _, k := range keys {
		b.WriteByte(' ')
		b.WriteString(k)
	}
	b.WriteByte(')')
}

// safeName is a name that cannot be taken for a part of a key: quoted where it holds
// more than letters, digits and what names consist of.
func safeName(name string) string {
	for i := range len(name) {
		if c := name[i]; !isLetter(c) && !isDigit(c) && c != '_' && c != '\\' && c != ',' {
			return strconv.Quote(name)
		}
	}
	return name
}

func isMatrix(n *node) bool { return n.op == opMatrix }

// flat is the arguments with nested sums in sums and products in products opened.
func flat(n *node) []*node {
	if n.op != opAdd && n.op != opMul && n.op != opUnion && n.op != opInter {
		return n.args
	}
	nested := false
	for _, a := range n.args {
		nested = nested || a.op == n.op
	}
	if !nested {
		return n.args
	}
	var out []*node
	for _, a := range n.args {
		if a.op == n.op {
			out = append(out, flat(a)...)
		} else {
			out = append(out, a)
		}
	}
	return out
}
