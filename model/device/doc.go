// Package device opens a compute backend and runs graphs on it. Nothing outside
// it knows how a backend is made, which plugin serves it, or what its kernels can
// do in parallel: that is where the XLA backend is decorated or replaced.
//
// # Terms
//
//   - Device: an open backend with what the rest may ask of it.
//   - Exec: a named graph function, compiled once for each set of input shapes.
//     Every compile is counted and logged.
//   - Tensor: a value on the device or the host.
package device
