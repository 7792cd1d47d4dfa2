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
	metrics *metricsFile // nil: not asked for
	samples *os.File     // likewise
	events  *eventFile   // likewise
	history history
	stage   Stage
	pace    pace
}

// New opens the files of the run folder d to write behind what is in them; of a
// resumed run cut them back first ([Dir.CutBack]). Out is the terminal or what
// stands in its place.
func New(d *Dir, o Options, out io.Writer) (*Logger, error) {
	l := &Logger{options: o, history: history{reward: series{label: "reward", mark: '*'}}}
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
		if l.metrics, err = openMetrics(d.Path(MetricsFile), l.history.add); err != nil {
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

// Step records the metrics of a step. Steps are recorded once and in order. A name
// that is not declared ([Metrics]) is an error, and nothing is written then.
func (l *Logger) Step(r Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last := l.history.last; last != nil && r.Step <= last.Step {
		return fmt.Errorf("runlog: step %d is recorded after step %d", r.Step, last.Step)
	}
	if err := l.write(&r, &r); err != nil {
		return err
	}
	l.history.add(&r)
	l.showStep(&r)
	l.showEvaluations(&r, "")
	return l.console.err
}

// Eval records an evaluation that was made after the last step that is recorded (0
// before the first), when the stage of the name after had ended ("": before the
// first). Its metrics join the record of that step, so that metrics.jsonl has one
// object a step.
func (l *Logger) Eval(step int, after string, values map[string]float64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := &Record{Step: step, Stage: after, Time: time.Now(), Values: values}
	last := l.history.last
	switch {
	case last == nil || step > last.Step:
		if err := l.write(r, r); err != nil {
			return err
		}
		l.history.add(r)
	case step == last.Step:
		whole := l.history.completed(r)
		if err := l.write(whole, r); err != nil {
			return err
		}
		l.history.last = whole
		l.history.addEvaluations(r)
	default:
		return fmt.Errorf("runlog: evaluation of step %d is recorded after step %d", step, last.Step)
	}
	when := ", before training"
	if after != "" {
		when = ", after " + after
	}
	l.showEvaluations(r, when)
	return l.console.err
}

// write puts the whole record of a step into metrics.jsonl, and what is new of it
// into the TensorBoard events.
func (l *Logger) write(whole, added *Record) error {
	names, err := added.names()
	if err != nil {
		return err
	}
	line, err := whole.encode()
	if err != nil {
		return err
	}
	if l.metrics != nil {
		put := l.metrics.add
		if whole != added {
			put = l.metrics.complete
		}
		if err := put(line); err != nil {
			return fmt.Errorf("runlog: step %d: %w", whole.Step, err)
		}
	}
	if l.events != nil {
		if err := l.events.scalars(added, names); err != nil {
			return fmt.Errorf("runlog: step %d: tensorboard: %w", whole.Step, err)
		}
	}
	return nil
}

// showStep puts the line of a step on the console.
func (l *Logger) showStep(r *Record) {
	l.pace.add(r.Time)
	eta := ""
	if left, ok := l.pace.left(l.stage.Last - r.Step); ok && left > 0 {
		eta = span(left)
	}
	due := r.Step%l.options.LoggingSteps == 0 || r.Step == l.stage.First || r.Step == l.stage.Last
	l.console.progress(stepPieces(r, &l.stage, eta), due)
}

// showEvaluations puts a line for each evaluation of a record on the console.
func (l *Logger) showEvaluations(r *Record, when string) {
	for _, e := range evaluations(r) {
		l.console.keep()
		l.console.print("eval " + e.set + when + ": " + e.String())
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
	all := []*os.File{l.log, l.samples}
	if l.metrics != nil {
		all = append(all, l.metrics.f)
	}
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
