package hub

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	connectTimeout = 10 * time.Second
	stallTimeout   = 30 * time.Second // without a byte, be it of the head or the body
	firstPause     = time.Second      // before the first retry, doubled for each
	mostTries      = 5                // in a row that get no further
	mostPause      = 5 * time.Minute  // that a server may ask for
	mostRedirects  = 10
)

// client asks the hub about one repository.
type client struct {
	http    *http.Client
	name    name
	env     environment
	token   string
	from    string // where the token is from
	log     *slog.Logger
	pause   time.Duration
	stall   time.Duration
	reached bool // some server has answered
}

func newClient(n name, env environment, o Options) (*client, error) {
	c := &client{name: n, env: env, log: o.Log, pause: o.pause, stall: o.stall}
	if c.pause == 0 {
		c.pause = firstPause
	}
	if c.stall == 0 {
		c.stall = stallTimeout
	}
	var err error
	if c.token, c.from, err = env.token(); err != nil {
		return nil, err
	}
	c.http = &http.Client{}
	if o.Client != nil {
		*c.http = *o.Client
	} else if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport := standard.Clone()
		transport.DialContext = (&net.Dialer{Timeout: connectTimeout}).DialContext
		transport.TLSHandshakeTimeout = connectTimeout
		c.http.Transport = transport
	}
	c.http.CheckRedirect = redirect
	return c, nil
}

var errRedirects = fmt.Errorf("more than %d redirects", mostRedirects)

// redirect takes the token from a request that leaves the hub: net/http would send
// it on to other ports of the host and to its subdomains. The head of a file that is
// elsewhere is in the hub's own answer.
func redirect(next *http.Request, before []*http.Request) error {
	first := before[0]
	if len(before) > mostRedirects {
		return errRedirects
	}
	if next.URL.Scheme != first.URL.Scheme || !strings.EqualFold(next.URL.Host, first.URL.Host) {
		next.Header.Del("Authorization")
	}
	if first.Method == http.MethodHead && next.Response.Header.Get("X-Linked-Etag") != "" {
		return http.ErrUseLastResponse
	}
	return nil
}

// list asks what a revision has.
func (c *client) list(ctx context.Context, revision string) (l *listing, err error) {
	address := c.env.endpoint + "/api/models/" + c.name.repo + "/revision/" + url.PathEscape(revision)
	err = c.persist(ctx, "list of files", func() (bool, error) {
		answer, err := c.send(ctx, http.MethodGet, address, nil)
		if err != nil {
			return false, err
		}
		defer answer.Body.Close()
		text, err := readAll(answer.Body)
		if err != nil {
			return false, &again{err: err}
		}
		if l, err = parseListing(text); err != nil {
			return false, fmt.Errorf("answer about the model from %s: %w", c.env.endpoint, err)
		}
		return true, nil
	})
	if err == nil && commitForm.MatchString(revision) && l.commit != revision {
		return nil, fmt.Errorf("%s has commit %s for %s", c.env.endpoint, l.commit, revision)
	}
	return l, err
}

// again is an error that may not come again.
type again struct {
	err   error
	after time.Duration // that the server asked to wait
}

func (a *again) Error() string { return a.err.Error() }
func (a *again) Unwrap() error { return a.err }

// persist repeats do while its error is an again. further says that do got further
// than before, in which case all tries are there anew.
func (c *client) persist(ctx context.Context, what string, do func() (further bool, err error)) error {
	for tries := 0; ; {
		further, err := do()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", what, context.Cause(ctx))
		}
		var a *again
		if !errors.As(err, &a) {
			return err
		}
		if further {
			tries = 0
		}
		if tries++; tries == mostTries {
			return fmt.Errorf("%s: tried %d times: %w", what, tries, a.err)
		}
		wait := max(a.after, c.pause<<(tries-1))
		c.log.Warn("hub: trying again", "what", what, "after", wait, "error", a.err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, context.Cause(ctx))
		}
	}
}

// errStalled is the cause of breaking off an answer.
var errStalled = errors.New("the server sends nothing")

// body is an answer's body that is broken off when it stalls.
type body struct {
	io.ReadCloser
	ctx    context.Context // of this request
	cancel context.CancelCauseFunc
	timer  *time.Timer
	stall  time.Duration
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.timer.Reset(b.stall)
	if err != nil && errors.Is(context.Cause(b.ctx), errStalled) {
		err = errStalled
	}
	return n, err
}

func (b *body) Close() error {
	b.timer.Stop()
	b.cancel(nil)
	return b.ReadCloser.Close()
}

// send makes one request of the hub, with the token. The status of the answer is
// one that means success, a redirect or 416; the caller closes its body.
func (c *client) send(ctx context.Context, method, address string, header http.Header) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	maps.Copy(request.Header, header)
	request.Header.Set("User-Agent", "rlvr")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	timer := time.AfterFunc(c.stall, func() { cancel(errStalled) })
	answer, err := c.http.Do(request)
	if err != nil {
		timer.Stop()
		defer cancel(nil)
		return nil, c.failed(err)
	}
	c.reached = true
	answer.Body = &body{ReadCloser: answer.Body, ctx: ctx, cancel: cancel, timer: timer, stall: c.stall}
	if code := answer.StatusCode; code >= http.StatusBadRequest && code != http.StatusRequestedRangeNotSatisfiable {
		answer.Body.Close()
		return nil, c.refused(answer)
	}
	return answer, nil
}

// failed makes one line of the error of a request that got no answer. The address is
// left out but for its host: it may be signed.
func (c *client) failed(err error) error {
	host := c.env.endpoint
	var where *url.Error
	if errors.As(err, &where) {
		if u, uerr := url.Parse(where.URL); uerr == nil && u.Host != "" {
			host = u.Scheme + "://" + u.Host
		}
		err = where.Err
	}
	err = fmt.Errorf("%s cannot be reached (%w): give the path of a local folder, set HF_ENDPOINT to a mirror, or fill the cache %s elsewhere and set HF_HUB_OFFLINE=1",
		host, err, c.env.cache)
	var dial *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errRedirects), errors.As(err, &certificate):
		return err
	case !c.reached && (errors.Is(err, errStalled) || errors.As(err, &dial) && (dial.Op == "dial" || dial.Op == "proxyconnect")):
		return err // no network, most likely: the user need not wait to hear of it
	}
	return &again{err: err}
}

// refused makes an error of an answer's status that says what to do. The meaning of
// the hub's X-Error-Code is as in huggingface_hub's utils/_http.py.
func (c *client) refused(answer *http.Response) error {
	said := answer.Header.Get("X-Error-Code")
	page, repo := c.env.endpoint+"/"+c.name.repo, c.name.repo
	sent := "no token was sent"
	if c.token != "" {
		sent = "the token of " + c.from + " was sent"
	}
	status := fmt.Sprintf("%s, HTTP %d", sent, answer.StatusCode)
	if message := answer.Header.Get("X-Error-Message"); message != "" {
		status += fmt.Sprintf(": %.200q", message)
	}
	switch code := answer.StatusCode; {
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= http.StatusInternalServerError:
		err := fmt.Errorf("%s answers HTTP %d", c.env.endpoint, code)
		after := retryAfter(answer.Header, time.Now())
		if after > mostPause {
			return fmt.Errorf("%w and asks to wait %v: try again later (%s)", err, after.Round(time.Second), sent)
		}
		return &again{err: err, after: after}
	case said == "GatedRepo":
		return fmt.Errorf("the model is gated: accept its conditions at %s and set HF_TOKEN to a token of that account (%s)", page, status)
	case said == "RevisionNotFound":
		return fmt.Errorf("the model has no revision %q: see %s/tree/main for its branches and tags", c.name.revision, page)
	case said == "EntryNotFound":
		return fmt.Errorf("a file that revision %q lists is not there (HTTP %d): see %s", c.name.revision, code, page)
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return fmt.Errorf("access denied: the model does not exist (nor does a local folder of that name), is private or is gated; check its name at %s, accept its conditions there, and set HF_TOKEN to a token that may read it (%s)", page, status)
	case code == http.StatusNotFound:
		return fmt.Errorf("no model %s with revision %q: check both at %s, and set HF_TOKEN if it is private (%s); nor is there a local folder %s", repo, c.name.revision, page, status, repo)
	default:
		return fmt.Errorf("%s refuses (%s)", c.env.endpoint, status)
	}
}

// retryAfter is how long a server asks to wait: seconds or a date.
func retryAfter(header http.Header, now time.Time) time.Duration {
	s := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(s, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
