//go:build !unix

package sweep_test

import "errors"

// The tests with a PostgreSQL of their own run on Unix.

func stopShared() {}

func killedWorker(string) error { return errors.New("no tests of a database here") }
