package checkpoints

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	manifestFormat  = "rlvr-checkpoint"
	manifestVersion = 1
	// maxManifestBytes bounds what is read before anything is verified.
	maxManifestBytes = 1 << 20
)

// manifest lists the files of a checkpoint, sorted by name, without itself.
type manifest struct {
	Format  string          `json:"format"`
	Version int             `json:"version"`
	Step    int             `json:"step"`
	Files   []manifestEntry `json:"files"`
}

// manifestEntry is one file: its slash-separated name in the folder, its size in
// bytes and its SHA-256 in lower-case hexadecimal.
type manifestEntry struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// encode gives the manifest's one spelling; it sorts Files.
func (m *manifest) encode() ([]byte, error) {
	slices.SortFunc(m.Files, func(a, b manifestEntry) int { return strings.Compare(a.Name, b.Name) })
	out, err := json.MarshalIndent(m, "", "  ")
	return append(out, '\n'), err
}

// parseManifest reads what encode writes and nothing else: since there is one
// spelling of each manifest, a field that is unknown, missing, out of order or
// given twice shows as a difference to it.
func parseManifest(raw []byte) (*manifest, error) {
	var m manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("not JSON of a manifest: %w", err)
	}
	if m.Format != manifestFormat || m.Version != manifestVersion {
		return nil, fmt.Errorf("format %q version %d, this program reads %q version %d", m.Format, m.Version, manifestFormat, manifestVersion)
	}
	seen := make(map[string]bool, len(m.Files))
	for _, f := range m.Files {
		if seen[f.Name] {
			return nil, fmt.Errorf("lists %q twice", f.Name)
		}
		seen[f.Name] = true
		if f.Name != optimizerFile && f.Name != stateFile && !isWeightsFile(f.Name) && !isSmallFile(f.Name) {
			return nil, fmt.Errorf("lists %q, which is no file of a checkpoint", f.Name)
		}
		if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != sha256.Size {
			return nil, fmt.Errorf("%s: %q is no SHA-256", f.Name, f.SHA256)
		}
	}
	weights := modelFile
	if seen[shardIndexFile] {
		weights = shardIndexFile
	}
	for _, name := range []string{configFile, weights, optimizerFile, stateFile} {
		if !seen[name] {
			return nil, fmt.Errorf("does not list %s", name)
		}
	}
	canonical, err := m.encode()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(raw, canonical) {
		return nil, errors.New("is not spelled as it was written")
	}
	return &m, nil
}
