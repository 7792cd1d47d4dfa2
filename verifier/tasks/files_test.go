package tasks_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// write makes a problem file below a temporary folder.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	o := tasks.DefaultOptions()
	o.TrainFiles = []string{
		write(t, dir, "x/train.jsonl", "{\"prompt\":\"a\",\"answer\":1.50}\n{\"prompt\":\"b\",\"id\":1}\n"),
		write(t, dir, "y/train.jsonl", "{\"prompt\":\"c\",\"level\":3}\n"),
	}
	o.TestFiles = []string{write(t, dir, "z/train.jsonl", "{\"prompt\":\"d\"}\n{\"prompt\":\"e\",\"id\":1}")}
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	task, err := tasks.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, split := range tasks.Splits {
		for _, ex := range examples(t, task, split) {
			got[split] = append(got[split], ex.ID+" "+ex.Prompt)
		}
	}
	want := map[string][]string{
		"train": {"train.jsonl:1 a", "1 b", "train.jsonl#2:1 c"},
		"test":  {"train.jsonl#3:1 d", "1 e"}, // the same id in another split is fine
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("examples (-want +got):\n%s", diff)
	}
	if _, err := task.Split("dev"); err == nil {
		t.Error("an unknown split is accepted")
	}
}

// TestFilesFaults: the faults of all files come at once.
func TestFilesFaults(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing.jsonl")
	bad := write(t, dir, "bad.jsonl", "{\"prompt\":\"a\"}\n{\"prompt\":2}\n")
	one := write(t, dir, "one.jsonl", "{\"prompt\":\"a\",\"id\":\"k\"}\n{\"prompt\":\"b\",\"id\":\"l\"}\n")
	two := write(t, dir, "two.jsonl", "{\"prompt\":\"c\",\"id\":\"l\"}\n{\"prompt\":\"d\",\"id\":\"k\"}\n")
	empty := write(t, dir, "empty.jsonl", "")
	o := tasks.DefaultOptions()
	o.TrainFiles, o.ValidationFiles, o.TestFiles = []string{missing, bad}, []string{one, two}, []string{empty}
	_, err := tasks.Open(o)
	if !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("got %v", err)
	}
	got := strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), "")
	want := `tasks: open missing.jsonl: no such file or directory
bad.jsonl:2: prompt: found a number, want text
two.jsonl: id "l" is in one.jsonl too (and 1 more)
empty.jsonl: no examples in it`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}

func TestOverlap(t *testing.T) {
	chat := func(id string, turns ...string) data.Example {
		ex := data.Example{ID: id}
		for _, c := range turns {
			ex.Messages = append(ex.Messages, data.Message{Role: data.RoleUser, Content: c})
		}
		return ex
	}
	train := []data.Example{{ID: "1", Prompt: "a"}, {ID: "2", Prompt: "b "}, chat("3", "hi"), chat("4", "x", "y")}
	held := []data.Example{
		{ID: "b", Prompt: " b\n"}, {ID: "c", Prompt: "c"}, {ID: "text", Prompt: "hi"},
		chat("hi", "hi"), chat("joined", "xy"), chat("order", "y", "x"), chat("turns", "x", "y"),
	}
	if diff := cmp.Diff([]string{"b", "hi", "turns"}, tasks.Overlap(train, held)); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if got := tasks.Overlap(nil, held); got != nil {
		t.Errorf("with nothing to train on: %q", got)
	}
}
