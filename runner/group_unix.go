//go:build unix

package runner

import (
	"os/exec"
	"syscall"
)

// group has a command and all that it starts end together: a shell's children would otherwise go on after it.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
