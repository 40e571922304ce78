package explorer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// logTo is where bugs are reported.
var logTo io.Writer = os.Stderr

// ErrRemote says that an address can be reached from other machines, which Options does
// not allow.
var ErrRemote = errors.New("it can be reached from other machines, whose users could make this one work")

// Serve listens on an address, says on ready where the page is, and serves until
// ctx ends; then it lets the questions being worked on end, for at most five
// seconds. An address that is not this machine's own needs options.Remote.
func Serve(ctx context.Context, address string, options Options, ready func(url string)) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("the address %q is not HOST:PORT, such as 127.0.0.1:8017", address)
	}
	if !options.Remote && !loopbackHost(host) {
		return fmt.Errorf("the address %q: %w", address, ErrRemote)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("nothing can be served at %s: %w; another program may use the port, choose another one", address, err)
	}
	server := &http.Server{
		Handler:           NewHandler(options),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	// Questions end with the server: their contexts derive from this one.
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	server.BaseContext = func(net.Listener) context.Context { return base }
	stopped := make(chan error, 1)
	unwatch := context.AfterFunc(ctx, func() {
		const grace = 5 * time.Second
		last, done := context.WithTimeout(context.Background(), grace)
		defer done()
		err := server.Shutdown(last)
		if errors.Is(err, context.DeadlineExceeded) {
			cancel()
			err = server.Close()
		}
		stopped <- err
	})
	ready("http://" + listener.Addr().String() + "/")
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		unwatch()
		return err
	}
	return <-stopped
}
