//go:build !windows

package process

import (
	"context"
	"os/exec"
	"syscall"
)

// Shell is a command as an operator types it.
func Shell(ctx context.Context, command string) *exec.Cmd {
	return exec.CommandContext(ctx, "sh", "-c", command)
}

// SetGroup keeps a command from the terminal's interrupt, and has all of it end where its context does.
func SetGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
