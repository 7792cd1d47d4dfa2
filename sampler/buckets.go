package sampler

import "math/bits"

// This file is the one place that chooses shapes. A new shape is a new executable,
// so there are few: about four for each doubling.

// bucket rounds n up to the next of 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 160,
// ...: multiples of 8 up to 32 and of 16 up to 128, then four a doubling, always
// multiples of 8, which vector kernels like.
func bucket(n int) int {
	step := 8
	switch {
	case n > 128:
		step = 1 << (bits.Len(uint(n-1)) - 3)
	case n > 32:
		step = 16
	}
	return (n + step - 1) / step * step
}

// rowBucket rounds a number of rows up to a power of two.
func rowBucket(n int) int {
	if n <= 1 {
		return 1
	}
	return 1 << bits.Len(uint(n-1))
}

// shape is what a Sampler's executables are compiled for in one call.
type shape struct {
	// rows of a tile, and tiles run side by side.
	rows, tiles int
	// width of the cache in tokens.
	width int
	// once says that one prefill admits all tasks, so that it can make the cache.
	once bool
	// chunk is the number of decode steps of one execution.
	chunk int
}

// shapeOf chooses the shapes of a call: rowTile and parallel are the device's,
// tasks the completions to sample, longest the longest prompt.
func shapeOf(o *Options, rowTile, parallel, tasks, longest int) shape {
	s := shape{
		width: bucket(longest + o.MaxCompletionLength),
		chunk: min(o.ChunkTokens, max(o.MaxCompletionLength-1, 1)),
	}
	if rowTile > 0 {
		s.rows = rowTile
		s.tiles = min(parallel, (min(tasks, o.MaxRows)+rowTile-1)/rowTile)
		return s
	}
	s.rows, s.tiles = min(rowBucket(tasks), rowBucket(o.MaxRows)), 1
	return s
}

// prefillShape is the number of prompts and tokens of a prefill of prompts whose
// longest has n tokens. On a device with fixed row tiles it holds as many tokens as a
// tile has rows: with the prompt's own bucket that fixes the problem's size, so that a
// prompt's keys and values do not depend on its neighbours.
func (s *shape) prefillShape(rowTile, prompts, n int) (rows, tokens int) {
	tokens = min(bucket(n), s.width)
	if rowTile > 0 {
		return max(1, rowTile/tokens), tokens
	}
	return min(rowBucket(prompts), s.rows), tokens
}
