package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rlvr-go/rlvr/checkpoints"
)

// exportFlags are the flags of rlvr export.
type exportFlags struct {
	out, dtype, maxShardSize string
}

func newExportCommand() *cobra.Command {
	o := &exportFlags{}
	c := &cobra.Command{
		Use:   "export DIR --out DIR",
		Short: "write a checkpoint as plain Hugging Face files",
		Long: `Write a checkpoint, a model folder or a GGUF file to a new folder as plain Hugging Face
files, which transformers loads: config, weights in safetensors files, tokenizer,
generation config and chat template. GGUF weights are dequantised.`,
		Example: `  rlvr export runs/quickstart/checkpoints/step-200 --out model
  rlvr export SmolLM2-135M-Instruct.Q4_1.gguf --out smollm2 --dtype bfloat16`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runExport(cmd.Context(), args[0], o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVar(&o.out, "out", "", "the folder to write, which must not exist")
	f.StringVar(&o.dtype, "dtype", "", "dtype of the weights: "+strings.Join(checkpoints.ExportTypes(), ", ")+" (default: as stored; of a GGUF file float32)")
	f.StringVar(&o.maxShardSize, "max-shard-size", "5GB", "largest weights file, as in 5GB, 500MB or 2GiB; more weights go to several files")
	return c
}

func runExport(ctx context.Context, dir string, o *exportFlags, out, errOut io.Writer) error {
	if o.out == "" {
		return userError(errors.New("export: --out is missing: the folder to write"))
	}
	if o.dtype != "" && !slices.Contains(checkpoints.ExportTypes(), o.dtype) {
		return userError(fmt.Errorf("export: --dtype: found %q, allowed: %s", o.dtype, strings.Join(checkpoints.ExportTypes(), ", ")))
	}
	limit, err := parseSize(o.maxShardSize)
	if err != nil {
		return userError(fmt.Errorf("export: --max-shard-size: %w", err))
	}
	if dir, err = findModel(ctx, dir, errOut); err != nil {
		return userError(err)
	}
	m, err := checkpoints.OpenModel(dir)
	if err != nil {
		return userError(err)
	}
	defer m.Close()
	done, err := checkpoints.Export(ctx, m, o.out, checkpoints.ExportOptions{DType: o.dtype, MaxShardBytes: limit})
	if errors.Is(err, checkpoints.ErrExists) || errors.Is(err, checkpoints.ErrNotExportable) {
		return userError(err)
	}
	if err != nil {
		return err
	}
	files := "a file"
	if done.Files > 1 {
		files = fmt.Sprintf("%d files", done.Files)
	}
	fmt.Fprintf(out, "wrote %s: %d tensors, %s in %s\n", o.out, done.Tensors, formatSize(done.Bytes), files)
	return nil
}

// sizeUnits are the units of sizes, longest names first.
var sizeUnits = []struct {
	name  string
	bytes float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
}

// parseSize reads a number of bytes, as in 5GB.
func parseSize(text string) (int64, error) {
	number, unit := text, 1.0
	for _, u := range sizeUnits {
		if n, ok := strings.CutSuffix(text, u.name); ok {
			number, unit = n, u.bytes
			break
		}
	}
	x, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if bytes := x * unit; err == nil && bytes >= 1 && bytes < math.MaxInt64 {
		return int64(bytes), nil
	}
	return 0, fmt.Errorf("found %q, allowed: a size such as 5GB, 500MB or 2GiB", text)
}

// formatSize writes a number of bytes for people.
func formatSize(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	default:
		return fmt.Sprintf("%d bytes", n)
	}
}
