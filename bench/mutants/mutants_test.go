package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite testdata/report.golden")

// A package with known weaknesses: what its tests miss is found, and nothing else; an
// explanation of what is killed, or of nothing, is told.
func TestMutantsOfSmallPackage(t *testing.T) {
	archive, err := txtar.ParseFile(filepath.Join("testdata", "sums.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := txtar.Write(archive, dir); err != nil {
		t.Fatal(err)
	}
	var out, progress bytes.Buffer
	err = run(context.Background(), []string{"-package", dir, "-explained", "testdata/explained.txt", "-grace", "5s"}, &out, &progress)
	if !errors.Is(err, errSurvivors) {
		t.Fatalf("error %v, want survivors\n%s", err, progress.String())
	}
	path := filepath.Join("testdata", "report.golden")
	if *update {
		if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("report is\n%s\nwant\n%s", out.String(), want)
	}
}

// Each kind of change has an example in package algos: a change to the tool that loses
// one is seen.
func TestKindsOfMutants(t *testing.T) {
	var out bytes.Buffer
	if err := run(context.Background(), []string{"-package", "../../algos", "-explained", "explained.txt", "-list"}, &out, &out); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]string{
		"sign":              "Neg(weighted(in, objective)) => weighted(in, objective)",
		"bound":             "FloatOption(\"delta\", 3, \"above 1\"",
		"comparison":        "GreaterThan(r, high) => LessThan(r, high)",
		"on the bound":      "GreaterThan(r, high) => GreaterOrEqual(r, high)",
		"mask":              "Masked(in.Mask, x) => x",
		"constant":          "1 - v.Float(\"epsilon\") => 2*1 - v.Float(\"epsilon\")",
		"denominator":       "ReduceAllSum(in.Mask) => ReduceAllMax(in.Mask)",
		"least":             "MinScalar(weight, o.delta) => MaxScalar(weight, o.delta)",
		"order":             "Sub(in.LogProbs, in.Old) => Sub(in.Old, in.LogProbs)",
		"and":               "LogicalAnd(falling, LessThan(ratio, low)) => LogicalOr(falling, LessThan(ratio, low))",
		"branches":          "Where(tooLow, low, ratio) => Where(tooLow, ratio, low)",
		"stopped gradient":  "StopGradient(in.LogProbs) => in.LogProbs",
		"exponential":       "Exp(logRatio) => logRatio",
		"direction of scan": "ShiftRight(x, step, neutral) => ShiftLeft(x, step, neutral)",
	} {
		if !strings.Contains(out.String(), change) {
			t.Errorf("%s: no mutant %q", what, change)
		}
	}
}
