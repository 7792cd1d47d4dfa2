//go:build !goexperiment.simd || !amd64

package device

const simdBuilt = false

// The scalar kernels take three rows at a time and sum up the rest in another order:
// only where three divides a tile has each of its rows the same bits in every place.
const goRowTile = 48

func simdName() string { return "scalar kernels (build with GOEXPERIMENT=simd for faster ones)" }
