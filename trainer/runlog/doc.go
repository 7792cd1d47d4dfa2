// Package runlog is everything a run writes about itself: the run folder and its
// lock, metrics.jsonl, samples.jsonl, TensorBoard events, log.txt and the console.
//
// # Terms
//
//   - Metric: a named number of a step. One table ([Metrics]) declares them all, with
//     unit, meaning and class; logging another name is an error.
//   - Deterministic metric: equal when a step is done again after a resume. The
//     others (times, throughput) are measured.
//   - Record: the metrics of one step, a line of metrics.jsonl.
//   - Run folder: the output_dir of a run ([Dir]). It is never overwritten.
//
// # What is durable
//
// Nothing is buffered in the process: once [Logger.Step] or [Logger.Samples] has
// returned, a killed process loses nothing of it. A power failure may lose what
// was written since [Logger.Sync], which the trainer calls before it saves a
// checkpoint, so that the files reach at least as far as the checkpoint. A line
// that was half written is removed when the run is resumed ([Dir.CutBack]).
package runlog
