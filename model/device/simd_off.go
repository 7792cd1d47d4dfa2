//go:build !goexperiment.simd || !amd64

package device

func simdName() string { return "scalar kernels (build with GOEXPERIMENT=simd for faster ones)" }
