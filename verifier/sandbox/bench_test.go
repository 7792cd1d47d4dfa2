//go:build linux

package sandbox

import (
	"bytes"
	"context"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"
)

// benchProgram is a short solution, as completions are.
const benchProgram = `from typing import List
import math, collections

def mean_absolute_deviation(numbers: List[float]) -> float:
    mean = sum(numbers) / len(numbers)
    return sum(abs(x - mean) for x in numbers) / len(numbers)

assert abs(mean_absolute_deviation([1.0, 2.0, 3.0]) - 2.0/3.0) < 1e-6
print(mean_absolute_deviation([float(x) for x in input().split()]))
`

// runners are the ways to run a program.
func runners(b testing.TB) (bare, cold, warm func()) {
	pools := map[bool]*Pool{}
	for _, isCold := range []bool{false, true} {
		p, err := open(DefaultOptions(), variant{cold: isCold})
		if err != nil {
			b.Skip(err)
		}
		b.Cleanup(func() { p.Close() })
		pools[isCold] = p
	}
	program := Program{Language: "python", Source: benchProgram, Stdin: []byte("1 2 3 4\n")}
	in := func(p *Pool) func() {
		return func() {
			if r, err := p.Run(context.Background(), program); err != nil || string(r.Stdout) != "1.0\n" {
				b.Errorf("%+v, %v", r, err)
			}
		}
	}
	python := pools[true].crews["python"].blueprint.interpreter.command[0]
	bare = func() {
		cmd := exec.Command(python, "-c", benchProgram)
		cmd.Stdin = bytes.NewReader(program.Stdin)
		if out, err := cmd.Output(); err != nil || string(out) != "1.0\n" {
			b.Errorf("%s, %v", out, err)
		}
	}
	return bare, in(pools[true]), in(pools[false])
}

// parallel is how long n runs take on two goroutines.
func parallel(n int, run func()) time.Duration {
	start := time.Now()
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for range n / 2 {
				run()
			}
		})
	}
	all.Wait()
	return time.Since(start)
}

// BenchmarkRuns compares the warm pool with a sandbox that starts CPython for each
// program, and with CPython without a sandbox. The three take turns, so that a busy
// machine slows them alike; the figures are medians over the rounds.
func BenchmarkRuns(b *testing.B) {
	bare, cold, warm := runners(b)
	var rates [3][]float64
	for b.Loop() {
		for i, way := range []struct {
			runs int
			run  func()
		}{{10, bare}, {10, cold}, {100, warm}} {
			rates[i] = append(rates[i], float64(way.runs)/parallel(way.runs, way.run).Seconds())
		}
	}
	median := func(x []float64) float64 { slices.Sort(x); return x[len(x)/2] }
	r := [3]float64{median(rates[0]), median(rates[1]), median(rates[2])}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(r[0], "bare-runs/s")
	b.ReportMetric(r[1], "cold-runs/s")
	b.ReportMetric(r[2], "warm-runs/s")
	b.ReportMetric(r[2]/r[0], "warm/bare")
	b.ReportMetric(r[2]/r[1], "warm/cold")
}
