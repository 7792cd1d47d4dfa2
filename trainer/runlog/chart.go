package runlog

import (
	"fmt"
	"math"
	"strings"
)

// series is points to draw with a mark of their own.
type series struct {
	label string
	mark  byte
	x, y  []float64
}

const (
	chartRows = 10
	// axisWidth is the room for the numbers at the left of a chart.
	axisWidth = 6
)

// chart draws series as text: one row an interval of y, one column an interval of x,
// in which the mean of the points is drawn; later series are drawn over earlier
// ones. Points that are not finite are left out. Nil when there is nothing to draw.
func chart(all []series, columns int) []string {
	lowX, highX, lowY, highY := bounds(all)
	if lowX > highX {
		return nil
	}
	grid := make([][]byte, chartRows)
	for i := range grid {
		grid[i] = []byte(strings.Repeat(" ", columns))
	}
	for _, s := range all {
		for col, y := range columnMeans(&s, lowX, highX, columns) {
			if !math.IsNaN(y) {
				row := int(math.Round((highY - y) / (highY - lowY) * (chartRows - 1)))
				grid[row][col] = s.mark
			}
		}
	}
	var out []string
	for i, row := range grid {
		label := ""
		if i%3 == 0 {
			label = decimal(highY-(highY-lowY)*float64(i)/(chartRows-1), 2)
		}
		out = append(out, strings.TrimRight(fmt.Sprintf("%*s |%s", axisWidth, label, row), " "))
	}
	ends := fmt.Sprintf("%.0f", lowX)
	last := fmt.Sprintf("%.0f", highX)
	out = append(out, fmt.Sprintf("%*s +%s", axisWidth, "", strings.Repeat("-", columns)))
	return append(out, fmt.Sprintf("%*s  %s%*s", axisWidth, "", ends, columns-len(ends), last))
}

// bounds is the range of the points; that of y is 0 to 1 where the points are.
func bounds(all []series) (lowX, highX, lowY, highY float64) {
	lowX, highX, lowY, highY = math.Inf(1), math.Inf(-1), 0, 1
	for _, s := range all {
		for i, y := range s.y {
			if math.IsNaN(y) || math.IsInf(y, 0) {
				continue
			}
			lowX, highX = min(lowX, s.x[i]), max(highX, s.x[i])
			lowY, highY = min(lowY, y), max(highY, y)
		}
	}
	return lowX, highX, lowY, highY
}

// columnMeans is the mean of the finite points in each column, NaN where there is none.
func columnMeans(s *series, lowX, highX float64, columns int) []float64 {
	sum, n := make([]float64, columns), make([]float64, columns)
	for i, y := range s.y {
		if math.IsNaN(y) || math.IsInf(y, 0) {
			continue
		}
		col := 0
		if highX > lowX {
			col = int(math.Round((s.x[i] - lowX) / (highX - lowX) * float64(columns-1)))
		}
		sum[col] += y
		n[col]++
	}
	for i := range sum {
		sum[i] /= n[i] // 0/0 is NaN
	}
	return sum
}

// legend names the marks of the series that have points.
func legend(all []series) string {
	var parts []string
	for _, s := range all {
		if len(s.y) > 0 {
			parts = append(parts, string(s.mark)+" "+s.label)
		}
	}
	return strings.Join(parts, ", ")
}
