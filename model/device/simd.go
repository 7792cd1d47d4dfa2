//go:build goexperiment.simd && amd64

package device

const simdBuilt = true

func simdName() string { return "SIMD kernels" }
