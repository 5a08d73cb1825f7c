//go:build !windows

package transport

import "syscall"

// reset are the errors of a connection that the other side, or something in between, gave up.
func reset() []error { return []error{syscall.ECONNRESET, syscall.EPIPE} }
