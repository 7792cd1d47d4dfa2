package runlog

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The console writes numbers as short as they can be read: .431, 3e-4, 8.1k, 1.2%.

// decimal has the given number of decimals and no zero before the point.
func decimal(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if rest, ok := strings.CutPrefix(s, "0."); ok {
		return "." + rest
	}
	if rest, ok := strings.CutPrefix(s, "-0."); ok {
		return "-." + rest
	}
	return s
}

// scientific has one digit and an exponent, or 0.
func scientific(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 0, 64), "e")
	n, err := strconv.Atoi(exponent)
	if err != nil || n == 0 {
		return mantissa
	}
	return mantissa + "e" + strconv.Itoa(n)
}

// percent has one decimal below 10 %.
func percent(share float64) string {
	if v := 100 * share; math.Abs(v) < 9.95 {
		return strconv.FormatFloat(v, 'f', 1, 64) + "%"
	}
	return strconv.FormatFloat(100*share, 'f', 0, 64) + "%"
}

// rate is a number of things per second.
func rate(v float64) string {
	const kilo, mega = 1e3, 1e6
	switch {
	case v < 999.5:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v < 9.95*kilo:
		return strconv.FormatFloat(v/kilo, 'f', 1, 64) + "k"
	case v < 999.5*kilo:
		return strconv.FormatFloat(v/kilo, 'f', 0, 64) + "k"
	default:
		return strconv.FormatFloat(v/mega, 'f', 1, 64) + "M"
	}
}

// span is a duration in its two largest units.
func span(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	const minute, hour = 60, 3600
	switch {
	case s < minute:
		return fmt.Sprintf("%ds", s)
	case s < hour:
		return fmt.Sprintf("%dm%02ds", s/minute, s%minute)
	default:
		return fmt.Sprintf("%dh%02dm", s/hour, s%hour/minute)
	}
}

// signed is a change, with three decimals and its sign.
func signed(v float64) string {
	if v < 0 {
		return decimal(v, 3)
	}
	return "+" + decimal(v, 3)
}
