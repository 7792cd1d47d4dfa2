package sampler

import "testing"

func TestBucket(t *testing.T) {
	for n, want := range map[int]int{
		0: 0, 1: 8, 7: 8, 8: 8, 9: 16, 16: 16, 17: 24, 24: 24, 25: 32, 32: 32, 33: 48, 48: 48, 49: 64, 64: 64, 65: 80, 96: 96,
		97: 112, 128: 128, 129: 160, 160: 160, 161: 192, 192: 192, 193: 224, 256: 256, 257: 320, 512: 512, 513: 640, 1025: 1280,
		131071: 131072, 131073: 163840,
	} {
		if got := bucket(n); got != want {
			t.Errorf("bucket(%d) = %d, want %d", n, got, want)
		}
	}
}

// TestBucketsAreFewAndTight walks all lengths up to 128k.
func TestBucketsAreFewAndTight(t *testing.T) {
	last, count := 0, 0
	for n := 1; n <= 1<<17; n++ {
		b := bucket(n)
		switch {
		case b < n || b < last || b%8 != 0 || bucket(b) != b:
			t.Fatalf("bucket(%d) = %d after %d", n, b, last)
		case n > 128 && float64(b-n) > 0.25*float64(n):
			t.Fatalf("bucket(%d) = %d wastes more than a quarter", n, b)
		case b != last:
			last = b
			count++
		}
	}
	// 4 up to 32, 6 up to 128, then 4 for each of 10 doublings.
	if count != 50 {
		t.Errorf("%d buckets up to 131072, want 50", count)
	}
}

func TestRowBucket(t *testing.T) {
	for n, want := range map[int]int{-1: 1, 0: 1, 1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 255: 256, 256: 256, 257: 512} {
		if got := rowBucket(n); got != want {
			t.Errorf("rowBucket(%d) = %d, want %d", n, got, want)
		}
	}
}

func TestShapeOf(t *testing.T) {
	o := Options{MaxCompletionLength: 20, ChunkTokens: 8, MaxRows: 256}
	one, short, few := o, o, o
	one.MaxCompletionLength, short.MaxCompletionLength, few.MaxRows = 1, 5, 100
	for name, c := range map[string]struct {
		o                                 *Options
		rowTile, parallel, tasks, longest int
		want                              shape
	}{
		"any rows":                         {&o, 0, 1, 70, 10, shape{rows: 128, tiles: 1, width: 32, chunk: 8}},
		"no more than asked":               {&o, 0, 1, 5000, 10, shape{rows: 256, tiles: 1, width: 32, chunk: 8}},
		"one completion":                   {&o, 0, 1, 1, 100, shape{rows: 1, tiles: 1, width: 128, chunk: 8}},
		"tiles":                            {&o, 64, 8, 5000, 10, shape{rows: 64, tiles: 4, width: 32, chunk: 8}},
		"as many tiles as cores":           {&o, 64, 2, 5000, 10, shape{rows: 64, tiles: 2, width: 32, chunk: 8}},
		"a tile for few completions":       {&o, 64, 8, 3, 10, shape{rows: 64, tiles: 1, width: 32, chunk: 8}},
		"tiles for max_rows":               {&few, 64, 8, 5000, 10, shape{rows: 64, tiles: 2, width: 32, chunk: 8}},
		"the first token is the prefill's": {&short, 0, 1, 4, 10, shape{rows: 4, tiles: 1, width: 16, chunk: 4}},
		"one token":                        {&one, 0, 1, 4, 10, shape{rows: 4, tiles: 1, width: 16, chunk: 1}},
	} {
		if got := shapeOf(c.o, c.rowTile, c.parallel, c.tasks, c.longest); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestPrefillShape(t *testing.T) {
	s := shape{rows: 64, width: 96}
	for _, c := range []struct{ rowTile, prompts, n, rows, tokens int }{
		{0, 5, 10, 8, 16},
		{0, 500, 10, 64, 16}, // no more than rows
		{0, 1, 90, 1, 96},
		{64, 5, 10, 4, 16}, // whatever the number of prompts
		{64, 1, 10, 4, 16},
		{64, 3, 7, 8, 8},
		{64, 3, 24, 2, 24},
		{64, 3, 90, 1, 96},
	} {
		if rows, tokens := s.prefillShape(c.rowTile, c.prompts, c.n); rows != c.rows || tokens != c.tokens {
			t.Errorf("tile %d, %d prompts of up to %d: %d x %d, want %d x %d", c.rowTile, c.prompts, c.n, rows, tokens, c.rows, c.tokens)
		}
	}
}
