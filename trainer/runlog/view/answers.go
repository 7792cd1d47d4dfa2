package view

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/rlvr-go/rlvr/trainer/runlog"
)

const (
	// longestConfig bounds what is sent of a config.yaml.
	longestConfig = 1 << 20
	// logTail is what is sent of a log.txt: its end.
	logTail = 64 << 10
)

// metrics answers with records.
func metrics(run *Run, r *http.Request) (any, error) { return feed(run, runlog.MetricsFile, r) }

// samples answers with samples without what is known of their tokens, most of a line.
func samples(run *Run, r *http.Request) (any, error) {
	c, err := feed(run, runlog.SamplesFile, r)
	if err != nil {
		return nil, err
	}
	for i, line := range c.Lines {
		var s map[string]json.RawMessage
		if err := json.Unmarshal(line, &s); err != nil {
			return nil, fmt.Errorf("view: %w", err)
		}
		delete(s, "tokens")
		if c.Lines[i], err = json.Marshal(s); err != nil {
			return nil, fmt.Errorf("view: %w", err)
		}
	}
	return c, nil
}

// feed reads a file from the position that a request names.
func feed(run *Run, name string, r *http.Request) (*chunk, error) {
	from := Position{Mark: r.FormValue("mark")}
	var err error
	if from.Offset, err = number(r, "offset"); err != nil {
		return nil, err
	}
	f, size, err := run.sized(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readChunk(f, size, from)
}

// number is a field of a request that is 0 or more, 0 where it is absent.
func number(r *http.Request, field string) (int64, error) {
	text := r.FormValue(field)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, badRequest(fmt.Sprintf("%s: found %q, allowed: 0 or more", field, text))
	}
	return n, nil
}

// sized opens a file and says how long it is.
func (r *Run) sized(name string) (*os.File, int64, error) {
	f, err := r.open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("view: %w", err), f.Close())
	}
	return f, info.Size(), nil
}

// sample answers with one whole line of samples.jsonl.
func sample(run *Run, r *http.Request) (any, error) {
	at, err := number(r, "at")
	if err != nil {
		return nil, err
	}
	f, size, err := run.sized(runlog.SamplesFile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if at > 0 {
		var before [1]byte
		if _, err := f.ReadAt(before[:], at-1); err != nil || before[0] != '\n' {
			return nil, badRequest("at: no line begins there")
		}
	}
	line, _, err := nextLine(bufio.NewReader(io.NewSectionReader(f, at, max(0, size-at))))
	if err != nil || !object(line) {
		return nil, badRequest("at: no whole line begins there")
	}
	return json.RawMessage(line), nil
}

// textAnswer is a text of a run.
type textAnswer struct {
	Text string `json:"text"`
	// Cut says that the text goes on, or that there is more before it.
	Cut bool `json:"cut"`
}

// config answers with the resolved config.
func config(run *Run, _ *http.Request) (any, error) {
	f, size, err := run.sized(runlog.ConfigFile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return section(f, 0, min(size, longestConfig), size > longestConfig)
}

// logText answers with the end of the console's log.
func logText(run *Run, _ *http.Request) (any, error) {
	f, size, err := run.sized(runlog.LogFile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	from := max(0, size-logTail)
	t, err := section(f, from, size-from, from > 0)
	if err == nil && t.Cut {
		_, t.Text, _ = strings.Cut(t.Text, "\n") // begin with a whole line
	}
	return t, err
}

// section reads n bytes of a file as text; what is no UTF-8 is replaced.
func section(f *os.File, from, n int64, cut bool) (*textAnswer, error) {
	text, err := io.ReadAll(io.NewSectionReader(f, from, n))
	if err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	return &textAnswer{Text: strings.ToValidUTF8(string(text), "\uFFFD"), Cut: cut}, nil
}
