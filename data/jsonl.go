package data

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"unicode/utf8"
)

const (
	// MaxLineBytes is the longest line that a problem file may have.
	MaxLineBytes = 16 << 20
	// maxLineFaults is how many faults of a file are collected before reading stops.
	maxLineFaults = 20
)

// LineError is a fault in a line of a problem file.
type LineError struct {
	// File is the name as given; Line counts from 1, 0 means the file as a whole.
	File string
	Line int
	Err  error
}

// Error is "file.jsonl:12: what is wrong".
func (e *LineError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
}

// Unwrap is what is wrong.
func (e *LineError) Unwrap() error { return e.Err }

// ReadJSONL reads a file of problems; see [DecodeJSONL]. Examples without an id
// are called "<base name of the file>:<line>".
func ReadJSONL(path string) ([]Example, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	defer f.Close()
	return DecodeJSONL(f, path, filepath.Base(path))
}

// DecodeJSONL reads problems, one JSON object a line:
//
//	prompt                text that the policy continues, or
//	messages              a chat: [{"role": "system" | "user" | "assistant" | "tool", "content": "..."}, ...];
//	                      prompt may hold one too
//	tools                 an array of the functions that may be called
//	chat_template_kwargs  an object of further variables for the template
//	answer                a reference answer: text, a number, or an array of them
//	id                    text or an integer, unique in the file; default "<prefix>:<line>"
//	completion            a demonstration to imitate
//	chosen, rejected      a better and a worse answer: text, or an array of a message of the assistant;
//	                      without a prompt, two chats that differ in their last message
//
// A message may have name (text), and one of the assistant reasoning_content (text)
// and tool_calls (an array of objects); with tool_calls its content may be null or
// left out. A tool's message may have tool_call_id (text). Messages that end with the
// assistant's are a conversation ([Example.Conversation]), which excludes completion.
//
// Further fields are kept in Extra. Numbers keep their literal text there (as
// [encoding/json.Number]) and in answers: 12.50 stays "12.50". Blank lines, a
// byte order mark and CRLF line ends are accepted.
//
// The error joins one [LineError] for each fault, up to 20; name is the file in
// them. There are no examples then. Input without any example is a fault too.
func DecodeJSONL(r io.Reader, name, prefix string) ([]Example, error) {
	d := decoder{in: bufio.NewReaderSize(r, 64<<10), ids: map[string]int{}}
	var out []Example
	var faults []error
	for len(faults) < maxLineFaults {
		text, err := d.next()
		if errors.Is(err, io.EOF) {
			break
		}
		var ex Example
		if err == nil {
			ex, err = d.example(text, prefix)
		}
		switch {
		case errors.Is(err, errBlank):
		case err != nil:
			faults = append(faults, &LineError{name, d.line, err})
			if errors.Is(err, errRead) {
				return nil, errors.Join(faults...)
			}
		default:
			out = append(out, ex)
		}
	}
	switch {
	case len(faults) == maxLineFaults:
		faults = append(faults, &LineError{name, 0, fmt.Errorf("reading stopped after %d faults", maxLineFaults)})
	case len(faults) == 0 && len(out) == 0:
		faults = append(faults, &LineError{name, 0, errors.New("no examples in it")})
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return out, nil
}

var (
	errBlank   = errors.New("blank line")
	errRead    = errors.New("reading")
	errTooLong = fmt.Errorf("longer than %d MiB", MaxLineBytes>>20)
	bom        = []byte("\xef\xbb\xbf")
)

// decoder reads lines and keeps what must be unique among them.
type decoder struct {
	in   *bufio.Reader
	line int
	buf  []byte
	ids  map[string]int // the line of each id
}

// next is the text of the next line without its end, valid until the call after.
// A line that is too long is skipped, with an error, and never held in memory.
func (d *decoder) next() ([]byte, error) {
	d.line++
	d.buf = d.buf[:0]
	tooLong := false
	for {
		part, err := d.in.ReadSlice('\n')
		if tooLong = tooLong || len(d.buf)+len(part) > MaxLineBytes; !tooLong {
			d.buf = append(d.buf, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("%w: %w", errRead, err)
		case tooLong:
			return nil, errTooLong
		case errors.Is(err, io.EOF) && len(d.buf) == 0:
			return nil, io.EOF
		}
		text := d.buf
		if d.line == 1 {
			text = bytes.TrimPrefix(text, bom)
		}
		return bytes.TrimSpace(text), nil
	}
}

// example decodes a line and checks that its id is new.
func (d *decoder) example(text []byte, prefix string) (Example, error) {
	if len(text) == 0 {
		return Example{}, errBlank
	}
	if !utf8.Valid(text) {
		return Example{}, errors.New("not UTF-8 text")
	}
	ex, err := decodeExample(text)
	if err != nil {
		return Example{}, err
	}
	if ex.ID == "" {
		ex.ID = fmt.Sprintf("%s:%d", prefix, d.line)
	}
	if first, ok := d.ids[ex.ID]; ok {
		return Example{}, fmt.Errorf("id %q is that of line %d too", ex.ID, first)
	}
	d.ids[ex.ID] = d.line
	return ex, nil
}
