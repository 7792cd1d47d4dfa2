package runlog

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of TensorFlow's event.proto and summary.proto.
const (
	eventWallTime    protowire.Number = 1 // double, seconds since 1970
	eventStep        protowire.Number = 2 // int64
	eventFileVersion protowire.Number = 3 // string, in the first event of a file
	eventSummary     protowire.Number = 5 // Summary
	summaryValue     protowire.Number = 1 // repeated Value
	valueTag         protowire.Number = 1 // string
	valueSimple      protowire.Number = 2 // float
)

const eventVersion = "brain.Event:2"

// eventFile appends to one TensorBoard event file. A process has a file of its own;
// TensorBoard reads all files of a folder in the order of their names.
type eventFile struct{ f *os.File }

// eventName is the name of the n-th event file of a second. TensorBoard takes any
// name with "tfevents" in it.
func eventName(seconds int64, n int) string {
	return fmt.Sprintf("events.out.tfevents.%010d.%03d.rlvr", seconds, n)
}

var eventPattern = regexp.MustCompile(`^events\.out\.tfevents\.[0-9]{1,12}\.[0-9]{1,9}\.rlvr$`)

// newEventFile makes a file whose name sorts after those that are in dir.
func newEventFile(dir string, now time.Time) (*eventFile, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	seconds, n := now.Unix(), 0
	names, err := eventFiles(dir)
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		parts := strings.Split(filepath.Base(names[len(names)-1]), ".")
		last, errLast := strconv.ParseInt(parts[3], 10, 64)
		k, errK := strconv.Atoi(parts[4])
		if err := errors.Join(errLast, errK); err != nil {
			return nil, err
		}
		if last >= seconds {
			seconds, n = last, k+1
		}
	}
	f, err := os.OpenFile(filepath.Join(dir, eventName(seconds, n)), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	e := &eventFile{f}
	version := protowire.AppendTag(nil, eventFileVersion, protowire.BytesType)
	if err := e.append(now, 0, protowire.AppendString(version, eventVersion)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return e, nil
}

// eventFiles are the paths of the event files in dir, oldest first.
func eventFiles(dir string) ([]string, error) {
	found, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var out []string
	for _, e := range found {
		if eventPattern.MatchString(e.Name()) {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out, nil
}

// scalars writes the record's metrics as one event, in the order of names. Values
// are float32 there.
func (e *eventFile) scalars(r *Record, names []string) error {
	var summary []byte
	for _, name := range names {
		value := protowire.AppendTag(nil, valueTag, protowire.BytesType)
		value = protowire.AppendString(value, name)
		value = protowire.AppendTag(value, valueSimple, protowire.Fixed32Type)
		value = protowire.AppendFixed32(value, math.Float32bits(float32(r.Values[name])))
		summary = protowire.AppendTag(summary, summaryValue, protowire.BytesType)
		summary = protowire.AppendBytes(summary, value)
	}
	what := protowire.AppendTag(nil, eventSummary, protowire.BytesType)
	return e.append(r.Time, r.Step, protowire.AppendBytes(what, summary))
}

// append writes one event; what is its encoded content.
func (e *eventFile) append(at time.Time, step int, what []byte) error {
	event := protowire.AppendTag(nil, eventWallTime, protowire.Fixed64Type)
	event = protowire.AppendFixed64(event, math.Float64bits(float64(at.UnixMicro())/1e6))
	event = protowire.AppendTag(event, eventStep, protowire.VarintType)
	event = protowire.AppendVarint(event, uint64(step))
	_, err := e.f.Write(appendRecord(nil, append(event, what...)))
	return err
}

// event is what the cutting of files needs to know of one.
type event struct {
	step    int64
	summary bool
}

func parseEvent(payload []byte) (event, error) {
	var e event
	for len(payload) > 0 {
		number, kind, n := protowire.ConsumeTag(payload)
		if n < 0 {
			return e, errDamaged
		}
		payload = payload[n:]
		if number == eventStep && kind == protowire.VarintType {
			v, n := protowire.ConsumeVarint(payload)
			if n < 0 {
				return e, errDamaged
			}
			e.step = int64(v) //nolint:gosec // the format's own conversion
			payload = payload[n:]
			continue
		}
		e.summary = e.summary || number == eventSummary
		if n = protowire.ConsumeFieldValue(number, kind, payload); n < 0 {
			return e, errDamaged
		}
		payload = payload[n:]
	}
	return e, nil
}

// cutEvents cuts the event files in dir at the first event of a later step, and
// removes those in which nothing is left.
func cutEvents(dir string, step int) error {
	paths, err := eventFiles(dir)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := cutEventFile(path, step); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func cutEventFile(path string, step int) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	keep, some, err := keepEvents(bufio.NewReader(f), int64(step))
	if err == nil && some {
		err = errors.Join(f.Truncate(keep), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil || some {
		return err
	}
	return os.Remove(path)
}

// keepEvents is the number of bytes to keep, and whether a summary is among them.
func keepEvents(r io.Reader, step int64) (keep int64, some bool, err error) {
	for {
		payload, err := readRecord(r)
		if errors.Is(err, io.EOF) || errors.Is(err, errDamaged) {
			return keep, some, nil
		}
		if err != nil {
			return 0, false, err
		}
		e, err := parseEvent(payload)
		if err != nil || e.step > step {
			return keep, some, nil //nolint:nilerr // a damaged event ends what is kept
		}
		some = some || e.summary
		keep += recordHead + int64(len(payload)) + recordTail
	}
}
