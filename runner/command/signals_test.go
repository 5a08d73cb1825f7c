package command_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"vexa-conformance/fixtures/reference"
	"vexa-conformance/fixtures/reference/referencetest"
)

// waiting is a deployment that responds to GET /recordings only after release is closed. Each such request sends a value to asked.
func waiting(t *testing.T, d *reference.Deployment) (proxied string, asked, release chan struct{}) {
	asked, release = make(chan struct{}, 100), make(chan struct{})
	return referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/recordings" {
			return false
		}
		asked <- struct{}{}
		select {
		case <-r.Context().Done():
			return true
		case <-release:
			return false
		}
	}), asked, release
}

// TestSignals: a signal ends a run, which still reports and cleans up, unless the parent process ignores it.
func TestSignals(t *testing.T) {
	referencetest.Long(t)
	t.Parallel()
	for name, row := range map[string]struct {
		signal      syscall.Signal
		begin       []string
		exit        int
		interrupted bool
	}{
		"SIGINT":             {syscall.SIGINT, nil, 130, true},
		"SIGTERM":            {syscall.SIGTERM, nil, 130, true},
		"SIGHUP":             {syscall.SIGHUP, nil, 130, true},
		"SIGHUP under nohup": {syscall.SIGHUP, []string{"nohup"}, 0, false},
		"SIGINT ignored":     {syscall.SIGINT, []string{"sh", "-c", `trap "" INT; exec "$@"`, "sh"}, 0, false},
		"SIGPIPE":            {syscall.SIGPIPE, nil, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := start(t, reference.Options{Edition: "v0.12"})
			proxied, asked, release := waiting(t, d)
			path := filepath.Join(t.TempDir(), "r.json")
			line := append(slices.Clone(row.begin), binary, "run", "--edition", "v0.12", "--target", proxied, "--timeout", "1m",
				"--only", "*/listRecordings", "--report", "json="+path)
			cmd := exec.CommandContext(t.Context(), line[0], line[1:]...)
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "VEXA_ADMIN_TOKEN=" + d.AdminToken}
			var said bytes.Buffer
			cmd.Stderr = &said
			require.NoError(t, cmd.Start())
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			select {
			case <-asked:
			case err := <-ended:
				require.FailNow(t, "the run ended before its signal", "%v: %s", err, &said)
			}
			require.NoError(t, cmd.Process.Signal(row.signal))
			if !row.interrupted {
				close(release)
			}
			<-ended // its exit code says more
			assert.Equal(t, row.exit, cmd.ProcessState.ExitCode())
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, row.interrupted, gjson.GetBytes(text, "interrupted").Bool())
			assert.Equal(t, int64(row.exit), gjson.GetBytes(text, "exit_code").Int())
			_, keys := d.Remaining()
			assert.Zero(t, keys, "the run revoked its keys")
		})
	}
}

// TestOutputThatGoesAway: the reports are written whatever becomes of standard output.
func TestOutputThatGoesAway(t *testing.T) {
	t.Parallel()
	d := start(t, reference.Options{Edition: "v0.12", Faults: []string{"missing-key-detail"}})
	gone := func(t *testing.T) *os.File {
		read, write, err := os.Pipe()
		require.NoError(t, err)
		require.NoError(t, read.Close())
		return write
	}
	full := func(t *testing.T) *os.File {
		file, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skipf("no /dev/full here: %v", err)
		}
		return file
	}
	kept, broken := []string{"run", "--target", d.BaseURL, "--only", "auth/unknown-key/getMe"}, []string{"run", "--target", d.BaseURL, "--only", "auth/missing-key/getMe"}
	for name, row := range map[string]struct {
		stdout  func(*testing.T) *os.File
		args    []string
		reports bool
		exit    int
		says    string
	}{
		"the reader of a run has left":      {gone, kept, true, 0, ""},
		"of one that is broken":             {gone, broken, true, 1, ""},
		"of one that prints its report too": {gone, append(slices.Clone(kept), "--report", "junit=-"), true, 0, ""},
		"the disk behind a run is full":     {full, kept, true, 5, "print the verdicts: write /dev/stdout: no space left on device"},
		"the reader of a list has left":     {gone, []string{"list"}, false, 0, ""},
		"the disk behind a list is full":    {full, []string{"list"}, false, 5, "no space left on device"},
		"the disk behind help is full":      {full, []string{"--help"}, false, 5, "no space left on device"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "r.json")
			if row.args = slices.Clone(row.args); row.reports {
				row.args = append(row.args, "--report", "json="+path)
			}
			cmd := command(t, []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken}, row.args...)
			var said bytes.Buffer
			stdout := row.stdout(t)
			cmd.Stdout, cmd.Stderr = stdout, &said
			_ = cmd.Run() // its exit code says more
			require.NoError(t, stdout.Close())
			assert.Equal(t, row.exit, cmd.ProcessState.ExitCode(), said.String())
			assert.Contains(t, said.String(), row.says)
			if row.says == "" {
				assert.Empty(t, said.String())
			}
			if row.reports {
				text, err := os.ReadFile(path)
				require.NoError(t, err)
				assert.Equal(t, "v0.12", gjson.GetBytes(text, "edition").String())
			}
		})
	}
}

// TestSecondInterruptLeavesAtOnce also while the run still cleans up.
func TestSecondInterruptLeavesAtOnce(t *testing.T) {
	t.Parallel()
	d := start(t, reference.Options{Edition: "v0.12"})
	waiting := make(chan struct{}, 100)
	proxied := referencetest.Proxy(t, d.BaseURL, func(_ http.ResponseWriter, r *http.Request) bool {
		revokes := r.Method == http.MethodDelete && r.Header.Get("X-Admin-API-Key") != ""
		if key := r.Header.Get("X-API-Key"); !slices.Contains(d.Issued(), key) && !revokes {
			return false // until there is a key to revoke: detecting the edition needs none
		}
		waiting <- struct{}{}
		<-r.Context().Done()
		return true
	})
	cmd := command(t, []string{"VEXA_ADMIN_TOKEN=" + d.AdminToken}, "run", "--edition", "v0.12", "--target", proxied, "--timeout", "1m", "--only", "*/listRecordings", "--skip", "*revoked*")
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	<-waiting
	require.Eventually(t, func() bool {
		_ = cmd.Process.Signal(syscall.SIGINT) // until it has ended
		select {
		case <-ended:
			return true
		default:
			return false
		}
	}, 20*time.Second, 50*time.Millisecond)
	assert.Equal(t, -1, cmd.ProcessState.ExitCode(), "ended by the signal")
}
