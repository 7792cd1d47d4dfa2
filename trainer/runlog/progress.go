package runlog

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Stage is what the console says about a stage when it begins.
type Stage struct {
	Name string
	// Algorithm is the objective's name.
	Algorithm string
	// Number counts the stages of the run from 1; Of is how many there are.
	Number, Of int
	// First and Last are the first step that this process does in the stage and
	// the last that the stage can have.
	First, Last int
	// Notes are lines under the banner.
	Notes []string
}

// banner is the lines that begin a stage.
func (s *Stage) banner() []string {
	title := fmt.Sprintf("stage %d/%d: %s", s.Number, s.Of, s.Name)
	if s.Algorithm != s.Name {
		title += " (" + s.Algorithm + ")"
	}
	lines := []string{"", fmt.Sprintf("== %s, steps %d to %d ==", title, s.First, s.Last)}
	for _, note := range s.Notes {
		lines = append(lines, "   "+note)
	}
	return lines
}

// pace estimates the time that the rest of a stage takes: from the time between
// the ends of its last steps, so that evaluation and saving count and the first
// step, which compiles, does not.
type pace struct {
	ends []time.Time
}

// paceSteps is the number of steps that the average is over.
const paceSteps = 20

func (p *pace) add(end time.Time) {
	p.ends = append(p.ends, end)
	if len(p.ends) > paceSteps+1 {
		p.ends = p.ends[1:]
	}
}

// left is the time for n more steps; not ok before the second step.
func (p *pace) left(n int) (time.Duration, bool) {
	last := len(p.ends) - 1
	if last < 1 || n < 0 {
		return 0, false
	}
	whole := p.ends[last].Sub(p.ends[0])
	return time.Duration(float64(whole) / float64(last) * float64(n)), whole >= 0
}

// piece is a part of a step's line. Where the line is too long for the terminal
// the pieces of the highest rank are left out first.
type piece struct {
	text string
	rank int
}

// line joins the pieces, leaving out what does not fit into most cells (0: all).
func line(pieces []piece, most int) string {
	join := func() string {
		texts := make([]string, len(pieces))
		for i, p := range pieces {
			texts[i] = p.text
		}
		return strings.Join(texts, " ")
	}
	for most > 0 && width(join()) > most && len(pieces) > 1 {
		out := 0
		for i, p := range pieces {
			if p.rank >= pieces[out].rank {
				out = i
			}
		}
		pieces = slices.Delete(pieces, out, out+1)
	}
	if most > 0 {
		return fit(join(), most)
	}
	return join()
}

// stepPieces are the parts of a step's line: those whose metrics the record has.
func stepPieces(r *Record, s *Stage, eta string) []piece {
	out := []piece{{fmt.Sprintf("%s %d/%d", s.Name, r.Step, s.Last), 0}}
	put := func(rank int, show func(v []float64) string, names ...string) {
		v := make([]float64, len(names))
		for i, name := range names {
			x, ok := r.Values[name]
			if !ok {
				return
			}
			v[i] = x
		}
		out = append(out, piece{show(v), rank})
	}
	one := func(label string, format func(float64) string) func([]float64) string {
		return func(v []float64) string { return label + " " + format(v[0]) }
	}
	two := func(v float64) string { return decimal(v, 2) }
	three := func(v float64) string { return decimal(v, 3) }
	if _, online := r.Values["reward"]; !online {
		put(1, one("loss", three), "loss")
		put(5, one("grad", two), "grad_norm")
		put(5, one("lr", scientific), "learning_rate")
	}
	put(1, one("reward", three), "reward")
	put(4, func(v []float64) string { return "(+-" + decimal(v[0], 2) + ")" }, "reward_ci95")
	put(2, one("acc", two), "accuracy")
	put(3, func(v []float64) string { return "solved all/none " + two(v[0]) + "/" + two(v[1]) }, "solved_all", "solved_none")
	put(4, one("len", func(v float64) string { return decimal(v, 1) }), "completions/mean_length")
	put(5, func(v []float64) string { return "(trunc " + percent(v[0]) + ")" }, "completions/clipped_ratio")
	put(4, one("ent", two), "entropy")
	put(5, one("kl", scientific), "ppo_kl")
	put(5, one("ref-kl", scientific), "kl")
	put(5, one("clip", percent), "clip_ratio/region_mean")
	put(6, func(v []float64) string { return "dlogp " + scientific(v[0]) + "/" + scientific(v[1]) },
		"sampling/sampling_logp_difference/mean", "sampling/sampling_logp_difference/max")
	if r.Values["verifier/error_rate"] > 0 { // nothing to say is the usual case
		put(3, one("faults", percent), "verifier/error_rate")
	}
	out = append(out, speed(r)...)
	if eta != "" {
		out = append(out, piece{"eta " + eta, 2})
	}
	return out
}

// speed is throughput and where the time went.
func speed(r *Record) []piece {
	var out []piece
	var tokens []string
	for _, t := range []struct{ label, name string }{{"gen", "perf/gen_tokens_per_s"}, {"train", "perf/train_tokens_per_s"}} {
		if v, ok := r.Values[t.name]; ok {
			tokens = append(tokens, t.label+" "+rate(v))
		}
	}
	if len(tokens) > 0 {
		out = append(out, piece{strings.Join(tokens, " ") + " tok/s", 3})
	}
	whole := r.Values["timing_s/step"]
	gen, online := r.Values["timing_s/gen"]
	if whole > 0 && online {
		share := func(s float64) string { return decimal(100*s/whole, 0) }
		out = append(out, piece{fmt.Sprintf("gen/rew/upd %s/%s/%s%%",
			share(gen), share(r.Values["timing_s/reward"]), share(r.Values["timing_s/update"])), 6})
	}
	return out
}
