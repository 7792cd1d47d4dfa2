package view

import (
	"embed"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/rlvr-go/rlvr/trainer/runlog"
)

//go:embed page
var page embed.FS

// policy is what the browser may load and run: the page's own files. Scripts cannot turn
// text into markup either, so that a mistake in the page is an error and no hole.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// server answers for runs.
type server struct {
	runs []Run
	// hosts are what a request may call this server.
	hosts []string
}

// Handler serves the page and the data of runs to requests that reach the listener at
// addr, which must be on the loopback interface, under its own name.
//
//	GET /                              the page, and its files beside it
//	GET /api/runs                      {"runs": [{"name", "path"}], "metrics": [{"name", "unit", "class", "help"}]}
//	GET /api/runs/N/metrics?offset=&mark=   the lines of metrics.jsonl behind a [Position]
//	GET /api/runs/N/samples?offset=&mark=   those of samples.jsonl, without tokens
//	GET /api/runs/N/sample?at=         the line of samples.jsonl at an offset
//	GET /api/runs/N/config             {"text"}: config.yaml
//	GET /api/runs/N/log                {"text"}: the end of log.txt
func Handler(runs []Run, addr *net.TCPAddr) (http.Handler, error) {
	if !addr.IP.IsLoopback() {
		return nil, errors.New("view: " + addr.String() + " is not on the loopback interface")
	}
	files, err := fs.Sub(page, "page")
	if err != nil {
		return nil, err
	}
	port := strconv.Itoa(addr.Port)
	s := &server{runs: runs, hosts: []string{addr.String(), "localhost:" + port}}
	if port == "80" { // browsers leave it out
		s.hosts = append(s.hosts, addr.IP.String(), "localhost")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/runs", s.list)
	mux.HandleFunc("GET /api/runs/{run}/metrics", s.of(metrics))
	mux.HandleFunc("GET /api/runs/{run}/samples", s.of(samples))
	mux.HandleFunc("GET /api/runs/{run}/sample", s.of(sample))
	mux.HandleFunc("GET /api/runs/{run}/config", s.of(config))
	mux.HandleFunc("GET /api/runs/{run}/log", s.of(logText))
	mux.Handle("GET /", typed(http.FileServerFS(files)))
	return s.guard(mux), nil
}

// typed says what the page's scripts are, whatever the system's table of types says:
// a browser runs no module of another type.
func typed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".js") {
			w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		}
		next.ServeHTTP(w, r)
	})
}

// guard refuses what does not come from the page itself, and sets the headers that keep
// the page to itself.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch site := r.Header.Get("Sec-Fetch-Site"); {
		case !slices.Contains(s.hosts, r.Host):
			http.Error(w, "this server is "+s.hosts[0], http.StatusForbidden)
		case site != "" && site != "same-origin" && site != "none" && r.Header.Get("Sec-Fetch-Mode") != "navigate":
			http.Error(w, "only its own page may ask", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// badRequest is an error that is the request's fault.
type badRequest string

func (b badRequest) Error() string { return string(b) }

// of is a handler of requests about one run, by its number.
func (s *server) of(answer func(*Run, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("run"))
		if err != nil || n < 0 || n >= len(s.runs) {
			http.Error(w, "no such run", http.StatusNotFound)
			return
		}
		v, err := answer(&s.runs[n], r)
		var bad badRequest
		switch {
		case errors.As(err, &bad):
			http.Error(w, bad.Error(), http.StatusBadRequest)
		case missing(err):
			http.Error(w, "not there yet", http.StatusNotFound)
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		default:
			send(w, v)
		}
	}
}

// send writes an answer. Who asked may be gone, which is no matter.
func send(w http.ResponseWriter, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(text)
}

// described is a declared metric for the page.
type described struct {
	Name  string `json:"name"`
	Unit  string `json:"unit"`
	Class string `json:"class"`
	Help  string `json:"help"`
}

// list says which runs there are and what metrics mean.
func (s *server) list(w http.ResponseWriter, _ *http.Request) {
	var all []described
	for _, m := range runlog.Metrics() {
		all = append(all, described{m.Name, m.Unit, m.Class.String(), m.Help})
	}
	send(w, map[string]any{"runs": s.runs, "metrics": all})
}
