package view

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Serve answers for runs on 127.0.0.1 until ctx ends. Port 0 takes a free one. ready is
// told the page's address once it can be asked.
func Serve(ctx context.Context, runs []Run, port int, ready func(url string)) error {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return fmt.Errorf("view: %w", err)
	}
	addr, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return errors.Join(fmt.Errorf("view: address %v", listener.Addr()), listener.Close())
	}
	h, err := Handler(runs, addr)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	const patience = 10 * time.Second
	s := &http.Server{
		Handler: h, BaseContext: func(net.Listener) context.Context { return ctx },
		ReadTimeout: patience, WriteTimeout: time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	ready("http://" + addr.String() + "/")
	if err := s.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("view: %w", err)
	}
	return nil
}
