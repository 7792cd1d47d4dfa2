package trainer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
	"github.com/rlvr-go/rlvr/data"
)

// This file saves rollouts that wait for their step: what they are in the trainer's
// state, their tokens and log-probabilities as tensors that hold those of all rollouts
// one after the other. Texts and verdicts follow from them.

// The tensors of the queue.
const (
	queueTokens    = "queue.tokens"
	queueLogProbs  = "queue.rollout_log_probs"
	queueTruncated = "queue.truncated_log_probs"
	queueRoutes    = "queue.routes"
)

// savedGroup is a group of a queued step.
type savedGroup struct {
	// Problem is the index among the training problems.
	Problem  int            `json:"problem"`
	Rollouts []savedRollout `json:"rollouts"`
}

// savedRollout says how much of the tensors is a rollout's.
type savedRollout struct {
	Sample        int               `json:"sample"`
	Finish        data.FinishReason `json:"finish"`
	PolicyVersion int               `json:"policy_version"`
	Tokens        int               `json:"tokens"`
	// Truncated is as Tokens, or 0 where nothing was truncated.
	Truncated int `json:"truncated"`
	Routes    int `json:"routes"`
}

// saveQueue lists what waits and the tensors that belong to it.
func (t *Trainer) saveQueue(queue []*data.Scored) ([][]savedGroup, []checkpoints.Tensor, error) {
	if len(queue) == 0 {
		return nil, nil, nil
	}
	problem := make(map[*data.Example]int, len(t.train))
	for i := range t.train {
		problem[t.train[i].example] = i
	}
	var all queued
	out := make([][]savedGroup, len(queue))
	for i, s := range queue {
		for g := range s.Groups {
			saved := savedGroup{Problem: problem[s.Groups[g].Example]}
			for j := range s.Groups[g].Rollouts {
				r, err := all.add(&s.Groups[g].Rollouts[j])
				if err != nil {
					return nil, nil, err
				}
				saved.Rollouts = append(saved.Rollouts, r)
			}
			out[i] = append(out[i], saved)
		}
	}
	return out, []checkpoints.Tensor{
		vector(queueTokens, safetensors.I32, all.tokens), vector(queueLogProbs, safetensors.F32, all.logProbs),
		vector(queueTruncated, safetensors.F32, all.truncated), vector(queueRoutes, safetensors.I32, all.routes),
	}, nil
}

// vector is a tensor [n] of 4-byte values.
func vector[T int32 | float32](name string, dtype safetensors.DType, x []T) checkpoints.Tensor {
	return checkpoints.Tensor{Name: name, DType: dtype, Shape: []int{len(x)}, Produce: func(to io.Writer) error {
		return binary.Write(to, binary.LittleEndian, x)
	}}
}

// queued is what the tensors hold.
type queued struct {
	tokens, routes      []int32
	logProbs, truncated []float32
}

// add appends a rollout, which is one segment as the sampler makes it.
func (q *queued) add(r *data.Rollout) (savedRollout, error) {
	if len(r.Segments) != 1 || len(r.Segments[0].RolloutLogProbs) != len(r.Segments[0].Tokens) {
		return savedRollout{}, fmt.Errorf("a rollout of %d segments cannot be saved", len(r.Segments))
	}
	s := &r.Segments[0]
	q.tokens, q.routes = append(q.tokens, s.Tokens...), append(q.routes, r.Routes...)
	q.logProbs, q.truncated = append(q.logProbs, s.RolloutLogProbs...), append(q.truncated, s.TruncatedLogProbs...)
	return savedRollout{
		Sample: r.Sample, Finish: r.Finish, PolicyVersion: r.PolicyVersion,
		Tokens: len(s.Tokens), Truncated: len(s.TruncatedLogProbs), Routes: len(r.Routes),
	}, nil
}

// restoreQueue makes rollouts of what was saved; they are judged when their step comes.
func (t *Trainer) restoreQueue(st *stage) error {
	if len(t.state.Queue) == 0 {
		return nil
	}
	all, err := loadQueued(t.saved.Optimizer)
	if err != nil {
		return err
	}
	st.queue = make([]*data.Scored, len(t.state.Queue))
	for i, groups := range t.state.Queue {
		st.queue[i] = &data.Scored{}
		for _, g := range groups {
			if g.Problem < 0 || g.Problem >= len(t.train) {
				return fmt.Errorf("problem %d of %d", g.Problem, len(t.train))
			}
			p := t.train[g.Problem]
			group := data.Group{Example: p.example, Prompt: p.tokens, Rollouts: make([]data.Rollout, len(g.Rollouts))}
			for j, r := range g.Rollouts {
				if group.Rollouts[j], err = all.take(r, t.policy.Arch.VocabSize); err != nil {
					return fmt.Errorf("step %d, problem %d, rollout %d: %w", i, g.Problem, j, err)
				}
				group.Rollouts[j].Text = st.generator.stop.text(group.Rollouts[j].Tokens())
			}
			st.queue[i].Groups = append(st.queue[i].Groups, group)
		}
	}
	if len(all.tokens)+len(all.logProbs)+len(all.truncated)+len(all.routes) > 0 {
		return fmt.Errorf("%d tokens more than the rollouts have", len(all.tokens))
	}
	return nil
}

// loadQueued reads the tensors of a checkpoint.
func loadQueued(saved []checkpoints.Tensor) (*queued, error) {
	read := func(name string, dtype safetensors.DType) ([]byte, error) {
		for i := range saved {
			if saved[i].Name == name && saved[i].DType == dtype {
				return saved[i].Data, nil
			}
		}
		return nil, fmt.Errorf("%s of dtype %s is missing", name, dtype)
	}
	tokens, err1 := read(queueTokens, safetensors.I32)
	routes, err2 := read(queueRoutes, safetensors.I32)
	logProbs, err3 := read(queueLogProbs, safetensors.F32)
	truncated, err4 := read(queueTruncated, safetensors.F32)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	q := &queued{tokens: words(tokens), routes: words(routes)}
	if q.logProbs, err1 = safetensors.ToFloat32(safetensors.F32, logProbs); err1 != nil {
		return nil, err1
	}
	q.truncated, err1 = safetensors.ToFloat32(safetensors.F32, truncated)
	return q, err1
}

// words reads little-endian 4-byte integers.
func words(raw []byte) []int32 {
	out := make([]int32, len(raw)/4)
	for i := range out {
		out[i] = int32(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out
}

// take is the next rollout, of what is left.
func (q *queued) take(r savedRollout, vocab int) (data.Rollout, error) {
	if r.Tokens < 1 || r.Tokens > len(q.tokens) || r.Tokens > len(q.logProbs) || r.Routes < 0 || r.Routes > len(q.routes) ||
		r.Truncated < 0 || r.Truncated > len(q.truncated) || r.Truncated != 0 && r.Truncated != r.Tokens {
		return data.Rollout{}, fmt.Errorf("%d tokens of %d, %d routes of %d, %d truncated of %d",
			r.Tokens, min(len(q.tokens), len(q.logProbs)), r.Routes, len(q.routes), r.Truncated, len(q.truncated))
	}
	if r.Finish > data.FinishLength || r.Sample < 0 {
		return data.Rollout{}, fmt.Errorf("finish reason %d of sample %d", r.Finish, r.Sample)
	}
	s := data.Segment{Author: data.AuthorPolicy, Tokens: cut(&q.tokens, r.Tokens), RolloutLogProbs: cut(&q.logProbs, r.Tokens), TruncatedLogProbs: cut(&q.truncated, r.Truncated)}
	for _, id := range s.Tokens {
		if id < 0 || int(id) >= vocab {
			return data.Rollout{}, fmt.Errorf("token %d of a vocabulary of %d", id, vocab)
		}
	}
	return data.Rollout{Sample: r.Sample, Segments: []data.Segment{s}, Routes: cut(&q.routes, r.Routes), Finish: r.Finish, PolicyVersion: r.PolicyVersion}, nil
}

// cut takes the first n elements off x, nil for none.
func cut[T any](x *[]T, n int) []T {
	if n == 0 {
		return nil
	}
	out := (*x)[:n:n]
	*x = (*x)[n:]
	return out
}
