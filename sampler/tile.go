package sampler

import (
	"context"
	"fmt"
	"slices"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// tile decodes a fixed number of rows with one cache.
type tile struct {
	s *Sampler
	programs
	policy  *model.Policy
	prompts []Prompt
	draw    Draw
	shape   shape
	queue   *queue
	emit    func(Result)
	rows    []row
	cache   []*device.Tensor
}

// run fills free rows with tasks and decodes chunks until nothing is left.
func (t *tile) run(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		busy := t.numBusy()
		// Admitting a few rows costs about as much as admitting many: wait for a
		// quarter of them to be free.
		if free := len(t.rows) - busy; busy == 0 || free >= (len(t.rows)+3)/4 {
			if err := t.admit(); err != nil {
				return err
			}
		}
		if t.numBusy() == 0 {
			if t.queue.empty() {
				return device.Free(t.cache)
			}
			continue
		}
		if err := t.decode(); err != nil {
			return err
		}
	}
}

func (t *tile) numBusy() int {
	n := 0
	for i := range t.rows {
		if t.rows[i].busy {
			n++
		}
	}
	return n
}

// admit gives free rows new tasks, prefill by prefill, until rows or tasks run out.
func (t *tile) admit() error {
	for {
		var free []int
		for i := range t.rows {
			if !t.rows[i].busy {
				free = append(free, i)
			}
		}
		tasks := t.queue.take(len(free), func(p int) int { return bucket(len(t.prompts[p].Tokens)) })
		if len(tasks) == 0 {
			return nil
		}
		for len(tasks) > 0 {
			n, err := t.prefill(tasks, free)
			if err != nil {
				return err
			}
			tasks, free = tasks[n:], free[n:]
		}
	}
}

// prefill computes the prompts of as many of the tasks as one prefill holds, puts
// each task into a free row and takes its first token. It returns their number.
func (t *tile) prefill(tasks []task, free []int) (int, error) {
	distinct := map[int]int{} // prompt -> line of the prefill
	longest, total := 0, 0
	for _, k := range tasks {
		if _, ok := distinct[k.prompt]; !ok {
			distinct[k.prompt] = total
			total++
			longest = max(longest, len(t.prompts[k.prompt].Tokens))
		}
	}
	lines, width := t.shape.prefillShape(t.s.dev.RowTile, total, longest)
	ids := make([]int32, lines*width)
	lengths := make([]int32, lines)
	for i := range lengths {
		lengths[i] = 1
	}
	source := make([]int32, len(t.rows))
	for i := range source {
		source[i] = -1
	}
	n, room := 0, t.newRoom(len(tasks))
	for ; n < len(tasks); n++ {
		k := tasks[n]
		line := distinct[k.prompt]
		if line >= lines {
			break
		}
		prompt := &t.prompts[k.prompt]
		copy(ids[line*width:], prompt.Tokens)
		lengths[line] = int32(len(prompt.Tokens))
		source[free[n]] = int32(line)
		t.rows[free[n]] = row{
			task: k, busy: true, promptLen: len(prompt.Tokens), left: t.s.opts.MaxCompletionLength,
			result: room.result(k), key: t.draw.key(prompt.ID, k.sample),
		}
	}
	if t.cache == nil && !t.shape.once {
		var err error
		if t.cache, err = t.s.emptyCache(t.shape); err != nil {
			return 0, fmt.Errorf("sampler: cache: %w", err)
		}
	}
	out, err := t.programs.prefill.Call(device.Args(t.policy.Weights, device.Donate(t.cache), device.Array(ids, lines, width),
		device.Array(lengths, lines), device.Array(source, len(source)), t.keys(), t.temperature())...)
	if err != nil {
		return 0, fmt.Errorf("sampler: prefill: %w", err)
	}
	if t.s.opts.KeepRoutes {
		if err := t.promptRoutes(out[t.s.arch.NumCaches()+3], source, free[:n], lines); err != nil {
			return 0, err
		}
	}
	return n, t.collect(out, free[:n], nil)
}

// promptRoutes begins the routes of admitted rows with those of their prompts.
func (t *tile) promptRoutes(routes *device.Tensor, source []int32, rows []int, lines int) error {
	all, err := device.Values[int32](t.s.dev, routes)
	if err != nil {
		return fmt.Errorf("sampler: routes: %w", err)
	}
	line, token := len(all)/lines, t.s.routesPerToken()
	for _, i := range rows {
		t.rows[i].result.Routes = slices.Clone(all[int(source[i])*line:][:t.rows[i].promptLen*token])
	}
	return nil
}

// room is memory for the tokens of the results of a prefill, in one piece for many.
type room struct {
	each     int
	tokens   []int32
	logProbs []float32
}

// newRoom has room for a chunk's tokens in each of n results.
func (t *tile) newRoom(n int) *room {
	each := min(t.s.opts.MaxCompletionLength, t.shape.chunk+1)
	return &room{each: each, tokens: make([]int32, n*each), logProbs: make([]float32, n*each)}
}

// result is an empty result with its room.
func (r *room) result(k task) Result {
	out := Result{Prompt: k.prompt, Sample: k.sample, Tokens: r.tokens[:0:r.each], LogProbs: r.logProbs[:0:r.each]}
	r.tokens, r.logProbs = r.tokens[r.each:], r.logProbs[r.each:]
	return out
}

// decode runs one chunk for all busy rows.
func (t *tile) decode() error {
	b := len(t.rows)
	token, position, left := make([]int32, b), make([]int32, b), make([]int32, b)
	var busy []int
	for i := range t.rows {
		if r := &t.rows[i]; r.busy {
			busy = append(busy, i)
			token[i] = r.result.Tokens[len(r.result.Tokens)-1]
			position[i] = int32(r.promptLen + len(r.result.Tokens) - 1)
			left[i] = int32(r.left)
		}
	}
	out, err := t.programs.decode.Call(device.Args(t.policy.Weights, device.Donate(t.cache),
		device.Stack([][]int32{token, position, left}, b), t.keys(), t.temperature())...)
	if err != nil {
		return fmt.Errorf("sampler: decode: %w", err)
	}
	var routes []int32
	if t.s.opts.KeepRoutes {
		if routes, err = device.Values[int32](t.s.dev, out[t.s.arch.NumCaches()+3]); err != nil {
			return fmt.Errorf("sampler: routes: %w", err)
		}
	}
	return t.collect(out, busy, routes)
}

func (t *tile) temperature() *device.Tensor {
	return device.Array([]float32{float32(t.s.opts.Temperature)})
}

func (t *tile) keys() *device.Tensor {
	keys := make([]uint32, 0, 2*len(t.rows))
	for i := range t.rows {
		keys = append(keys, t.rows[i].key[0], t.rows[i].key[1])
	}
	return device.Array(keys, len(t.rows), 2)
}

// collect takes the new cache and the new tokens of rows from an executable's
// outputs, and emits the completions that ended. routes, if any, are of the tokens that
// each column was computed from.
func (t *tile) collect(out []*device.Tensor, rows []int, routes []int32) error {
	nc := t.s.arch.NumCaches()
	t.cache = out[:nc]
	tokens, err := device.Values[int32](t.s.dev, out[nc])
	if err != nil {
		return fmt.Errorf("sampler: tokens: %w", err)
	}
	logProbs, err := device.Values[float32](t.s.dev, out[nc+1])
	if err != nil {
		return fmt.Errorf("sampler: log-probs: %w", err)
	}
	var truncated []float32
	if t.s.truncates() {
		if truncated, err = device.Values[float32](t.s.dev, out[nc+2]); err != nil {
			return fmt.Errorf("sampler: truncated log-probs: %w", err)
		}
	}
	columns := len(tokens) / len(t.rows)
	for _, i := range rows {
		r := &t.rows[i]
		for c := i * columns; c < (i+1)*columns && r.left > 0; c++ {
			r.result.Tokens = append(r.result.Tokens, tokens[c])
			r.result.LogProbs = append(r.result.LogProbs, logProbs[c])
			if truncated != nil {
				r.result.TruncatedLogProbs = append(r.result.TruncatedLogProbs, truncated[c])
			}
			if n := t.s.routesPerToken(); routes != nil {
				r.result.Routes = append(r.result.Routes, routes[c*n:(c+1)*n]...)
			}
			r.left--
			if slices.Contains(t.s.eos, tokens[c]) {
				t.finish(r, data.FinishEOS)
			}
		}
		t.checkStop(r)
		if r.busy && r.left == 0 {
			t.finish(r, data.FinishLength)
		}
		if !r.busy {
			t.emit(r.result)
		}
	}
	return nil
}

// checkStop asks the Stopper about a row's new tokens. A stop string before the
// end-of-sequence token wins over it.
func (t *tile) checkStop(r *row) {
	if t.s.stopper == nil || len(r.result.Tokens) == r.seen {
		return
	}
	keep, stop := t.s.stopper.Stop(r.result.Tokens, r.seen)
	r.seen = len(r.result.Tokens)
	if !stop {
		return
	}
	r.result.Tokens = r.result.Tokens[:keep]
	r.result.LogProbs = r.result.LogProbs[:keep]
	if r.result.TruncatedLogProbs != nil {
		r.result.TruncatedLogProbs = r.result.TruncatedLogProbs[:keep]
	}
	if r.result.Routes != nil {
		r.result.Routes = r.result.Routes[:(r.promptLen+keep-1)*t.s.routesPerToken()]
	}
	t.finish(r, data.FinishStop)
}

func (t *tile) finish(r *row, reason data.FinishReason) {
	r.busy, r.left = false, 0
	r.result.Finish = reason
}
