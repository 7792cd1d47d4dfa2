package runlog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"
)

// Logger writes a run's records to all the places that its options name. It is safe
// for concurrent use. Once a method has failed the run should stop: what it was to
// write may be missing.
type Logger struct {
	mu      sync.Mutex
	options Options
	console *console
	log     *os.File
	metrics *os.File   // nil: not asked for
	samples *os.File   // likewise
	events  *eventFile // likewise
	history *history
	stage   Stage
	pace    pace
}

// New opens the files of the run folder d for appending; of a resumed run cut them
// back first ([Dir.CutBack]). Out is the terminal or what stands in its place.
func New(d *Dir, o Options, out io.Writer) (*Logger, error) {
	h, err := readHistory(d.Path(MetricsFile))
	if err != nil {
		return nil, err
	}
	l := &Logger{options: o, history: h}
	if err := l.open(d); err != nil {
		return nil, errors.Join(fmt.Errorf("runlog: %w", err), l.closeFiles())
	}
	l.console = newConsole(out, l.log)
	return l, nil
}

func (l *Logger) open(d *Dir) (err error) {
	appending := func(name string) (*os.File, error) {
		return os.OpenFile(d.Path(name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	}
	if l.log, err = appending(LogFile); err != nil {
		return err
	}
	if slices.Contains(l.options.ReportTo, "jsonl") {
		if l.metrics, err = appending(MetricsFile); err != nil {
			return err
		}
		if l.samples, err = appending(SamplesFile); err != nil {
			return err
		}
	}
	if slices.Contains(l.options.ReportTo, "tensorboard") {
		l.events, err = newEventFile(d.Path(EventsDir), time.Now())
	}
	return err
}

// Printf shows a line on the console and in log.txt.
func (l *Logger) Printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.console.print(fmt.Sprintf(format, args...))
}

// Stage announces a stage; the lines of the steps that follow are about it.
func (l *Logger) Stage(s Stage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.console.keep()
	l.stage, l.pace = s, pace{}
	l.console.print(s.banner()...)
}

// Step records the metrics of a step; evaluation that belongs to it is among them.
// Steps are recorded once and in order. A name that is not declared ([Metrics]) is
// an error, and nothing is written then.
func (l *Logger) Step(r Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.history.empty && r.Step <= l.history.last {
		return fmt.Errorf("runlog: step %d is recorded after step %d", r.Step, l.history.last)
	}
	names, err := r.names()
	if err != nil {
		return err
	}
	text, err := r.encode()
	if err != nil {
		return err
	}
	if l.metrics != nil {
		if _, err := l.metrics.Write(text); err != nil {
			return fmt.Errorf("runlog: step %d: %w", r.Step, err)
		}
	}
	if l.events != nil {
		if err := l.events.scalars(&r, names); err != nil {
			return fmt.Errorf("runlog: step %d: tensorboard: %w", r.Step, err)
		}
	}
	l.history.add(&r)
	l.show(&r)
	return l.console.err
}

// show puts a step on the console: its line, and a line for each evaluation.
func (l *Logger) show(r *Record) {
	evals := evaluations(r)
	if r.Step > 0 {
		l.pace.add(r.Time)
		eta := ""
		if left, ok := l.pace.left(l.stage.Last - r.Step); ok {
			eta = span(left)
		}
		due := r.Step%l.options.LoggingSteps == 0 || r.Step == l.stage.First || r.Step == l.stage.Last || len(evals) > 0
		l.console.progress(stepPieces(r, &l.stage, eta), due)
	}
	for i := range evals {
		l.console.keep()
		l.console.print(evals[i].String())
	}
}

// Samples records a step's first completions, as many as the options say, and shows
// them as a table when one is due.
func (l *Logger) Samples(step int, samples []Sample) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	samples = samples[:min(len(samples), l.options.NumCompletions)]
	if len(samples) == 0 {
		return nil
	}
	if l.samples != nil {
		var text []byte
		for i := range samples {
			one, err := samples[i].encode()
			if err != nil {
				return err
			}
			text = append(text, one...)
		}
		if _, err := l.samples.Write(text); err != nil {
			return fmt.Errorf("runlog: samples of step %d: %w", step, err)
		}
	}
	if every := l.options.CompletionsSteps; every > 0 && step%every == 0 {
		l.console.keep()
		lines := append([]string{""}, completions(samples, l.console.width())...)
		l.console.print(append(lines, "")...)
	}
	return l.console.err
}

// Final shows the end of the run: accuracy before and after each stage with 95 %
// intervals (evaluations of the set "test"), the curve of the reward, where the
// checkpoint is and what to try next.
func (l *Logger) Final(f Final) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.console.keep()
	l.console.print(l.history.report(&f, l.console.width())...)
	return l.console.err
}

// Sync makes everything recorded so far durable. Call it before a checkpoint is
// saved: a resumed run expects its files to reach as far as the checkpoint.
func (l *Logger) Sync() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, f := range l.files() {
		errs = append(errs, f.Sync())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("runlog: %w", err)
	}
	return nil
}

// Close ends the live line and closes the files, after making them durable. The run
// folder stays locked.
func (l *Logger) Close() error {
	err := l.Sync()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.console.keep()
	return errors.Join(err, l.console.err, l.closeFiles())
}

func (l *Logger) files() []*os.File {
	all := []*os.File{l.log, l.metrics, l.samples}
	if l.events != nil {
		all = append(all, l.events.f)
	}
	return slices.DeleteFunc(all, func(f *os.File) bool { return f == nil })
}

func (l *Logger) closeFiles() error {
	var errs []error
	for _, f := range l.files() {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
