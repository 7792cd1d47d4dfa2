package latex

import (
	"math/big"
	"strings"
)

// unit is a unit of measurement: what it measures, as a product of powers, and how
// many base units it is.
type unit struct {
	dimension string
	factor    *big.Rat
}

func scaled(dimension string, num, den int64) *unit {
	return &unit{dimension, big.NewRat(num, den)}
}

// units are known by the singular; the base unit of a dimension has the factor 1.
var units = map[string]*unit{
	"mm": scaled("length", 1, 1000), "cm": scaled("length", 1, 100), "dm": scaled("length", 1, 10), "m": scaled("length", 1, 1),
	"km": scaled("length", 1000, 1), "millimeter": scaled("length", 1, 1000), "centimeter": scaled("length", 1, 100),
	"meter": scaled("length", 1, 1), "metre": scaled("length", 1, 1), "kilometer": scaled("length", 1000, 1),
	"centimetre": scaled("length", 1, 100), "kilometre": scaled("length", 1000, 1),
	"in": scaled("length", 254, 10000), "inch": scaled("length", 254, 10000), "ft": scaled("length", 3048, 10000),
	"foot": scaled("length", 3048, 10000), "feet": scaled("length", 3048, 10000), "yd": scaled("length", 9144, 10000),
	"yard": scaled("length", 9144, 10000), "mile": scaled("length", 1609344, 1000), "mi": scaled("length", 1609344, 1000),
	"s": scaled("time", 1, 1), "sec": scaled("time", 1, 1), "second": scaled("time", 1, 1), "min": scaled("time", 60, 1),
	"minute": scaled("time", 60, 1), "h": scaled("time", 3600, 1), "hr": scaled("time", 3600, 1), "hour": scaled("time", 3600, 1),
	"day": scaled("time", 86400, 1), "week": scaled("time", 604800, 1), "month": scaled("months", 1, 1), "year": scaled("months", 12, 1),
	"g": scaled("mass", 1, 1000), "gram": scaled("mass", 1, 1000), "kg": scaled("mass", 1, 1), "kilogram": scaled("mass", 1, 1),
	"mg": scaled("mass", 1, 1000000), "lb": scaled("mass", 45359237, 100000000), "pound": scaled("mass", 45359237, 100000000),
	"ounce": scaled("mass", 45359237, 1600000000), "oz": scaled("mass", 45359237, 1600000000), "ton": scaled("tons", 1, 1),
	"l": scaled("length^3", 1, 1000), "L": scaled("length^3", 1, 1000), "liter": scaled("length^3", 1, 1000),
	"litre": scaled("length^3", 1, 1000), "ml": scaled("length^3", 1, 1000000), "mL": scaled("length^3", 1, 1000000),
	"gallon": scaled("gallons", 1, 1), "cup": scaled("cups", 1, 1),
	"dollar": scaled("dollars", 1, 1), "cent": scaled("dollars", 1, 100), "euro": scaled("euros", 1, 1), "yuan": scaled("yuan", 1, 1),
	"mph": scaled("length/time", 1609344, 3600000), "kmph": scaled("length/time", 1000, 3600), "km/h": scaled("length/time", 1000, 3600),
	"m/s": scaled("length/time", 1, 1), "degree": scaled("angle", 1, 1), "deg": scaled("angle", 1, 1),
	"radian": scaled("radians", 1, 1), "rad": scaled("radians", 1, 1),
	"unit": scaled("units", 1, 1), "square": scaled("squares", 1, 1),
}

// shared are the units by the pairs of words that name an area or a volume.
var powerWords = map[string]string{"square": "^2", "sq": "^2", "sq.": "^2", "cubic": "^3", "cu": "^3"}

// never are words that are no unit: they change the number, or say something of it.
var never = map[string]bool{
	"and": true, "or": true, "not": true, "no": true, "is": true, "isn't": true, "plus": true, "minus": true, "times": true, "over": true,
	"hundred": true, "thousand": true, "million": true, "billion": true, "trillion": true, "dozen": true, "score": true,
	"half": true, "halves": true, "third": true, "thirds": true, "quarter": true, "quarters": true, "fourth": true, "fourths": true,
	"fifth": true, "fifths": true, "sixth": true, "sixths": true, "seventh": true, "sevenths": true, "eighth": true, "eighths": true,
	"ninth": true, "ninths": true, "tenth": true, "tenths": true, "hundredth": true, "hundredths": true, "thousandth": true,
	"thousandths": true, "squared": true, "cubed": true, "factorial": true, "percent": true, "percentage": true, "pct": true,
	"less": true, "more": true, "than": true, "below": true, "above": true, "negative": true, "positive": true, "if": true, "when": true,
	"lakh": true, "lakhs": true, "crore": true, "crores": true, "gross": true, "googol": true, "grand": true, "pair": true, "pairs": true, "couple": true, "zillion": true, "quadrillion": true,
	"double": true, "triple": true, "twice": true, "inverse": true, "reciprocal": true, "complement": true,
	"wrong": true, "false": true, "mod": true, "modulo": true, "base": true, "approximately": true,
	"about": true, "least": true, "most": true, "to": true, "through": true, "divided": true, "by": true, "except": true, "but": true,
	"maybe": true, "perhaps": true, "for": true, "where": true, "with": true, "without": true, "else": true, "otherwise": true, "incorrect": true,
}

// scales are words that multiply the number before them.
var scales = map[string]int64{"hundred": 100, "thousand": 1000, "million": 1e6, "billion": 1e9, "trillion": 1e12, "dozen": 12}

// unitOf is the unit that a word or two name; nil for unknown words.
func unitOf(said string) *unit {
	if u := units[said]; u != nil {
		return u
	}
	said = strings.ToLower(strings.TrimSuffix(said, "."))
	for _, plural := range []string{"", "s", "es"} {
		if one, ok := strings.CutSuffix(said, plural); ok && len(one) > 1 && units[one] != nil {
			return units[one]
		}
	}
	first, rest, two := strings.Cut(said, " ")
	if power := powerWords[first]; two && power != "" {
		if u := unitOf(rest); u != nil {
			return u.power(int(power[1] - '0'))
		}
	}
	first, rest, two = cutAny(said, "/", " per ")
	if two {
		if a, b := unitOf(strings.TrimSpace(first)), unitOf(strings.TrimSpace(rest)); a != nil && b != nil {
			return &unit{a.dimension + "/" + b.dimension, new(big.Rat).Quo(a.factor, b.factor)}
		}
	}
	return nil
}

func cutAny(s string, seps ...string) (before, after string, found bool) {
	for _, sep := range seps {
		if a, b, ok := strings.Cut(s, sep); ok {
			return a, b, true
		}
	}
	return s, "", false
}

// power is the unit to the power n: an area, a volume.
func (u *unit) power(n int) *unit {
	f := new(big.Rat).Set(u.factor)
	for range n - 1 {
		f.Mul(f, u.factor)
	}
	return &unit{u.dimension + "^" + string(rune('0'+n)), f}
}

// ordinal reports whether a word may be a fraction: twelfths.
func ordinal(w string) bool {
	w = strings.TrimSuffix(w, "s")
	if !strings.HasSuffix(w, "th") {
		return false
	}
	switch w {
	case "month", "path", "length", "depth", "width", "tooth", "cloth", "myth":
		return false
	}
	return true
}

// mayBeUnit reports whether words after a number count something: known units, or one
// or two words without another meaning ("apples", "red balls").
func mayBeUnit(said string) bool {
	if unitOf(said) != nil {
		return true
	}
	words := strings.Fields(strings.ToLower(said))
	if len(words) == 0 || len(words) > 2 {
		return false
	}
	for _, w := range words {
		w = strings.Trim(w, "().")
		if never[w] || len(w) < 2 || ordinal(w) {
			return false
		}
		if _, number := smallNumbers[w]; number {
			return false
		}
		for i := range len(w) {
			if !isLetter(w[i]) {
				return false
			}
		}
	}
	return true
}
