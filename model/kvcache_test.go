package model

import (
	"fmt"
	"testing"

	"github.com/rlvr-go/rlvr/model/device"
)

// TestAdmit compares with copying by hand: exact.
func TestAdmit(t *testing.T) {
	const k, e = 2, 3
	onDevices(t, func(t *testing.T, dev *device.Device) {
		for _, c := range []struct {
			n, p, w int
			source  []int32
		}{
			{2, 4, 6, []int32{-1, 1, 0, 1}},
			{3, 6, 6, []int32{2, -1, -1, 0, 2}},
			{1, 1, 8, []int32{0, 0, 0}},
			{4, 2, 3, []int32{-1, -1}},
			{4, 2, 3, []int32{3}},
		} {
			t.Run(fmt.Sprintf("%d prompts of %d into %v of %d", c.n, c.p, c.source, c.w), func(t *testing.T) {
				b := len(c.source)
				cache, fresh := counted(b*k*c.w*e, 1), counted(c.n*k*c.p*e, -1)
				got := run(t, dev, func(in []*node) []*node { return []*node{AdmitGraph(in[0], in[1], in[2])} },
					device.Array(cache, b, k, c.w, e), device.Array(fresh, c.n, k, c.p, e), device.Array(c.source, b))
				want := append([]float32{}, cache...)
				for row, from := range c.source {
					for head := range k {
						if from >= 0 {
							copy(want[(row*k+head)*c.w*e:][:c.p*e], fresh[(int(from)*k+head)*c.p*e:])
						}
					}
				}
				near(t, "cache", got[0], want, 0)
			})
		}
	})
}

// TestNewCache compares with an empty cache that admits the same rows: exact.
func TestNewCache(t *testing.T) {
	const n, k, p, e = 2, 2, 3, 2
	onDevices(t, func(t *testing.T, dev *device.Device) {
		for _, w := range []int{p, p + 4} {
			source := []int32{1, 0, 1, 1}
			fresh := device.Array(counted(n*k*p*e, 1), n, k, p, e)
			empty := device.Array(make([]float32, len(source)*k*w*e), len(source), k, w, e)
			got := run(t, dev, func(in []*node) []*node {
				return []*node{NewCacheGraph(in[0], in[1], w), AdmitGraph(in[2], in[0], in[1])}
			}, fresh, device.Array(source, len(source)), empty)
			near(t, "cache", got[0], got[1], 0)
		}
	})
}

// counted is sign, 2*sign, ...: every element another.
func counted(n int, sign float32) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = sign * float32(i+1)
	}
	return out
}

func TestCacheDims(t *testing.T) {
	a := Arch{NumHiddenLayers: 3, NumKeyValueHeads: 2, HeadDim: 5}
	if got := fmt.Sprint(a.CacheDims(7, 11), a.NumCaches()); got != "[7 2 11 5] 6" {
		t.Errorf("got %s", got)
	}
}
