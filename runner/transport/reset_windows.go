package transport

import "golang.org/x/sys/windows"

// reset are the errors of a connection that the other side, or something in between, gave up.
func reset() []error {
	return []error{windows.WSAECONNRESET, windows.WSAECONNABORTED}
}
