//go:build cgo && !noxla

package device

import (
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
	"github.com/gomlx/gomlx/support/exceptions"
)

const xlaBuilt = true

func init() {
	// Without this, opening XLA downloads plugins: on a closed network, a hang.
	os.Setenv(xla.NoAutoInstallEnv, "1")
	xla.EnableAutoInstall(false)
}

// openXLA opens the XLA backend on the plugin called name.
func openXLA(name, reason string, log *slog.Logger) (*Device, error) {
	path, missing := FindPlugin(name)
	if path == "" {
		return nil, fmt.Errorf("device: backend xla:%s: %s in %s; `rlvr doctor` says how to get it",
			name, missing, strings.Join(PluginDirs(), ", "))
	}
	// XLA logs to stderr from C++; errors come back as values anyway.
	if os.Getenv("TF_CPP_MIN_LOG_LEVEL") == "" {
		os.Setenv("TF_CPP_MIN_LOG_LEVEL", "2")
	}
	var b *xla.Backend
	var err error
	config := path
	if pjrt.IsCUDAName(name) {
		// A float32 product is one in float32, as PyTorch's default has it: the tensor
		// cores' TF32 keeps 10 bits of the mantissa.
		config += ",tf32=false"
	}
	if p := exceptions.TryCatch[error](func() { b, err = xla.NewWithOptions(config, nil) }); p != nil {
		err = p
	}
	if err != nil {
		return nil, fmt.Errorf("device: backend xla:%s: %s: %w", name, path, err)
	}
	if b.NumDevices() == 0 {
		return nil, fmt.Errorf("device: backend xla:%s: %s has no devices", name, path)
	}
	version, err := PluginVersion(path)
	if err != nil {
		return nil, err
	}
	return &Device{
		Backend: b, Name: "xla:" + name, Reason: reason, log: log, Parallel: 1,
		Description: fmt.Sprintf("%s, %s, %s", b.DeviceDescription(0), version, path),
	}, nil
}

// PluginVersion loads the plugin at path and says which PJRT API it implements.
func PluginVersion(path string) (string, error) {
	plugin, err := pjrt.GetPlugin(path)
	if err != nil {
		return "", fmt.Errorf("device: plugin %s: %w", path, err)
	}
	major, minor := plugin.Version()
	return fmt.Sprintf("PJRT API %d.%d", major, minor), nil
}
