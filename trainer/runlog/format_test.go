package runlog

import (
	"math"
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	tests := []struct{ got, want string }{
		{decimal(0.4312, 3), ".431"}, {decimal(1, 2), "1.00"}, {decimal(0, 2), ".00"}, {decimal(-0.126, 2), "-.13"},
		{decimal(3.94, 1), "3.9"}, {decimal(0.9996, 3), "1.000"}, {decimal(math.NaN(), 2), "NaN"}, {decimal(math.Inf(1), 2), "+Inf"},
		{scientific(3.2e-4), "3e-4"}, {scientific(0), "0"}, {scientific(-2.7e-11), "-3e-11"}, {scientific(5), "5"},
		{scientific(1.23e12), "1e12"}, {scientific(math.NaN()), "NaN"}, {scientific(math.Inf(-1)), "-Inf"},
		{percent(0.0041), "0.4%"}, {percent(0.012), "1.2%"}, {percent(0.0994), "9.9%"}, {percent(0.0996), "10%"}, {percent(1), "100%"}, {percent(math.NaN()), "NaN%"},
		{rate(7), "7"}, {rate(999.4), "999"}, {rate(999.6), "1.0k"}, {rate(8123), "8.1k"}, {rate(9960), "10k"}, {rate(31234), "31k"}, {rate(1.25e6), "1.2M"},
		{span(0), "0s"}, {span(41400 * time.Millisecond), "41s"}, {span(59600 * time.Millisecond), "1m00s"}, {span(200 * time.Second), "3m20s"}, {span(125 * time.Minute), "2h05m"},
		{signed(0.25), "+.250"}, {signed(-0.25), "-.250"}, {signed(0), "+.000"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
	}
}
