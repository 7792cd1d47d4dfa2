package code

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
)

// kind is the type of a Python value, as far as equality tells types apart.
type kind uint8

const (
	// opaque is no plain data: equal to nothing.
	opaque kind = iota
	none
	// number is a bool, int, float, complex, Fraction or Decimal, which are equal
	// across types.
	number
	text
	// binary is bytes or bytearray.
	binary
	list
	tuple
	// set is a set or frozenset.
	set
	dict
	ranges
	// iterator is equal to nothing either, but tests can read it.
	iterator
)

// value is a Python value. python/wire.py writes it as JSON:
//
//	null, true, false, 12, "text"   themselves
//	["i", "0x1f"]                   a long int
//	["f", "0x1.8p+0"]               a float: float.hex, or inf, -inf, nan
//	["u", [55296]]                  a text that UTF-8 cannot say, by code points
//	["l", ...], ["t", ...]          a list, a tuple
//	["s", ...], ["S", ...]          a set, a frozenset
//	["d", [key, value], ...]        a dict
//	["b", "00ff"], ["B", "00ff"]    bytes, a bytearray
//	["c", "0x1p0", "0x1p0"]         a complex number
//	["q", "0x1", "0x3"]             a fractions.Fraction
//	["n", "0.10"]                   a decimal.Decimal
//	["r", 0, 3, 1]                  a range
//	["g", ...]                      an iterator, by what it gave
//	["o", "Name", true]             anything else, by its type's name and its truth
//
// Instances of subclasses are instances of the class here.
type value struct {
	kind kind
	num  num
	// text is that of text and binary; a text that UTF-8 cannot say begins with a byte
	// that is in no UTF-8, followed by its code points.
	text  string
	items []value // of a dict: key, value, key, ...
	truth bool    // of an opaque value
}

// maxDepth bounds the depth of values; wire.py keeps to half of it.
const maxDepth = 200

var errValue = errors.New("no value")

// parseValue reads a value that a process wrote, which may be anything.
func parseValue(raw json.RawMessage) (value, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return value{}, fmt.Errorf("%w: %w", errValue, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return value{}, fmt.Errorf("%w: more follows", errValue)
	}
	return valueOf(tree, 0)
}

func valueOf(tree any, depth int) (value, error) {
	switch t := tree.(type) {
	case nil:
		return value{kind: none}, nil
	case bool:
		if t {
			return value{kind: number, num: integer(1)}, nil
		}
		return value{kind: number, num: integer(0)}, nil
	case json.Number:
		return parsed(parseInt(t.String(), 10))
	case string:
		return value{kind: text, text: t}, nil
	case []any:
		if len(t) > 0 && depth < maxDepth {
			if tag, ok := t[0].(string); ok {
				return tagged(tag, t[1:], depth+1)
			}
		}
	}
	return value{}, errValue
}

// tagged reads the forms that are arrays.
func tagged(tag string, rest []any, depth int) (value, error) {
	switch tag {
	case "l":
		return container(list, rest, depth)
	case "t":
		return container(tuple, rest, depth)
	case "s", "S":
		return container(set, rest, depth)
	case "g":
		return container(iterator, rest, depth)
	case "d":
		return pairs(rest, depth)
	case "o":
		if len(rest) != 2 || rest[1] != true && rest[1] != false {
			return value{}, errValue
		}
		return value{kind: opaque, truth: rest[1] == true}, nil
	case "u":
		if len(rest) != 1 {
			return value{}, errValue
		}
		return value{kind: text, text: "\xff" + fmt.Sprint(rest[0])}, nil
	case "r":
		v, err := container(ranges, rest, depth)
		for _, x := range v.items {
			if x.kind != number || !x.num.isInt() {
				return value{}, errValue
			}
		}
		if err == nil && len(v.items) != 3 {
			return value{}, errValue
		}
		return v, err
	}
	words, err := wordsOf(rest)
	if err != nil {
		return value{}, err
	}
	return scalar(tag, words)
}

func wordsOf(rest []any) ([]string, error) {
	words := make([]string, len(rest))
	for i, x := range rest {
		w, ok := x.(string)
		if !ok {
			return nil, errValue
		}
		words[i] = w
	}
	return words, nil
}

// scalar reads the forms whose parts are texts.
func scalar(tag string, words []string) (value, error) {
	switch {
	case tag == "i" && len(words) == 1:
		return parsed(parseInt(words[0], 0))
	case tag == "f" && len(words) == 1:
		return parsed(parseFloat(words[0]))
	case tag == "c" && len(words) == 2:
		re, err := parseFloat(words[0])
		if err != nil {
			return value{}, err
		}
		im, err := parseFloat(words[1])
		if err != nil {
			return value{}, err
		}
		return value{kind: number, num: complexNum(re, im)}, nil
	case tag == "q" && len(words) == 2:
		return parsed(parseFraction(words[0], words[1]))
	case tag == "n" && len(words) == 1:
		return parsed(parseDecimal(words[0]))
	case (tag == "b" || tag == "B") && len(words) == 1:
		return value{kind: binary, text: words[0]}, nil
	}
	return value{}, errValue
}

func parsed(n num, err error) (value, error) { return value{kind: number, num: n}, err }

func container(k kind, rest []any, depth int) (value, error) {
	v := value{kind: k, items: make([]value, len(rest))}
	for i, x := range rest {
		var err error
		if v.items[i], err = valueOf(x, depth); err != nil {
			return value{}, err
		}
	}
	return v, nil
}

func pairs(rest []any, depth int) (value, error) {
	v := value{kind: dict}
	for _, x := range rest {
		pair, ok := x.([]any)
		if !ok || len(pair) != 2 {
			return value{}, errValue
		}
		for _, part := range pair {
			item, err := valueOf(part, depth)
			if err != nil {
				return value{}, err
			}
			v.items = append(v.items, item)
		}
	}
	return v, nil
}

// num is a number with Python's notion of equality: exact, across types.
type num struct {
	// re is the real part, nil where special says what it is: inf, -inf or nan.
	re      *big.Rat
	special string
	// im is the imaginary part of a complex number that is not real, as text.
	im string
}

func integer(i int64) num { return num{re: big.NewRat(i, 1)} }

func (n num) isInt() bool { return n.re != nil && n.re.IsInt() && n.im == "" }

// equal is Python's ==.
func (n num) equal(m num) bool {
	return n.special != "nan" && n.im != "nan" && n.key() == m.key()
}

// key is the same text for numbers that are equal, but for nan.
func (n num) key() string {
	re := n.special
	if n.re != nil {
		re = n.re.RatString()
	}
	if n.im != "" {
		re += "+" + n.im + "j"
	}
	return re
}

func (n num) isZero() bool { return n.re != nil && n.re.Sign() == 0 && n.im == "" }

// float is the nearest float64, for tolerances.
func (n num) float() float64 {
	switch {
	case n.im != "" || n.special == "nan":
		return math.NaN()
	case n.re != nil:
		f, _ := n.re.Float64()
		return f
	}
	return math.Inf(map[string]int{"inf": 1, "-inf": -1}[n.special])
}

func parseInt(s string, base int) (num, error) {
	i, ok := new(big.Int).SetString(s, base)
	if !ok {
		return num{}, errValue
	}
	return num{re: new(big.Rat).SetInt(i)}, nil
}

func parseFloat(s string) (num, error) {
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil:
		return num{}, errValue
	case math.IsNaN(f):
		return num{special: "nan"}, nil
	case math.IsInf(f, 1):
		return num{special: "inf"}, nil
	case math.IsInf(f, -1):
		return num{special: "-inf"}, nil
	}
	return num{re: new(big.Rat).SetFloat64(f)}, nil
}

func complexNum(re, im num) num {
	if !im.isZero() {
		re.im = im.key()
	}
	return re
}

func parseFraction(n, d string) (num, error) {
	p, okP := new(big.Int).SetString(n, 0)
	q, okQ := new(big.Int).SetString(d, 0)
	if !okP || !okQ || q.Sign() == 0 {
		return num{}, errValue
	}
	return num{re: new(big.Rat).SetFrac(p, q)}, nil
}
