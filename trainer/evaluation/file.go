package evaluation

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rlvr-go/rlvr/data"
)

// ErrOther says that a file holds another evaluation, or none.
var ErrOther = errors.New("not this evaluation")

// File is the file of an evaluation in progress: a header, then a problem a line, in the
// order in which they were finished. What [File.Add] has written survives the process.
type File struct {
	path   string
	out    *os.File
	header *Header
	done   []*Problem
}

// Open makes the file at path, or goes on with one that has the same header. A line that
// was half written when the process ended is cut off. Another header is [ErrOther], with
// the fields that differ; nothing is changed then.
func Open(path string, h *Header) (*File, error) {
	h.Version = version
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("evaluation: %w", err)
	}
	whole := int64(bytes.LastIndexByte(text, '\n') + 1)
	f := &File{path: path, header: h}
	if len(text) > 0 && whole == 0 && !bytes.HasPrefix(encode(h), text) {
		return nil, fmt.Errorf("evaluation: %s: %w: it is a text without a line end", path, ErrOther)
	}
	if whole > 0 {
		var old *Header
		if old, f.done, err = decode(bytes.NewReader(text[:whole]), path); err != nil {
			return nil, err
		}
		if diff := old.differences(h); len(diff) > 0 {
			return nil, fmt.Errorf("evaluation: %s: %w: %s", path, ErrOther, strings.Join(diff, "; "))
		}
	}
	if f.out, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644); err != nil {
		return nil, fmt.Errorf("evaluation: %w", err)
	}
	if err := f.start(whole); err != nil {
		return nil, fmt.Errorf("evaluation: %s: %w", path, errors.Join(err, f.out.Close()))
	}
	return f, nil
}

// start cuts the file to its whole lines and writes the header of a new one.
func (f *File) start(whole int64) error {
	if err := f.out.Truncate(whole); err != nil {
		return err
	}
	if _, err := f.out.Seek(whole, io.SeekStart); err != nil || whole > 0 {
		return err
	}
	_, err := f.out.Write(encode(f.header))
	return err
}

// Done are the problems that the file holds.
func (f *File) Done() []*Problem { return f.done }

// Add writes a problem.
func (f *File) Add(p *Problem) error {
	if _, err := f.out.Write(encode(p)); err != nil {
		return fmt.Errorf("evaluation: %w", err)
	}
	f.done = append(f.done, p)
	return nil
}

// Close ends the writing.
func (f *File) Close() error { return f.out.Close() }

// Finish closes the file and leaves it with the problems in the order given, so that an
// evaluation that was interrupted ends with the same bytes as one that was not.
func (f *File) Finish(problems []*Problem) error {
	if err := f.Close(); err != nil {
		return fmt.Errorf("evaluation: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(f.path), "."+filepath.Base(f.path)+".*")
	if err != nil {
		return fmt.Errorf("evaluation: %w", err)
	}
	w := bufio.NewWriter(tmp)
	_, err = w.Write(encode(f.header))
	for i := 0; i < len(problems) && err == nil; i++ {
		_, err = w.Write(encode(problems[i]))
	}
	const readable = 0o644
	err = errors.Join(err, w.Flush(), tmp.Chmod(readable), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), f.path)
	}
	if err != nil {
		return fmt.Errorf("evaluation: %w", errors.Join(err, os.Remove(tmp.Name())))
	}
	return nil
}

// Read reads the file of an evaluation, finished or not.
func Read(path string) (*Header, []*Problem, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("evaluation: %w", err)
	}
	defer in.Close()
	return decode(in, path)
}

// decode reads whole lines; name is the file in errors. The last line may lack its end.
func decode(r io.Reader, name string) (*Header, []*Problem, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, data.MaxLineBytes)
	var h *Header
	var out []*Problem
	type key struct{ set, id string }
	seen := map[key]int{}
	n := 0
	for lines.Scan() {
		n++
		if n == 1 {
			h = &Header{}
			if err := json.Unmarshal(lines.Bytes(), h); err != nil || h.Version != version {
				return nil, nil, fmt.Errorf("%s:1: %w: its first line is no header with \"rlvr_eval\": %d", name, ErrOther, version)
			}
			continue
		}
		p := &Problem{}
		if err := json.Unmarshal(lines.Bytes(), p); err != nil {
			return nil, nil, fmt.Errorf("%s:%d: %w: %w", name, n, ErrOther, err)
		}
		if !p.valid() {
			return nil, nil, fmt.Errorf("%s:%d: %w: the line is no problem with completions that fit each other", name, n, ErrOther)
		}
		at := key{p.Set, p.ID}
		if first := seen[at]; first > 0 {
			return nil, nil, fmt.Errorf("%s:%d: %w: problem %s of set %s is that of line %d too", name, n, ErrOther, p.ID, p.Set, first)
		}
		seen[at] = n
		out = append(out, p)
	}
	if err := lines.Err(); err != nil {
		return nil, nil, fmt.Errorf("%s:%d: %w: %w", name, n+1, ErrOther, err)
	}
	if h == nil {
		return nil, nil, fmt.Errorf("%s: %w: it is empty", name, ErrOther)
	}
	return h, out, nil
}

// differences are the fields in which the evaluation of a file differs from the one that
// is to be done.
func (h *Header) differences(now *Header) []string {
	var was, is map[string]json.RawMessage
	if json.Unmarshal(encode(h), &was) != nil || json.Unmarshal(encode(now), &is) != nil {
		return []string{"its header cannot be read"}
	}
	var out []string
	for _, key := range []string{"checkpoint", "weights", "backend", "seed", "k", "temperature", "max_completion_length", "stop", "data", "reward"} {
		if !bytes.Equal(was[key], is[key]) {
			out = append(out, fmt.Sprintf("%s there %s, here %s", key, was[key], is[key]))
		}
	}
	return out
}

// encode is a value as a line of JSON. What is encoded here always can be.
func encode(v any) []byte {
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false) // "<eos>" is to be read by people
	if e.Encode(v) != nil {
		return nil
	}
	return line.Bytes()
}
