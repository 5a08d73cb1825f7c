//go:build !windows

package runner

import (
	"context"
	"errors"
	"os"
	"os/exec"
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

// reset are the errors of a connection that the other side, or something in between, gave up.
func reset() []error { return []error{syscall.ECONNRESET, syscall.EPIPE} }

// Shell is a command as an operator types it.
func Shell(ctx context.Context, command string) *exec.Cmd {
	return exec.CommandContext(ctx, "sh", "-c", command)
}

// apart keeps a command from the terminal's interrupt, and has all of it end where its context does.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
