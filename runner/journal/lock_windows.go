package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lock says whose journal a file is. The lock goes with the process, however that ends. Windows keeps others from what is
// locked, so it is a byte that no journal comes to.
func lock(file *os.File) error {
	const far = 1 << 30
	return windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &windows.Overlapped{OffsetHigh: far})
}

// release closes a file, and with that unlocks it.
func release(file *os.File) error { return file.Close() }

// remove closes a file and removes it: an open one stays on Windows.
func remove(file *os.File) error { return errors.Join(file.Close(), os.Remove(file.Name())) }
