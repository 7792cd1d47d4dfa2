package code

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// maxExponent bounds the powers of ten that are computed: "1e999999999" is short and
// its value is not.
const maxExponent = 5000

var (
	decimalForm = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?$`)
	// plainForm is a decimal number as people and programs print it, without leading
	// zeros: 0011 may be a text.
	plainForm = regexp.MustCompile(`^[+-]?(0|[1-9]\d*)?(\.\d*)?([eE][+-]?\d{1,9})?$`)
)

// parseDecimal reads what str of a decimal.Decimal is.
func parseDecimal(s string) (num, error) {
	switch strings.ToLower(s) {
	case "infinity":
		return num{special: "inf"}, nil
	case "-infinity":
		return num{special: "-inf"}, nil
	case "nan", "-nan", "snan", "-snan":
		return num{special: "nan"}, nil
	}
	r, ok := rational(s)
	if !ok {
		return num{}, errValue
	}
	return num{re: r}, nil
}

// rational is the exact value of a decimal number; false where there is none or it is
// too long to compute.
func rational(s string) (*big.Rat, bool) {
	if !decimalForm.MatchString(s) {
		return nil, false
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		if e, err := strconv.Atoi(s[i+1:]); err != nil || e > maxExponent || e < -maxExponent {
			return nil, false
		}
	}
	return new(big.Rat).SetString(s)
}
