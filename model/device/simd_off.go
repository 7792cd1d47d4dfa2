//go:build !goexperiment.simd || !amd64

package device

const simdBuilt = false

func simdName() string { return "scalar kernels (build with GOEXPERIMENT=simd for faster ones)" }
