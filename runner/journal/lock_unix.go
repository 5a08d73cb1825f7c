//go:build !windows

package journal

import (
	"errors"
	"os"
	"syscall"
)

// lock says whose journal a file is. The lock goes with the process, however that ends.
func lock(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// release unlocks and closes a file. Closing alone leaves it locked while another goroutine is between fork and exec, with a
// copy of all that is open.
func release(file *os.File) error {
	return errors.Join(syscall.Flock(int(file.Fd()), syscall.LOCK_UN), file.Close())
}

// remove removes a file while it is locked, so that nobody else finds it unlocked meanwhile.
func remove(file *os.File) error { return errors.Join(os.Remove(file.Name()), release(file)) }
