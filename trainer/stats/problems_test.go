package stats

import (
	"math"
	"testing"
)

func TestMcNemar(t *testing.T) {
	// Values of R's binom.test(a, a+b)$p.value.
	for _, c := range []struct {
		a, b int
		want float64
	}{{0, 0, 1}, {5, 5, 1}, {1, 9, 0.021484375}, {0, 6, 0.03125}, {30, 12, 0.0079}} {
		if got := McNemar(c.a, c.b); math.Abs(got-c.want) > 1e-4 || got != McNemar(c.b, c.a) {
			t.Errorf("McNemar(%d, %d) = %v, want %v", c.a, c.b, got, c.want)
		}
	}
}
