package main

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// This file holds the changes to calls: of graph functions, of mathematics, of the
// package's own.

const graphPath = "github.com/gomlx/gomlx/core/graph"

// otherFunctions are what a function is changed to, by the package that has both.
var otherFunctions = map[string]map[string][]string{
	graphPath: {
		"Add": {"Sub"}, "Sub": {"Add"}, "Mul": {"Div"}, "Div": {"Mul"}, "Min": {"Max"}, "Max": {"Min"},
		"MinScalar": {"MaxScalar"}, "MaxScalar": {"MinScalar"}, "OnePlus": {"OneMinus"}, "OneMinus": {"OnePlus"},
		"MulScalar": {"DivScalar"}, "DivScalar": {"MulScalar"},
		"GreaterThan": {"GreaterOrEqual", "LessThan"}, "GreaterOrEqual": {"GreaterThan", "LessThan"},
		"LessThan": {"LessOrEqual", "GreaterThan"}, "LessOrEqual": {"LessThan", "GreaterThan"},
		"Equal": {"NotEqual"}, "NotEqual": {"Equal"}, "LogicalAnd": {"LogicalOr"}, "LogicalOr": {"LogicalAnd"},
		"OnesLike": {"ZerosLike"}, "ZerosLike": {"OnesLike"}, "ReduceSum": {"ReduceMax"}, "ReduceAllSum": {"ReduceAllMax"},
		"ReduceMax": {"ReduceMin"}, "ReduceMin": {"ReduceMax"}, "ReduceAllMax": {"ReduceAllMin"}, "ReduceAllMin": {"ReduceAllMax"},
		"ReduceMean": {"ReduceSum"}, "ReduceAllMean": {"ReduceAllSum"},
		"MaskedReduceAllMax": {"MaskedReduceAllMin"}, "MaskedReduceAllMin": {"MaskedReduceAllMax"},
		"ShiftRight": {"ShiftLeft"}, "ShiftLeft": {"ShiftRight"},
	},
	"math": {"Min": {"Max"}, "Max": {"Min"}, "Floor": {"Ceil"}, "Ceil": {"Floor"}, "Trunc": {"Ceil"}},
	"":     {"min": {"max"}, "max": {"min"}},
	"algos": {
		"above": {"below"}, "below": {"above"}, "notNegative": {"positive"}, "positive": {"notNegative"},
	},
}

// shaping functions change what a node is, not its value: leaving one out is a mistake
// that graph building itself refuses, or none.
var shaping = []string{
	"BroadcastToShape", "BroadcastToDims", "ConvertDType", "InsertAxes", "ExpandAxes", "Reshape", "Squeeze", "IsTrained", "IsFinite",
	"OnesLike", "ZerosLike", "ReduceSum", "ReduceAllSum", "ReduceMax", "ReduceMin", "ReduceAllMax", "ReduceAllMin",
	"ReduceMean", "ReduceAllMean", "ReduceAndKeep", "above", "below", "Iota", "lookupGraph",
}

// commutative functions do not mind the order.
var commutative = []string{
	"Add", "Mul", "Min", "Max", "LogicalAnd", "LogicalOr", "Equal", "NotEqual",
	// A changed comparison is among the others.
	"GreaterThan", "GreaterOrEqual", "LessThan", "LessOrEqual",
}

// short is the name of a package in otherFunctions.
func (w *finder) short(path string) string {
	if path == w.path {
		return "algos"
	}
	return path
}

// call changes the function, the order of its arguments, or leaves it out.
func (w *finder) call(c *ast.CallExpr) changes {
	path, name := w.callee(c.Fun)
	text := string(w.raw(w.file, c))
	after := text[w.offset(c.Fun.End())-w.offset(c.Pos()):]
	fun := text[:len(text)-len(after)]
	var list changes
	for _, other := range otherFunctions[w.short(path)][name] {
		list = append(list, change{code: strings.TrimSuffix(fun, name) + other + after})
	}
	if name == "ClipScalar" {
		low, high := c.Args[1], c.Args[2]
		x := string(w.raw(w.file, c.Args[0]))
		list = append(list,
			change{code: "MaxScalar(" + x + ", " + string(w.raw(w.file, low)) + ")"},
			change{code: "MinScalar(" + x + ", " + string(w.raw(w.file, high)) + ")"})
	}
	if path == "cmp" && name == "Compare" {
		list = append(list, change{code: w.swapped(c, 0, 1)})
	}
	nodes := w.nodeArguments(c)
	graph := isNode(w.info.Types[c].Type)
	switch {
	case graph && name == "Where":
		list = append(list, change{code: w.swapped(c, 1, 2)})
	case graph && name == "Masked":
		list = append(list, change{code: string(w.raw(w.file, c.Args[1]))})
	case len(nodes) == 2 && nodes[1] == nodes[0]+1 && !slices.Contains(commutative, name):
		list = append(list, change{code: w.swapped(c, nodes[0], nodes[1])})
	case graph && len(nodes) == 1 && !slices.Contains(shaping, name):
		list = append(list, change{code: string(w.raw(w.file, c.Args[nodes[0]]))})
	case len(c.Args) == 1 && (path == "math" || path == w.path) && types.Identical(w.info.Types[c].Type, w.info.Types[c.Args[0]].Type):
		list = append(list, change{code: string(w.raw(w.file, c.Args[0]))})
	}
	return list
}

// swapped is the call with two arguments exchanged.
func (w *finder) swapped(c *ast.CallExpr, i, j int) string {
	text, start := string(w.raw(w.file, c)), w.offset(c.Pos())
	at := func(e ast.Expr) (from, to int) { return w.offset(e.Pos()) - start, w.offset(e.End()) - start }
	i0, i1 := at(c.Args[i])
	j0, j1 := at(c.Args[j])
	return text[:i0] + text[j0:j1] + text[i1:j0] + text[i0:i1] + text[j1:]
}

// nodeArguments are the places of the arguments that are nodes of a graph.
func (w *finder) nodeArguments(c *ast.CallExpr) []int {
	var out []int
	for i, a := range c.Args {
		if isNode(w.info.Types[a].Type) {
			out = append(out, i)
		}
	}
	return out
}

func isNode(t types.Type) bool {
	p, ok := t.(*types.Pointer)
	if !ok {
		return false
	}
	n, ok := types.Unalias(p.Elem()).(*types.Named)
	return ok && n.Obj().Name() == "Node"
}

// function changes a function that is given to another.
func (w *finder) function(id *ast.Ident) changes {
	if _, ok := w.info.Uses[id].(*types.Func); !ok {
		return nil
	}
	path, name := w.callee(id)
	var list changes
	for _, other := range otherFunctions[w.short(path)][name] {
		list = append(list, w.within(id, other, other))
	}
	return list
}
