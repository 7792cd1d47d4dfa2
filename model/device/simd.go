//go:build goexperiment.simd && amd64

package device

func simdName() string { return "SIMD kernels" }
