// Package browser looks at the HTML report in Chromium. It is a module of its own, so that a browser's driver is no
// dependency of the program.
package browser

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reports writes the pages to look at with the program itself: a broken deployment, all editions of the whole reference, and
// a proof.
func reports(t *testing.T) map[string]string {
	t.Helper()
	folder := t.TempDir()
	program := filepath.Join(folder, "vexa-conformance")
	out, err := exec.Command("go", "-C", "../..", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	pages := map[string]string{}
	for name, args := range map[string][]string{
		"whole": {"run", "--quiet"}, "proof": {"prove", "--quiet", "--edition", "v0.10", "--only", "getMe/*"},
	} {
		pages[name] = filepath.Join(folder, name+".html")
		out, err := exec.Command(program, append(args, "--report", "html="+pages[name], "--report", "json="+filepath.Join(folder, name+".json"))...).CombinedOutput()
		require.NoError(t, err, string(out))
	}
	pages["broken"] = filepath.Join(folder, "broken.html")
	judgeBroken(t, program, pages["broken"], filepath.Join(folder, "broken.json"))
	require.NoError(t, os.Remove(filepath.Join(folder, "proof.json")))
	for name, from := range map[string][]string{
		"grid": {filepath.Join(folder, "whole.json"), filepath.Join(folder, "broken.json")}, "history": {folder},
	} {
		pages[name] = filepath.Join(folder, name+".html")
		out, err := exec.Command(program, append(append([]string{"report", "--quiet"}, from...), "--report", "html="+pages[name])...).CombinedOutput()
		var exit *exec.ExitError
		require.True(t, err == nil || errors.As(err, &exit), string(out))
		require.FileExists(t, pages[name], string(out))
	}
	return pages
}

func judgeBroken(t *testing.T, program, page, report string) {
	t.Helper()
	server := exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--fault", "duplicate-accepted", "--fault", "missing-key-detail", "--fault", "error-in-html")
	stdout, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	defer func() {
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
	}()
	var served struct {
		BaseURL    string `json:"base_url"`
		AdminURL   string `json:"admin_url"`
		AgentURL   string `json:"agent_url"`
		AdminToken string `json:"admin_token"`
	}
	require.NoError(t, json.NewDecoder(stdout).Decode(&served))
	run := exec.Command(program, "run", "--target", served.BaseURL, "--admin-url", served.AdminURL, "--agent-url", served.AgentURL,
		"--edition", "v0.12", "--allow", "observe,write,bots", "--report", "html="+page, "--report", "json="+report)
	run.Env = append(os.Environ(), "VEXA_ADMIN_TOKEN="+served.AdminToken)
	out, err := run.CombinedOutput()
	var exit *exec.ExitError
	require.True(t, errors.As(err, &exit) && exit.ExitCode() == 1, string(out))
}

// tab is a page in a browser, with all that it asked for and complained of.
type tab struct {
	t        *testing.T
	ctx      context.Context
	mu       sync.Mutex
	requests []string
	errors   []string
}

func open(t *testing.T, browser context.Context, page, hash, scheme string, width int64) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	p := &tab{t: t, ctx: ctx}
	require.NoError(t, chromedp.Listen(ctx, func(event any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			p.requests = append(p.requests, e.Request.URL)
		case *runtime.EventExceptionThrown:
			p.errors = append(p.errors, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			p.errors = append(p.errors, fmt.Sprint(e.Type, e.Args))
		}
	}))
	p.do(send(network.Enable, network.EnableParams{}), send(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	}), chromedp.EmulateViewport(width, 900), chromedp.Navigate("file://"+page+hash))
	return p
}

// send is a command of the DevTools protocol.
func send[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, actions...))
}

// eval is what a script comes to.
func eval[T any](p *tab, script string) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err)
	return value
}

func (p *tab) number(script string) int {
	p.t.Helper()
	return eval[int](p, script)
}

func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute) // beside all of CI
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx))
	return ctx
}

const visible = `[...document.querySelectorAll(".clause")].filter(c => c.checkVisibility()).length`

func TestPages(t *testing.T) {
	browser := chromium(t)
	pages := reports(t)
	script := axe(t)
	// Of these pages only what the others do not have is looked at with axe, which takes long for many runs.
	parts := map[string]string{"grid": ".filters, .grid-page", "history": ".history"}
	for name, page := range pages {
		info, err := os.Stat(page)
		require.NoError(t, err)
		assert.Less(t, info.Size(), int64(1<<20), "%s is under 1 MB", name)
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{1280, 360} {
				if name != "broken" && name != "grid" && (scheme == "dark") == (width > 1000) {
					continue // the same style, many times as long: one of each is enough
				}
				t.Run(fmt.Sprintf("%s/%s/%d", name, scheme, width), func(t *testing.T) {
					p := open(t, browser, page, "", scheme, width)
					assert.LessOrEqual(t, p.number("document.documentElement.scrollWidth"), int(width), "nothing sticks out to the right")
					picture(p, name, scheme, width)
					accessible(p, script, parts[name])
					assert.Equal(t, []string{"file://" + page}, p.requests, "it needs nothing but itself")
					assert.Empty(t, p.errors)
				})
			}
		}
	}
	t.Run("filters", func(t *testing.T) { filters(t, browser, pages["broken"]) })
	t.Run("grid", func(t *testing.T) { grid(t, browser, pages["grid"]) })
	t.Run("links", func(t *testing.T) { links(t, browser, pages["broken"]) })
	t.Run("keys", func(t *testing.T) { keys(t, browser, pages["broken"]) })
	t.Run("without scripts", func(t *testing.T) { withoutScripts(t, browser, pages["broken"]) })
}

func filters(t *testing.T, browser context.Context, page string) {
	p := open(t, browser, page, "", "light", 1280)
	all := p.number(visible)
	assert.Greater(t, all, 40)
	p.do(chromedp.SendKeys(chromedp.CSS("#search"), "duplicate-race"))
	assert.Equal(t, 1, p.number(visible))
	p.do(chromedp.SendKeys(chromedp.CSS("#search"), "\x1b"))
	assert.Equal(t, all, p.number(visible), "Escape clears")
	p.do(chromedp.Click(chromedp.CSS(`input[value="pass"]`)))
	broken := p.number(`document.querySelectorAll(".clause.fail").length`)
	skipped := p.number(`document.querySelectorAll(".clause.skip").length`)
	assert.Equal(t, broken+skipped, p.number(visible))
	assert.Equal(t, 4, broken)
	found, err := chromedp.Run(p.ctx, chromedp.Text(chromedp.CSS("#found")))
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprintf("%d of %d promises shown", broken+skipped, all), found)
}

func links(t *testing.T, browser context.Context, page string) {
	for _, id := range []string{"v0.12/scope.denied", "v0.12/scope/denied/getMe/none", "v0.12/auth/unknown-key/listMeetings"} {
		p := open(t, browser, page, "#"+id, "light", 1280)
		if id == "v0.12/scope/denied/getMe/none" {
			assert.Empty(t, p.errors, "a link to nothing is no error")
			continue
		}
		lands := eval[bool](p, fmt.Sprintf(`(() => { const e = document.getElementById(%q), box = e.getBoundingClientRect();
			return e.checkVisibility() && box.top >= 0 && box.top < innerHeight })()`, id))
		assert.True(t, lands, "%s is open and in view", id)
	}
}

func keys(t *testing.T, browser context.Context, page string) {
	p := open(t, browser, page, "", "light", 1280)
	p.do(chromedp.KeyEvent("/"))
	assert.Equal(t, "search", eval[string](p, `document.activeElement.id`))
	eval[bool](p, `document.activeElement.blur() === undefined`)
	p.do(chromedp.KeyEvent("b"))
	assert.Equal(t, "fail", eval[string](p, `document.activeElement.closest(".clause").dataset.verdict`))
	const id = `document.activeElement.closest(".clause").id`
	first := eval[string](p, id)
	p.do(chromedp.KeyEvent("n"))
	assert.NotEqual(t, first, eval[string](p, id))
	p.do(chromedp.KeyEvent("p"))
	assert.Equal(t, first, eval[string](p, id))
}

func withoutScripts(t *testing.T, browser context.Context, page string) {
	ctx, cancel := chromedp.NewContext(browser)
	defer cancel()
	require.NoError(t, chromedp.Do(ctx, send(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}), chromedp.Navigate("file://"+page)))
	text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("header")))
	require.NoError(t, err)
	assert.Contains(t, text, "not conformant")
}

// accessible runs axe-core's rules for WCAG 2.2 AA on the parts of a page that a selector names; empty is all of it. Of the
// clauses and rows that are built alike two stay, since axe takes seconds for hundreds.
func accessible(p *tab, script, selector string) {
	p.t.Helper()
	if script == "" {
		return
	}
	eval[bool](p, script+"; true")
	violations := eval[[]string](p, fmt.Sprintf(`(async () => {
		const seen = new Map();
		for (const e of document.querySelectorAll(".clause, tr")) {
			const parts = new Set([e, ...e.querySelectorAll("*")].map(part => part.tagName + "." + part.className));
			const shape = [...parts].sort().join(), n = seen.get(shape) || 0;
			n < 2 ? seen.set(shape, n + 1) : e.remove();
		}
		const parts = [...document.querySelectorAll(%q || "html")];
		parts.forEach(part => part.querySelectorAll("details").forEach(d => { d.open = true }));
		const found = await axe.run({include: parts}, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]});
		return found.violations.map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + " " + n.failureSummary).join(" | ")) })()`, selector))
	assert.Empty(p.t, violations)
}

// picture keeps what was seen, where somebody wants to look: SCREENSHOTS names the folder.
func picture(p *tab, name, scheme string, width int64) {
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(90))
	require.NoError(p.t, err)
	require.NoError(p.t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%s-%d.jpeg", name, scheme, width)), png, 0o644))
}

// axe is axe-core from npm; without npm the rules are not tried, and the test says so.
func axe(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	pack := exec.Command("npm", "pack", "--silent", "axe-core@4.14.1")
	pack.Dir = folder
	if out, err := pack.CombinedOutput(); err != nil {
		t.Logf("no axe-core, so that accessibility is not looked at: %v %s", err, out)
		return ""
	}
	archive, err := os.Open(filepath.Join(folder, "axe-core-4.14.1.tgz"))
	require.NoError(t, err)
	defer archive.Close()
	unzipped, err := gzip.NewReader(archive)
	require.NoError(t, err)
	for files := tar.NewReader(unzipped); ; {
		header, err := files.Next()
		require.NoError(t, err, "axe.min.js is in the package")
		if strings.HasSuffix(header.Name, "/axe.min.js") {
			script, err := io.ReadAll(files)
			require.NoError(t, err)
			return string(script)
		}
	}
}
