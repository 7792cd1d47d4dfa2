package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rlvr-go/rlvr/configs"
	"github.com/rlvr-go/rlvr/trainer/compare"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// canCheckBands refuses --check-bands where there would be nothing to check, before the
// run.
func canCheckBands(c *configs.Config) error {
	switch {
	case len(c.Bands) == 0:
		return userError(errors.New("--check-bands: the config has no bands"))
	case !slices.Contains(c.Logging.ReportTo, "jsonl"):
		return userError(errors.New("--check-bands: logging.report_to has no jsonl, where the metrics would be"))
	}
	return nil
}

// checkBands compares the metrics of a run that has ended with the config's bands; one that
// misses is an error.
func checkBands(c *configs.Config, dir *runlog.Dir, log *runlog.Logger) error {
	records, err := runlog.ReadMetrics(dir.Path(runlog.MetricsFile))
	if err != nil {
		return err
	}
	t := compare.Table{{"metric", "step", "value", "low", "high", ""}}
	missed := 0
	for _, r := range runlog.CheckBands(c.Bands, records) {
		step, value, verdict := strconv.Itoa(r.At), strconv.FormatFloat(r.Value, 'g', 7, 64), "ok"
		if !r.Found {
			step, value = strconv.Itoa(r.Step), "none"
		}
		if !r.OK() {
			missed++
			verdict = "MISSED"
		}
		t.Row(r.Metric, step, value, strconv.FormatFloat(r.Low, 'g', -1, 64), strconv.FormatFloat(r.High, 'g', -1, 64), verdict)
	}
	log.Printf("")
	const columns = 100
	for line := range strings.Lines(t.Text(columns)) {
		log.Printf("%s", strings.TrimRight(line, "\n"))
	}
	if missed > 0 {
		return fmt.Errorf("%d of %d bands missed", missed, len(c.Bands))
	}
	return nil
}
