//go:build !goexperiment.simd || !amd64

package trainer

// supported reports whether build, processor and environment have a kernel.
func supported(kernel string) bool { return kernel == "plain" }
