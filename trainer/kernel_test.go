package trainer

// kernelEnvs are the matrix kernels of the pure-Go backend, best first, and the
// environment in which it takes each although the processor has a better one.
var kernelEnvs = []struct {
	kernel string
	env    []string
}{
	{"avx512", nil},
	{"avx2", []string{"GOMLX_SIMD_AVX512=false"}},
	{"plain", []string{"GOMLX_SIMD_AVX512=false", "GOMLX_SIMD_AVX2=false"}},
}

// kernel is the one that this process uses.
func kernel() string {
	for _, k := range kernelEnvs {
		if supported(k.kernel) {
			return k.kernel
		}
	}
	return "plain"
}
