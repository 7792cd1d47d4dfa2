package runlog

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// CutBack removes what the run's files say of steps after step, so that a resumed
// run can write it again: lines of metrics.jsonl and samples.jsonl, and TensorBoard
// events. A line or event that was half written when a process was killed goes
// too. log.txt stays as it is: it tells what happened. Call it before [New].
//
// The files are in the order of steps, so each is cut at one place, by one system
// call: whatever interrupts CutBack, doing it again finishes it.
func (d *Dir) CutBack(step int) error {
	for _, name := range []string{MetricsFile, SamplesFile} {
		if err := cutLines(d.Path(name), step); err != nil {
			return fmt.Errorf("runlog: cut back to step %d: %w", step, err)
		}
	}
	if err := cutEvents(d.Path(EventsDir), step); err != nil {
		return fmt.Errorf("runlog: cut back to step %d: %w", step, err)
	}
	return nil
}

// cutLines keeps the lines of a JSONL file up to the first that is of a later step
// or damaged. A line of an early step after that place means that something else
// wrote the file; it is left alone then.
func cutLines(path string, step int) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	keep, err := keepLines(f, step)
	if err == nil {
		err = f.Truncate(keep)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// keepLines is the number of bytes to keep.
func keepLines(r io.Reader, step int) (int64, error) {
	in := bufio.NewReader(r)
	var keep int64
	cut := false
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return keep, nil // a last line without its end was half written
		}
		if err != nil {
			return 0, err
		}
		at, ok := lineStep(line)
		early := ok && at <= step
		switch {
		case early && cut:
			return 0, fmt.Errorf("line %d is of step %d, after a line that is damaged or of a step beyond %d", number, at, step)
		case early:
			keep += int64(len(line))
		default:
			cut = true
		}
	}
}

// lineStep is the step that a line belongs to; not ok for a damaged line.
func lineStep(line []byte) (int, bool) {
	var head struct {
		Step *int `json:"step"`
	}
	if json.Unmarshal(line, &head) != nil || head.Step == nil {
		return 0, false
	}
	return *head.Step, true
}
