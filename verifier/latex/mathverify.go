package latex

import (
	"regexp"
	"strings"
)

// trailingUnit is a unit in plain letters at the end of an answer.
var trailingUnit = regexp.MustCompile(`(\d|\}|\s)\s*(?:inches|inch|feet|ft|miles?|mph|kmph|cm|mm|km|kg|m|g|s|h|hours?|days?|years?|units?|cents?|dollars?|degrees?|deg)\s*$`)

// normalizeLikeMathVerify drops a unit in plain letters at the end of an answer, as
// Math-Verify does; units in \text are dropped when answers are compared.
func normalizeLikeMathVerify(s string) string {
	t := strings.TrimSpace(s)
	if at := trailingUnit.FindStringSubmatchIndex(t); at != nil && at[0] > 0 {
		return t[:at[3]]
	}
	return s
}
