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
