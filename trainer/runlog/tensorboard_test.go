package runlog

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
)

// TestChecksum: the check value of CRC-32C, masked by hand as TensorFlow documents.
func TestChecksum(t *testing.T) {
	const check = 0xe3069283 // CRC-32C of "123456789", RFC 3720
	if got := crc32.Checksum([]byte("123456789"), castagnoli); got != check {
		t.Fatalf("CRC-32C is %#x, want %#x", got, check)
	}
	rotated := uint32(check>>15 | check<<17&0xffffffff)
	if got, want := maskedCRC([]byte("123456789")), rotated+0xa282ead8; got != want {
		t.Errorf("masked: %#x, want %#x", got, want)
	}
}

func TestRecordFraming(t *testing.T) {
	var file []byte
	payloads := []string{"", "a", "some bytes\x00\xff"}
	for _, p := range payloads {
		file = appendRecord(file, []byte(p))
	}
	r := bytes.NewReader(file)
	for _, p := range payloads {
		got, err := readRecord(r)
		if err != nil || string(got) != p {
			t.Errorf("read %q, %v, want %q", got, err, p)
		}
	}
	if _, err := readRecord(r); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	one := appendRecord(nil, []byte("payload"))
	for i := range one {
		if _, err := readRecord(bytes.NewReader(one[:i])); i > 0 && !errors.Is(err, errDamaged) {
			t.Errorf("cut to %d bytes: %v", i, err)
		}
		bad := slices.Clone(one)
		bad[i] ^= 1
		if _, err := readRecord(bytes.NewReader(bad)); !errors.Is(err, errDamaged) {
			t.Errorf("byte %d flipped: %v", i, err)
		}
	}
	huge := binary.LittleEndian.AppendUint64(nil, 1<<60)
	huge = binary.LittleEndian.AppendUint32(huge, maskedCRC(huge))
	if _, err := readRecord(bytes.NewReader(huge)); !errors.Is(err, errDamaged) {
		t.Errorf("a length beyond reason: %v", err)
	}
}

// point is a scalar as a reader sees it.
type point struct {
	Step  int64
	Time  float64
	Value float32
}

// decodeEvents reads the files of a folder, apart from the code under test.
func decodeEvents(t *testing.T, dir string) (scalars map[string][]point, versions int) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*tfevents*"))
	if err != nil {
		t.Fatal(err)
	}
	scalars = map[string][]point{}
	for _, path := range paths {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for len(file) > 0 {
			n := binary.LittleEndian.Uint64(file)
			e := fields(t, file[12:12+n])
			file = file[12+n+4:]
			if v := e[3]; v != nil {
				if string(v[0]) != "brain.Event:2" {
					t.Errorf("version %q", v[0])
				}
				versions++
				continue
			}
			step, _ := protowire.ConsumeVarint(e[2][0])
			wall, _ := protowire.ConsumeFixed64(e[1][0])
			for _, value := range fields(t, e[5][0])[1] {
				v := fields(t, value)
				bits, _ := protowire.ConsumeFixed32(v[2][0])
				tag := string(v[1][0])
				scalars[tag] = append(scalars[tag], point{int64(step), math.Float64frombits(wall), math.Float32frombits(bits)})
			}
		}
	}
	return scalars, versions
}

// fields are a message's raw values by field number.
func fields(t *testing.T, message []byte) map[protowire.Number][][]byte {
	t.Helper()
	out := map[protowire.Number][][]byte{}
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		message = message[n:]
		n = protowire.ConsumeFieldValue(number, kind, message)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		value := message[:n]
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(message)
		}
		out[number] = append(out[number], value)
		message = message[n:]
	}
	return out
}

// writeEvents logs steps from first to last as a process would, in a file of its own.
func writeEvents(t *testing.T, dir string, first, last int) {
	t.Helper()
	e, err := newEventFile(dir, noon)
	if err != nil {
		t.Fatal(err)
	}
	for step := first; step <= last; step++ {
		r := Record{Step: step, Time: noon.Add(time.Duration(step) * time.Second), Values: map[string]float64{"loss": 1 / float64(step+1), "eval/test/avg@1": math.NaN()}}
		names, err := r.names()
		if err != nil {
			t.Fatal(err)
		}
		if err := e.scalars(&r, names); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestEvents(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tb")
	writeEvents(t, dir, 0, 2)
	writeEvents(t, dir, 3, 3) // in the same second: its name must sort behind
	scalars, versions := decodeEvents(t, dir)
	var want []point
	for step := range 4 {
		want = append(want, point{int64(step), float64(noon.UnixMilli())/1e3 + float64(step), 1 / float32(step+1)})
	}
	if diff := cmp.Diff(want, scalars["loss"]); diff != "" {
		t.Errorf("loss (-want +got):\n%s", diff)
	}
	if got := scalars["eval/test/avg@1"]; len(got) != 4 || !math.IsNaN(float64(got[0].Value)) {
		t.Errorf("eval: %v", got)
	}
	if len(scalars) != 2 || versions != 2 {
		t.Errorf("%d tags in %d files, want 2 in 2", len(scalars), versions)
	}
}

// TestEventFileNames: a later process's file sorts last even when the clock went back.
func TestEventFileNames(t *testing.T) {
	dir := t.TempDir()
	for _, at := range []time.Time{noon, noon, noon.Add(-time.Hour), noon.Add(time.Second)} {
		e, err := newEventFile(dir, at)
		if err != nil {
			t.Fatal(err)
		}
		paths, err := eventFiles(dir)
		if err != nil {
			t.Fatal(err)
		}
		if last := paths[len(paths)-1]; last != e.f.Name() {
			t.Errorf("the new file %s sorts before %s", e.f.Name(), last)
		}
		if err := e.f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCutEventsAnywhere: killed after any byte, then cut to any step, the events are
// those of whole records up to the step.
func TestCutEventsAnywhere(t *testing.T) {
	source := t.TempDir()
	writeEvents(t, source, 1, 4)
	paths, err := eventFiles(source)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	var ends []int // of the version and of each step
	for at := 0; at < len(whole); {
		at += 16 + int(binary.LittleEndian.Uint64(whole[at:]))
		ends = append(ends, at)
	}
	for size := range len(whole) + 1 {
		for step := range 6 {
			want := 0
			for i, end := range ends {
				if end <= size && i <= step {
					want = end
				}
			}
			keep, some, err := keepEvents(bytes.NewReader(whole[:size]), int64(step))
			if err != nil || keep != int64(want) || some != (want > ends[0]) {
				t.Fatalf("%d bytes cut to step %d: %d kept, with a summary: %v (%v), want %d", size, step, keep, some, err, want)
			}
		}
	}
}

// TestCutEventFiles: a file keeps what is early and goes when nothing is.
func TestCutEventFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tb")
	writeEvents(t, dir, 1, 4)
	writeEvents(t, dir, 5, 6)
	for _, tt := range []struct{ step, files, losses int }{{9, 2, 6}, {5, 2, 5}, {4, 1, 4}, {1, 1, 1}, {0, 0, 0}} {
		if err := cutEvents(dir, tt.step); err != nil {
			t.Fatal(err)
		}
		scalars, files := decodeEvents(t, dir)
		if files != tt.files || len(scalars["loss"]) != tt.losses {
			t.Errorf("cut to step %d: %d files with %d losses, want %d with %d", tt.step, files, len(scalars["loss"]), tt.files, tt.losses)
		}
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add([]byte("\x09\x00\x00\x00\x00\x00\x00\xf0\x3f\x10\x05\x2a\x00"))
	f.Add([]byte("\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		e, err := parseEvent(payload)
		if err == nil && len(payload) == 0 && e != (event{}) {
			t.Errorf("nothing gives %+v", e)
		}
		if _, _, err := keepEvents(bytes.NewReader(payload), 3); err != nil {
			t.Errorf("a damaged file is an error: %v", err)
		}
	})
}

// TestTensorBoardReadsEvents gives our files, those of a resumed run among them, to
// TensorBoard's own reader. RLVR_PEER_PYTHON names a Python that has it.
func TestTensorBoardReadsEvents(t *testing.T) {
	python := os.Getenv("RLVR_PEER_PYTHON")
	if python == "" {
		t.Skip("RLVR_PEER_PYTHON is not set: no Python with tensorboard to read the files with")
	}
	if out, err := exec.Command(python, "-c", "import tensorboard").CombinedOutput(); err != nil {
		t.Skipf("%s has no tensorboard: %s", python, out)
	}
	dir := filepath.Join(t.TempDir(), "tb")
	writeEvents(t, dir, 0, 5)
	if err := cutEvents(dir, 3); err != nil {
		t.Fatal(err)
	}
	writeEvents(t, dir, 4, 6)
	out, err := exec.Command(python, "testdata/read_events.py", dir).Output()
	if err != nil {
		t.Fatalf("reader: %v", err)
	}
	var read map[string][][3]any
	if err := json.Unmarshal(out, &read); err != nil {
		t.Fatal(err)
	}
	scalars, _ := decodeEvents(t, dir)
	if len(read) != len(scalars) || len(read["loss"]) != 7 {
		t.Fatalf("TensorBoard sees %d tags and %d losses, want %d and 7", len(read), len(read["loss"]), len(scalars))
	}
	for i, got := range read["loss"] {
		want := scalars["loss"][i]
		value, err := strconv.ParseFloat(got[2].(string), 64)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].(float64) != float64(want.Step) || got[1].(float64) != want.Time || float32(value) != want.Value || want.Step != int64(i) {
			t.Errorf("event %d: TensorBoard sees %v, want %v", i, got, want)
		}
	}
}
