//go:build !cgo || noxla

package device

import (
	"fmt"
	"log/slog"
)

const xlaBuilt = false

func openXLA(name, _ string, _ *slog.Logger) (*Device, error) {
	return nil, fmt.Errorf("device: backend xla:%s is not in this build (CGO_ENABLED=0 or -tags noxla)", name)
}

// PluginVersion is an error in this build.
func PluginVersion(path string) (string, error) {
	return "", fmt.Errorf("device: plugin %s: xla is not in this build (CGO_ENABLED=0 or -tags noxla)", path)
}
