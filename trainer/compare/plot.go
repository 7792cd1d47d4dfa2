package compare

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Panel is a picture's part with the curves of one arm, from 0 to 1.
type Panel struct {
	Title  string
	Curves [][]Point
}

// The layout of a picture of curves: panels in rows, each with axes of its own.
const (
	panelWidth, panelHeight = 200, 120
	panelsInRow             = 5
	panelGap                = 34
)

// SVG draws the validation score by step: a panel an arm, a line a seed, with those of
// the base in grey behind.
func (r *Report) SVG() string {
	var panels []Panel
	for i := range r.Arms {
		p := Panel{Title: r.Arms[i].Name}
		for k := range r.Arms[i].Runs {
			p.Curves = append(p.Curves, r.Arms[i].Runs[k].curve)
		}
		panels = append(panels, p)
	}
	return Draw(panels)
}

// Draw draws panels as an SVG picture, with the curves of the first behind the others.
func Draw(panels []Panel) string {
	inRow := max(1, min(panelsInRow, len(panels)))
	rows := (len(panels) + inRow - 1) / inRow
	width, height := inRow*(panelWidth+panelGap)+panelGap, rows*(panelHeight+panelGap)+panelGap
	last := 1.0
	for _, p := range panels {
		for _, c := range p.Curves {
			for _, point := range c {
				last = math.Max(last, point.Step)
			}
		}
	}
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`+"\n", width, height)
	fmt.Fprintf(&out, `<rect width="%d" height="%d" fill="white"/>`+"\n", width, height)
	for i, p := range panels {
		x, y := panelGap+i%inRow*(panelWidth+panelGap), panelGap+i/inRow*(panelHeight+panelGap)
		fmt.Fprintf(&out, `<g transform="translate(%d,%d)">`+"\n", x, y)
		for _, v := range []float64{0, 0.5, 1} {
			h := panelHeight * (1 - v)
			fmt.Fprintf(&out, `<line x1="0" x2="%d" y1="%.0f" y2="%.0f" stroke="#ddd"/><text x="-4" y="%.0f" text-anchor="end" fill="#666">%g</text>`+"\n", panelWidth, h, h, h+4, v)
		}
		fmt.Fprintf(&out, `<text x="4" y="-6" font-weight="bold">%s</text><text x="%d" y="%d" text-anchor="end" fill="#666">%.0f steps</text>`+"\n", html.EscapeString(printable(p.Title)), panelWidth, panelHeight+14, last)
		if i > 0 {
			curves(&out, panels[0].Curves, last, "#bbb")
		}
		curves(&out, p.Curves, last, "#1f77b4")
		out.WriteString("</g>\n")
	}
	out.WriteString("</svg>\n")
	return out.String()
}

// curves draws lines.
func curves(out *strings.Builder, all [][]Point, last float64, colour string) {
	for _, c := range all {
		var points []string
		for _, p := range c {
			if finite(p.Value) {
				points = append(points, fmt.Sprintf("%.1f,%.1f", panelWidth*p.Step/last, panelHeight*(1-p.Value)))
			}
		}
		fmt.Fprintf(out, `<polyline fill="none" stroke="%s" points="%s"/>`+"\n", colour, strings.Join(points, " "))
	}
}
