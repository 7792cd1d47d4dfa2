//go:build goexperiment.simd && amd64

package trainer

import (
	"os"
	"simd/archsimd"
	"strconv"
)

// supported reports whether build, processor and environment have a kernel.
func supported(kernel string) bool {
	switch kernel {
	case "avx512":
		return archsimd.X86.AVX512() && enabled("GOMLX_SIMD_AVX512")
	case "avx2":
		return archsimd.X86.AVX2() && enabled("GOMLX_SIMD_AVX2")
	}
	return true
}

func enabled(env string) bool {
	on, err := strconv.ParseBool(os.Getenv(env))
	return err != nil || on
}
