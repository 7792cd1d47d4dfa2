package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/rlvr-go/rlvr/configs"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// selfTestSize is how many problems a self-test looks at, 0 for all.
func selfTestSize(full bool) int {
	if full {
		return 0
	}
	return verifier.SelfTestSize
}

// testTasks tests the verifiers of all tasks that make their problems; the others need
// files, which a config names.
func testTasks(ctx context.Context, size int) []selfTest {
	var out []selfTest
	for _, info := range tasks.List() {
		task, err := tasks.New(info.Name, nil)
		if err != nil {
			continue
		}
		out = append(out, testTask(ctx, task, &verifier.Options{Verifier: task.Verifier()}, size))
	}
	return out
}

// testConfig tests the verifier of a config on its problems.
func testConfig(ctx context.Context, c *configs.Config, size int) selfTest {
	task, err := tasks.Open(c.Data)
	if err != nil {
		return selfTest{Task: c.Data.Task, State: stateBroken, Detail: err.Error()}
	}
	return testTask(ctx, task, &c.Reward, size)
}

// testTask tests the verifier of rewards that says what is right on the problems of a task.
func testTask(ctx context.Context, task tasks.Task, o *verifier.Options, size int) selfTest {
	s := selfTest{Task: task.Name(), Verifier: o.Correctness, State: stateBroken}
	if s.Verifier == "" {
		s.Verifier = o.List()[0].Name
	}
	found, err := func() (verifier.SelfTested, error) {
		var all []data.Example
		for _, name := range tasks.Splits {
			problems, err := task.Split(name)
			if err != nil {
				return verifier.SelfTested{}, err
			}
			all = slices.Concat(all, problems)
		}
		rewards, err := o.Open(slog.New(slog.DiscardHandler))
		if err != nil {
			return verifier.SelfTested{}, err
		}
		found, err := rewards.SelfTest(ctx, verifier.Sample(all, size))
		return found, errors.Join(err, rewards.Close())
	}()
	if err != nil {
		s.Detail = err.Error()
		return s
	}
	s.State = stateOK
	s.Detail = fmt.Sprintf("accepts %d reference answers, rejects %d of other problems", found.Golds, found.Shuffled-found.Coincidences)
	return s
}
