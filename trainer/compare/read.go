package compare

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/trainer/evaluation"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// State is how far a run came.
type State string

// The states.
const (
	// Unfinished runs were interrupted or killed, or go on now.
	Unfinished State = "unfinished"
	Finished   State = "finished"
	// Failed runs ended by themselves before their last step.
	Failed State = "failed"
)

// Run is what the folder of a run says.
type Run struct {
	Dir string
	// Seed is that of its config.
	Seed  int64
	State State
	// Reason says why a run failed.
	Reason string
	// BadBatches is the number of steps whose batch was kept because its loss or gradient
	// was not finite. A step that ends the run has no record.
	BadBatches int
	// Records are the metrics of its steps in their order.
	Records []runlog.Record
	// scores are the shares of right completions by set and problem, where the folder
	// has a [ProblemsFile].
	scores map[string]map[string]float64
}

// ProblemsFile is the file of rlvr eval --out in a run folder that says how the run did
// on each problem in the end.
const ProblemsFile = "eval.jsonl"

// NumProblems is the number of problems of a set that the run was evaluated on last; 0
// if it was not.
func (r *Run) NumProblems(set string) int {
	for i := len(r.Records) - 1; i >= 0; i-- {
		if n, ok := r.Records[i].Values["eval/"+set+"/num_problems"]; ok {
			return int(n)
		}
	}
	return 0
}

// Scored reports whether the [ProblemsFile] has all problems of a set.
func (r *Run) Scored(set string) bool {
	return len(r.scores[set]) > 0 && len(r.scores[set]) == r.NumProblems(set)
}

// Arm is a way to train and its runs, by seed.
type Arm struct {
	Name string
	Runs []*Run
}

// ErrNoRun says that there is no run in a folder.
var ErrNoRun = errors.New("no run folder, and none in it")

// ReadArm reads a run folder, or all the run folders that are in a folder. Each seed
// may be there once. Runs that are unfinished are an error, as are folders without a
// config.yaml that names a seed.
func ReadArm(name, dir string) (*Arm, error) {
	folders, err := runFolders(dir)
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	arm := &Arm{Name: name}
	var faults []error
	for _, f := range folders {
		r, err := ReadRun(f)
		switch {
		case err != nil:
			faults = append(faults, err)
		case r.State == Unfinished:
			faults = append(faults, fmt.Errorf("compare: %s is not finished: rlvr train goes on with it under --resume", f))
		default:
			arm.Runs = append(arm.Runs, r)
		}
	}
	slices.SortStableFunc(arm.Runs, func(a, b *Run) int { return cmp.Compare(a.Seed, b.Seed) })
	for i := 1; i < len(arm.Runs); i++ {
		if a, b := arm.Runs[i-1], arm.Runs[i]; a.Seed == b.Seed {
			faults = append(faults, fmt.Errorf("compare: %s and %s both have seed %d: one run a seed", a.Dir, b.Dir, a.Seed))
		}
	}
	return arm, errors.Join(faults...)
}

// runFolders are dir, if a run made it, or the folders in it that runs made.
func runFolders(dir string) ([]string, error) {
	if isRun(dir) {
		return []string{dir}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if sub := filepath.Join(dir, e.Name()); e.IsDir() && isRun(sub) {
			out = append(out, sub)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: %w", dir, ErrNoRun)
	}
	return out, nil
}

// isRun reports whether a run wrote its config into a folder.
func isRun(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, runlog.ConfigFile))
	return err == nil && info.Mode().IsRegular()
}

// ReadRun reads a run folder. A run that was stopped before its first step has no
// records.
func ReadRun(dir string) (*Run, error) {
	r := &Run{Dir: dir}
	var err error
	if r.Seed, err = readSeed(filepath.Join(dir, runlog.ConfigFile)); err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	if r.State, r.Reason, err = readState(filepath.Join(dir, runlog.LogFile)); err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	r.Records, err = runlog.ReadMetrics(filepath.Join(dir, runlog.MetricsFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("compare: %w", err)
	}
	bad, err := os.ReadDir(filepath.Join(dir, runlog.BadBatchDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("compare: %w", err)
	}
	r.BadBatches = len(bad)
	if r.scores, err = readScores(filepath.Join(dir, ProblemsFile)); err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	if len(r.Records) == 0 && r.State == Finished {
		return nil, fmt.Errorf("compare: %s has no metrics: its config must have jsonl in logging.report_to", dir)
	}
	return r, nil
}

// readScores reads the shares of right completions by set and problem; nil where there is
// no file. A problem without a judged completion has none.
func readScores(path string) (map[string]map[string]float64, error) {
	_, problems, err := evaluation.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := map[string]map[string]float64{}
	for _, p := range problems {
		if out[p.Set] == nil {
			out[p.Set] = map[string]float64{}
		}
		judged, right := 0, 0
		for i := range p.Completions {
			if c := &p.Completions[i]; !c.Masked {
				judged++
				if c.Verdict == data.Correct.String() {
					right++
				}
			}
		}
		if judged > 0 {
			out[p.Set][p.ID] = float64(right) / float64(judged)
		}
	}
	return out, nil
}

// readSeed finds the seed in a resolved config, whose first level has a line for it.
func readSeed(path string) (int64, error) {
	seed, found := int64(0), false
	err := eachLine(path, func(text string) error {
		word, ok := strings.CutPrefix(text, "seed:")
		if !ok || found {
			return nil
		}
		var err error
		if seed, err = strconv.ParseInt(strings.TrimSpace(word), 10, 64); err != nil {
			return fmt.Errorf("%s: seed: found %.40q, allowed: a number", path, word)
		}
		found = true
		return nil
	})
	if err == nil && !found {
		err = fmt.Errorf("%s names no seed: not the config of a run", path)
	}
	return seed, err
}

// What rlvr train writes into log.txt when it begins, and when it ends.
const (
	beginning  = "run folder "
	ending     = "checkpoint  "
	breakingUp = "stopped: "
)

// readState is how the last process that worked on a run ended, by its log.
func readState(path string) (state State, reason string, err error) {
	state = Unfinished
	err = eachLine(path, func(text string) error {
		switch {
		case strings.HasPrefix(text, beginning):
			state, reason = Unfinished, ""
		case strings.HasPrefix(text, ending):
			state = Finished
		case strings.HasPrefix(text, breakingUp):
			state, reason = Failed, strings.TrimPrefix(text, breakingUp)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return state, reason, err
}

// mostLine bounds what is kept of a line: what is looked for is at its beginning.
const mostLine = 1 << 12

// eachLine calls use with the beginning of each line of a file.
func eachLine(path string, use func(text string) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, mostLine)
	for {
		text, more, err := in.ReadLine()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := use(string(text)); err != nil {
			return err
		}
		for more && err == nil { // the rest of a long line
			_, more, err = in.ReadLine()
		}
	}
}
