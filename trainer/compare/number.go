package compare

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Number is a float64 that is null in JSON where it is not finite, for which JSON has
// no word.
type Number float64

var nan = Number(math.NaN())

// MarshalJSON implements [json.Marshaler].
func (n Number) MarshalJSON() ([]byte, error) {
	if !finite(float64(n)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// String is n in three significant digits, a dash where it is not finite.
func (n Number) String() string {
	v := float64(n)
	if !finite(v) {
		return "-"
	}
	if a := math.Abs(v); a >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	s := strconv.FormatFloat(v, 'g', 3, 64)
	if strings.Contains(s, "e") {
		return strconv.FormatFloat(v, 'f', 4, 64)
	}
	return s
}

// share is n in thousandths.
func (n Number) share() string {
	if !finite(float64(n)) {
		return "-"
	}
	return fmt.Sprintf("%.3f", float64(n))
}

// signed is share with its sign.
func (n Number) signed() string {
	if !finite(float64(n)) {
		return "-"
	}
	return fmt.Sprintf("%+.3f", float64(n))
}
