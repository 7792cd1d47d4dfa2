package runlog_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rlvr-go/rlvr/trainer/runlog"
)

func Example() {
	parent, err := os.MkdirTemp("", "runlog")
	check(err)
	defer os.RemoveAll(parent)
	dir, err := runlog.OpenDir(filepath.Join(parent, "run"), runlog.Fresh, nil)
	check(err)
	log, err := runlog.New(dir, runlog.DefaultOptions(), os.Stdout)
	check(err)

	log.Stage(runlog.Stage{Name: "grpo", Algorithm: "grpo", Number: 1, Of: 1, First: 1, Last: 1})
	check(log.Step(runlog.Record{Step: 1, Stage: "grpo", Time: time.Now(), Values: map[string]float64{"reward": 0.5, "entropy": 1.25}}))
	check(log.Eval(1, "grpo", map[string]float64{"eval/test/avg@1": 0.5, "eval/test/num_problems": 100}))
	check(log.Close())
	check(dir.Close())

	records, err := runlog.ReadMetrics(filepath.Join(parent, "run", runlog.MetricsFile))
	check(err)
	fmt.Println(len(records), records[0].Values["eval/test/avg@1"])
	// Output:
	// == stage 1/1: grpo, steps 1 to 1 ==
	// grpo 1/1 reward .500 ent 1.25
	// eval test, after grpo: avg@1 .500 [.404, .596] of 100 problems
	// 1 0.5
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
