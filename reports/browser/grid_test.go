package browser

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const rows = `[...document.querySelectorAll(".grid .row")].filter(r => r.checkVisibility()).length`

// grid looks at the promises by run: its filters, its links to the evidence, and whether it can be read without scripts.
func grid(t *testing.T, browser context.Context, page string) {
	p := open(t, browser, page, "", "light", 1280)
	all := p.number(rows)
	assert.Greater(t, all, 50, "the promises of all editions")
	p.do(chromedp.Click(chromedp.CSS("#changed")))
	changed := p.number(rows)
	assert.Equal(t, p.number(`document.querySelectorAll(".grid .row[data-changed]").length`), changed)
	assert.Less(t, changed, all)
	assert.Positive(t, changed)
	p.do(chromedp.SendKeys(chromedp.CSS("#search"), "missing-key"))
	assert.Equal(t, 1, p.number(rows))
	p.do(chromedp.SendKeys(chromedp.CSS("#search"), "\x1b"))
	assert.Equal(t, all, p.number(rows), "Escape clears")
	p.do(chromedp.Click(chromedp.CSS(`input[value="pass"]`)), chromedp.Click(chromedp.CSS(`input[value="skip"]`)))
	assert.Equal(t, p.number(`[...document.querySelectorAll(".grid .row")].filter(r => r.querySelector("td.fail")).length`), p.number(rows))

	p = open(t, browser, page, "", "light", 1280)
	lands := eval[bool](p, `(async () => { const link = document.querySelector(".grid td.fail a"); link.click();
		await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
		const e = document.getElementById(decodeURIComponent(location.hash.slice(1))), box = e.getBoundingClientRect();
		return e.matches("details.exchange[open]") && e.checkVisibility() && box.top >= 0 && box.top < innerHeight })()`)
	assert.True(t, lands, "the exchange that shows it is open and in view")

	ctx, cancel := chromedp.NewContext(browser)
	defer cancel()
	require.NoError(t, chromedp.Do(ctx, send(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}), chromedp.Navigate("file://"+page)))
	text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(".grid")))
	require.NoError(t, err)
	assert.Contains(t, text, "✗ broken regressed")
}
