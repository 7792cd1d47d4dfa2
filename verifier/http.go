package verifier

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("http", "an HTTP endpoint of yours: a JSON object is posted for each completion and a JSON object comes back", newHTTP)
}

// endpoint asks a service: POST with a JSON object ([request]), answered with one
// ([reply], whose id may be left out). Connections that fail and the statuses 429 and 5xx
// are tried again, later and later. What goes wrong is the fault of the infrastructure and
// never a score of 0. Reasons, beside those of replies: http_connection, http_status,
// http_garbage, http_slow, http_error (it says that it failed).
type endpoint struct {
	meaning
	url, bearer string
	concurrency int
	timeout     time.Duration
	retries     int
	client      *http.Client
	log         *slog.Logger
	ids         atomic.Uint64
}

// newHTTP has the options
//
//	url          the endpoint, http or https
//	concurrency  how many requests are under way at once, default 8
//	timeout_ms   for a verdict, retries included, default 10000
//	retries      how often a request is repeated, default 3
//	bearer_env   the environment variable that holds a token for the header
//	             Authorization: Bearer; a config is no place for it
//
// and those of [newMeaning].
func newHTTP(options map[string]any) (Verifier, error) {
	s := settings{given: options}
	const mostAtOnce, mostRetries = 1024, 100
	h := &endpoint{meaning: newMeaning(&s), url: s.text("url", ""), log: slog.New(slog.DiscardHandler)}
	h.concurrency = s.whole("concurrency", 8, 1, mostAtOnce)
	h.timeout = time.Duration(s.whole("timeout_ms", 10_000, 1, maxTimeoutMS)) * time.Millisecond
	h.retries = s.whole("retries", 3, 0, mostRetries)
	u, err := url.Parse(h.url)
	s.Check(err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "", "url", h.url, "an address that begins with http:// or https://")
	if name := s.text("bearer_env", ""); name != "" {
		h.bearer = os.Getenv(name)
		s.Check(h.bearer != "", "bearer_env", name, "an environment variable that is set")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost, transport.MaxIdleConns = h.concurrency, h.concurrency
	h.client = &http.Client{Transport: transport}
	return h, s.err()
}

func (*endpoint) Name() string { return "http" }

// Goldless implements [Goldless].
func (h *endpoint) Goldless() bool { return !h.gold }

// Concurrency implements [Outside].
func (h *endpoint) Concurrency() int { return h.concurrency }

// LogTo implements [Outside]: requests that are repeated are logged.
func (h *endpoint) LogTo(log *slog.Logger) { h.log = log }

// Close implements [Outside].
func (h *endpoint) Close() error {
	h.client.CloseIdleConnections()
	return nil
}

// httpError is a failure with its reason code.
type httpError struct {
	reason string
	// again says that another attempt may help.
	again bool
	err   error
}

func (e *httpError) Error() string { return e.err.Error() }

// The wait before a request is repeated doubles from the first to the last.
const (
	firstRepeat = 100 * time.Millisecond
	lastRepeat  = 5 * time.Second
)

// Verify asks the service.
func (h *endpoint) Verify(ctx context.Context, ex *data.Example, completion string) data.Verdict {
	if h.gold && len(ex.Answers) == 0 {
		return data.Verdict{Kind: data.Error, Reason: "no_gold", Blame: data.BlameGold}
	}
	body, err := newRequest(h.ids.Add(1), ex, completion)
	if err != nil {
		return broken("http_error", err.Error())
	}
	limited, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		v, failure := h.post(limited, body)
		switch {
		case failure == nil:
			return v
		case ctx.Err() != nil:
			return cancelled()
		case limited.Err() != nil:
			return broken("http_slow", fmt.Sprintf("no reply within %v: %v", h.timeout, failure))
		case !failure.again || attempt > h.retries:
			return broken(failure.reason, failure.Error())
		}
		wait := backoff(attempt, firstRepeat, lastRepeat)
		h.log.Warn("reward request is repeated", "after", failure.Error(), "wait", wait)
		select {
		case <-time.After(wait):
		case <-limited.Done():
		}
	}
}

// post makes one attempt.
func (h *endpoint) post(ctx context.Context, body []byte) (data.Verdict, *httpError) {
	fail := func(reason string, again bool, err error) (data.Verdict, *httpError) {
		return data.Verdict{}, &httpError{reason, again, err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return fail("http_error", false, err)
	}
	req.Header.Set("Content-Type", "application/json")
	if h.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+h.bearer)
	}
	res, err := h.client.Do(req)
	if err != nil {
		return fail("http_connection", true, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxReply+1))
	switch {
	case err != nil:
		return fail("http_connection", true, err)
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= http.StatusInternalServerError:
		return fail("http_status", true, fmt.Errorf("status %s: %.*q", res.Status, maxQuoted, text))
	case res.StatusCode != http.StatusOK:
		return fail("http_status", false, fmt.Errorf("status %s: %.*q", res.Status, maxQuoted, text))
	case len(text) > maxReply:
		return fail("http_garbage", false, fmt.Errorf("the reply has more than %d bytes", maxReply))
	}
	r, err := parseReply(text)
	if err != nil {
		return fail("http_garbage", false, err)
	}
	v, err := h.verdict(r)
	if errors.Is(err, errNoVerdict) {
		return fail("http_error", false, err)
	}
	if err != nil {
		return fail("http_garbage", false, err)
	}
	return v, nil
}
