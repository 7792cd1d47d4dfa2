package checkpoints

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
)

// shardIndexFile says which of several weights files holds which tensor.
const shardIndexFile = "model.safetensors.index.json"

// MaxShardBytes is how many bytes of tensors a weights file holds at most, 5 GB as
// Hugging Face's files have it; a single tensor may be larger.
const MaxShardBytes = 5_000_000_000

// shard is one weights file.
type shard struct {
	name    string
	tensors []Tensor
	size    int64 // of the tensors
}

// cutShards cuts tensors into weights files of at most limit bytes, in their order,
// and names them as Hugging Face does. One file is enough for few tensors.
func cutShards(list []Tensor, limit int64) ([]shard, error) {
	shards := []shard{{}}
	for i := range list {
		n, ok := list[i].NumBytes()
		if !ok {
			return nil, fmt.Errorf("tensor %q: %s of shape %v has no size", list[i].Name, list[i].DType, list[i].Shape)
		}
		last := &shards[len(shards)-1]
		if len(last.tensors) > 0 && last.size+int64(n) > limit {
			shards = append(shards, shard{})
			last = &shards[len(shards)-1]
		}
		last.tensors = append(last.tensors, list[i])
		last.size += int64(n)
	}
	shards[0].name = modelFile
	for i := range shards {
		if len(shards) > 1 {
			shards[i].name = fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, len(shards))
		}
	}
	return shards, nil
}

// isShardName reports whether a file has the name of one of several weights files.
func isShardName(name string) bool {
	ok, err := filepath.Match("model-?????-of-?????.safetensors", name)
	digits := strings.TrimSuffix(strings.TrimPrefix(strings.Replace(name, "-of-", "", 1), "model-"), ".safetensors")
	return ok && err == nil && strings.Trim(digits, "0123456789") == ""
}

// isWeightsFile reports whether a file of the name holds tensors, or says which do.
func isWeightsFile(name string) bool {
	return name == modelFile || name == shardIndexFile || isShardName(name)
}

// shardIndex is the content of shardIndexFile. JSON sorts the tensors' names.
type shardIndex struct {
	Metadata struct {
		TotalSize int64 `json:"total_size"`
	} `json:"metadata"`
	WeightMap map[string]string `json:"weight_map"`
}

// encodeIndex is the index of several shards, spelled as transformers does.
func encodeIndex(shards []shard) ([]byte, error) {
	index := shardIndex{WeightMap: map[string]string{}}
	for _, s := range shards {
		index.Metadata.TotalSize += s.size
		for i := range s.tensors {
			index.WeightMap[s.tensors[i].Name] = s.name
		}
	}
	out, err := json.MarshalIndent(index, "", "  ")
	return append(out, '\n'), err
}

// writeWeights writes tensors as one weights file, or as several with their index.
func (w *folderWriter) writeWeights(list []Tensor, limit int64) error {
	shards, err := cutShards(list, limit)
	if err != nil {
		return err
	}
	for _, s := range shards {
		if err := w.write(s.name, tensors(s.tensors)); err != nil {
			return err
		}
	}
	if len(shards) == 1 {
		return nil
	}
	index, err := encodeIndex(shards)
	if err != nil {
		return err
	}
	return w.write(shardIndexFile, raw(index))
}

// tensors writes a safetensors file that Python's readers take for PyTorch's.
func tensors(list []Tensor) func(io.Writer) error {
	return func(w io.Writer) error {
		return safetensors.Write(w, list, map[string]string{"format": "pt"})
	}
}
