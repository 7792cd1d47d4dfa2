package verifier

import (
	"context"
	"math/big"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("countdown", "an expression in the numbers of the row, each used once, with + - * / and the value of the row's target", newCountdown)
}

// countdown reads the fields numbers (an array of whole numbers) and target (a whole
// number) of a row. The last line of a completion, or of its <answer>, is the
// expression; "= target" may follow it. It is parsed here, never evaluated as code, in
// exact arithmetic. Reasons: match, mismatch (another value), numbers (others than those
// given, or not each once), division_by_zero, unparsed, too_long (more than 64
// characters), empty, no_gold (the row lacks a field).
type countdown struct{}

// maxExpression is the longest expression in bytes: it bounds all work.
const maxExpression = 64

func newCountdown(options map[string]any) (Verifier, error) {
	return countdown{}, noOptions("countdown", options)
}

func (countdown) Name() string { return "countdown" }

func (countdown) Verify(_ context.Context, ex *data.Example, completion string) data.Verdict {
	numbers, ok := wholeNumbers(ex.Extra["numbers"])
	target, haveTarget := wholeNumber(ex.Extra["target"])
	if !ok || !haveTarget || len(numbers) == 0 {
		return noGold("the row needs numbers, an array of whole numbers, and target, a whole number")
	}
	said := lastLine(finalText(completion))
	switch {
	case said == "":
		return wrong("", "empty")
	case len(said) > maxExpression:
		return wrong(said, "too_long")
	}
	goal := new(big.Rat).SetInt64(target)
	left, right, isEquation := strings.Cut(said, "=")
	p := expression{text: left}
	value := p.parse()
	if isEquation && p.fault == "" {
		q := expression{text: strings.TrimSpace(right)}
		if result := q.signed(); q.fault != "" || q.at < len(q.text) || result.Cmp(goal) != 0 {
			return wrong(said, "mismatch")
		}
	}
	slices.Sort(numbers)
	slices.Sort(p.numbers)
	switch {
	case p.fault != "":
		return wrong(said, p.fault)
	case !slices.Equal(numbers, p.numbers):
		return wrong(said, "numbers")
	case value.Cmp(goal) != 0:
		return wrong(said, "mismatch")
	}
	return correct(said)
}

// expression parses and computes: sums of products of numbers and sums in parentheses.
type expression struct {
	text string
	at   int
	// numbers are those of the text, in order.
	numbers []int64
	// fault is the first thing wrong with it, a reason.
	fault string
}

// parse is the value of the whole text; fault is set where it has none.
func (p *expression) parse() *big.Rat {
	value := p.sum()
	if p.peek() != 0 {
		p.fail("unparsed")
	}
	return value
}

func (p *expression) fail(reason string) *big.Rat {
	if p.fault == "" {
		p.fault = reason
	}
	p.at = len(p.text) // ends all loops
	return new(big.Rat)
}

// peek is the next character that is no space, 0 at the end.
func (p *expression) peek() byte {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *expression) sum() *big.Rat {
	value := p.product()
	for {
		switch p.peek() {
		case '+':
			p.at++
			value.Add(value, p.product())
		case '-':
			p.at++
			value.Sub(value, p.product())
		default:
			return value
		}
	}
}

func (p *expression) product() *big.Rat {
	value := p.factor()
	for {
		switch p.peek() {
		case '*':
			p.at++
			value.Mul(value, p.factor())
		case '/':
			p.at++
			by := p.factor()
			if p.fault == "" && by.Sign() == 0 {
				return p.fail("division_by_zero")
			}
			if p.fault == "" {
				value.Quo(value, by)
			}
		default:
			return value
		}
	}
}

func (p *expression) factor() *big.Rat {
	if p.peek() != '(' {
		return p.number()
	}
	p.at++
	value := p.sum()
	if p.peek() != ')' {
		return p.fail("unparsed")
	}
	p.at++
	return value
}

// number is digits without leading zeros, as the row's numbers are written.
func (p *expression) number() *big.Rat {
	p.peek()
	begin := p.at
	n := int64(0)
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		n = n*10 + int64(p.text[p.at]-'0')
		p.at++
	}
	const mostDigits = 18 // fits an int64
	digits := p.at - begin
	if digits == 0 || digits > mostDigits || digits > 1 && p.text[begin] == '0' {
		return p.fail("unparsed")
	}
	p.numbers = append(p.numbers, n)
	return new(big.Rat).SetInt64(n)
}

// signed is a number that may have a minus.
func (p *expression) signed() *big.Rat {
	if p.peek() == '-' {
		p.at++
		value := p.number()
		return value.Neg(value)
	}
	return p.number()
}
