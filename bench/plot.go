package main

import (
	"fmt"
	"math"
	"strings"
)

// The layout of a picture of curves: panels in rows, each with axes of its own.
const (
	panelWidth, panelHeight = 200, 120
	panelsInRow             = 5
	panelGap                = 34
)

// plot is a picture of the validation accuracy by step: a panel an objective, a line a
// seed, with those of the first objective in grey behind.
func (c *study) plot(all [][]trained) string {
	rows := (len(all) + panelsInRow - 1) / panelsInRow
	width, height := panelsInRow*(panelWidth+panelGap)+panelGap, rows*(panelHeight+panelGap)+panelGap
	last := 1.0
	for _, runs := range all {
		for i := range runs {
			for _, p := range runs[i].curve {
				last = math.Max(last, p.step)
			}
		}
	}
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`+"\n", width, height)
	fmt.Fprintf(&out, `<rect width="%d" height="%d" fill="white"/>`+"\n", width, height)
	for i, runs := range all {
		x, y := panelGap+i%panelsInRow*(panelWidth+panelGap), panelGap+i/panelsInRow*(panelHeight+panelGap)
		fmt.Fprintf(&out, `<g transform="translate(%d,%d)">`+"\n", x, y)
		for _, v := range []float64{0, 0.5, 1} {
			h := panelHeight * (1 - v)
			fmt.Fprintf(&out, `<line x1="0" x2="%d" y1="%.0f" y2="%.0f" stroke="#ddd"/><text x="-4" y="%.0f" text-anchor="end" fill="#666">%g</text>`+"\n", panelWidth, h, h, h+4, v)
		}
		name, _, _ := strings.Cut(c.algorithms[i], "+")
		fmt.Fprintf(&out, `<text x="4" y="-6" font-weight="bold">%s</text><text x="%d" y="%d" text-anchor="end" fill="#666">%.0f steps</text>`+"\n", name, panelWidth, panelHeight+14, last)
		if i > 0 {
			lines(&out, all[0], last, "#bbb")
		}
		lines(&out, runs, last, "#1f77b4")
		out.WriteString("</g>\n")
	}
	out.WriteString("</svg>\n")
	return out.String()
}

// lines draws the curves of runs.
func lines(out *strings.Builder, runs []trained, last float64, colour string) {
	for i := range runs {
		var points []string
		for _, p := range runs[i].curve {
			points = append(points, fmt.Sprintf("%.1f,%.1f", panelWidth*p.step/last, panelHeight*(1-p.accuracy)))
		}
		fmt.Fprintf(out, `<polyline fill="none" stroke="%s" points="%s"/>`+"\n", colour, strings.Join(points, " "))
	}
}
