//go:build amd64 || arm64

package sandbox

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// worker is a sandbox, from here: a process that starts programs, and a socket.
type worker struct {
	process *os.Process
	control *net.UnixConn
	// jobs counts the programs: orders name the one that they are about.
	jobs uint64
	// folder is the folder of its programs on the host, "" where they have their own
	// file system.
	folder string
}

// blueprint is what all workers of a language have in common.
type blueprint struct {
	language    *language
	interpreter *interpreter
	walls       walls
	options     *Options
	// warm is whether programs are forked from a server.
	warm bool
}

// errGone says that a sandbox ended while it was waited for.
var errGone = errors.New("the sandbox ended")

// patience is how long a sandbox may take to build or to follow an order.
const patience = 20 * time.Second

// start builds a sandbox and waits until it is ready.
func (b *blueprint) start() (*worker, error) {
	w := &worker{}
	if err := b.build(w); err != nil {
		w.kill()
		return nil, fmt.Errorf("sandbox: start: %w", err)
	}
	return w, nil
}

// build does it; what it began is the worker's to end.
func (b *blueprint) build(w *worker) error {
	if !b.walls.namespaces {
		// The sandbox makes it, and removes it when the pool is gone.
		w.folder = filepath.Join(os.TempDir(), initName+"-"+rand.Text())
	}
	words, err := w.spawn(b.attributes())
	if err != nil {
		return err
	}
	defer words.Close()
	orders, err := json.Marshal(b.setup(w.folder))
	if err != nil {
		return err
	}
	_ = w.control.SetDeadline(time.Now().Add(patience))
	if _, err := w.control.Write(orders); err != nil {
		return fmt.Errorf("%w%s", err, lastWords(words))
	}
	reply, err := w.receive()
	if err != nil {
		return fmt.Errorf("%w%s", err, lastWords(words))
	}
	if string(reply) != "ready" {
		return fmt.Errorf("%q instead of ready", reply)
	}
	return w.control.SetDeadline(time.Time{})
}

// spawn starts the process. What it writes before there is a program comes from the
// file returned.
func (w *worker) spawn(attributes *syscall.SysProcAttr) (*os.File, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	theirs, ours := os.NewFile(uintptr(pair[0]), "control"), os.NewFile(uintptr(pair[1]), "control")
	defer theirs.Close()
	defer ours.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		return nil, err
	}
	w.control = conn.(*net.UnixConn) // as the pair was made
	empty, err := memoryFile(nil)
	if err != nil {
		return nil, err
	}
	stdin := os.NewFile(uintptr(empty), "stdin")
	defer stdin.Close()
	words, stdout, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer stdout.Close()
	w.process, err = os.StartProcess("/proc/self/exe", []string{initName}, &os.ProcAttr{
		Dir: "/", Env: []string{}, Files: []*os.File{stdin, stdout, stdout, theirs}, Sys: attributes,
	})
	if err != nil {
		words.Close()
		return nil, err
	}
	return words, nil
}

// lastWords are what a sandbox that did not start has written, for an error.
func lastWords(words *os.File) string {
	_ = words.SetReadDeadline(time.Now().Add(time.Second / 2))
	said, _ := io.ReadAll(io.LimitReader(words, 4096)) // whatever there is
	if text := strings.TrimSpace(string(said)); text != "" {
		return ": " + text
	}
	return ""
}

// receive reads a message. One that reports a fault becomes an error.
func (w *worker) receive() ([]byte, error) {
	buffer := make([]byte, 4100)
	n, err := w.control.Read(buffer)
	if errors.Is(err, io.EOF) || err == nil && n == 0 || errors.Is(err, syscall.ECONNRESET) {
		return nil, errGone
	}
	if err != nil {
		return nil, err
	}
	switch buffer[0] {
	case 'E':
		return nil, &faultError{string(buffer[1:n])}
	case 'N':
		return nil, &faultError{syscall.Errno(binary.LittleEndian.Uint16(buffer[1:])).Error()}
	}
	return buffer[:n], nil
}

// faultError is what a sandbox reports that could not do its work.
type faultError struct{ text string }

func (e *faultError) Error() string { return e.text }

// send gives a worker a program.
func (w *worker) send(j *job) error {
	w.jobs++
	message := binary.LittleEndian.AppendUint64(nil, w.jobs)
	message = binary.LittleEndian.AppendUint64(message, uint64(len(j.source)))
	message = binary.LittleEndian.AppendUint64(message, j.cpuSeconds)
	source, err := memoryFile(j.source)
	if err != nil {
		return err
	}
	defer unix.Close(source)
	stdin, err := memoryFile(j.stdin)
	if err != nil {
		return err
	}
	defer unix.Close(stdin)
	rights := unix.UnixRights(stdin, j.stdout, j.stderr, source)
	_, _, err = w.control.WriteMsgUnix(message, rights, nil)
	return err
}

// kill ends the sandbox and everything in it, and waits until that is so.
func (w *worker) kill() {
	if w.control != nil {
		w.control.Close()
	}
	if w.process != nil {
		_ = w.process.Kill() // it may have ended
		_, _ = w.process.Wait()
	}
	if w.folder != "" {
		_ = os.RemoveAll(w.folder) // the sandbox may have done it
	}
}

// memoryFile is a file in memory with a content that nobody can change. Each program
// gets its own: the position in a file is shared between those who have it open.
func memoryFile(content []byte) (int, error) {
	fd, err := unix.MemfdCreate("program", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return -1, fmt.Errorf("sandbox: file in memory: %w", err)
	}
	for at := 0; at < len(content) && err == nil; {
		var n int
		n, err = unix.Pwrite(fd, content[at:], int64(at))
		at += n
	}
	if err == nil {
		const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals)
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("sandbox: file in memory: %w", err)
	}
	return fd, nil
}
