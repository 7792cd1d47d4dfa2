//go:build goexperiment.simd && amd64

package device

const simdBuilt = true

// The vector kernels run best, on two cores, on tiles of this many rows: measured
// with BenchmarkDecode.
const goRowTile = 64

func simdName() string { return "SIMD kernels" }
