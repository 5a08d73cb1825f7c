package reports

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
	"unicode/utf8"

	"vexa-conformance/runner/result"
)

// badgeText is what a badge says: of each edition its verdict, how many of its promises were judged, and when.
func badgeText(r result.Report) (message string, worst tone) {
	worst = good
	var parts []string
	for _, run := range r.Runs {
		j := newJudgement(run)
		word := map[tone]string{good: "conformant", bad: "not conformant", open: "inconclusive"}[j.Tone]
		if j.Tone == open && run.ExitCode == result.ExitKept {
			word = "no clause broken"
		}
		switch known := run.Summary.Known; {
		case known > 0 && run.ExitCode == result.ExitKept:
			word += fmt.Sprintf(" but for %d known", known)
		case known > 0:
			word += fmt.Sprintf(", %d known", known)
		}
		name := run.Edition
		if run.Target.Hosted {
			name += " hosted"
		}
		parts = append(parts, fmt.Sprintf("%s %s (%d of %d)", name, word, j.Judged, j.Applicable))
		if j.Tone == bad || j.Tone == open && worst == good {
			worst = j.Tone
		}
	}
	return strings.Join(parts, ", ") + ", " + r.Finished.UTC().Format("2006-01-02"), worst
}

// Badge writes what the endpoint badge of shields.io reads (schemaVersion 1).
func Badge(w io.Writer, r result.Report) error {
	message, worst := badgeText(r)
	return json.NewEncoder(w).Encode(map[string]any{
		"schemaVersion": 1, "label": "Vexa contract", "message": message, "isError": worst == bad,
		"color": map[tone]string{good: "brightgreen", bad: "red", open: "yellow"}[worst],
	})
}

// SVG writes the same badge as a picture.
func SVG(w io.Writer, r result.Report) error {
	message, worst := badgeText(r)
	// 6.6 is the mean width of a character of 11 px Verdana, 10 the room beside a text.
	width := func(s string) int { return int(6.6*float64(utf8.RuneCountInString(s))) + 10 }
	label := "Vexa contract"
	return badgePicture().Execute(w, map[string]any{
		"Label": label, "Message": message, "Left": width(label), "Right": width(message), "All": width(label) + width(message),
		"MiddleLeft": width(label) / 2, "MiddleRight": width(label) + width(message)/2,
		// Dark enough for white letters (WCAG 2.2, 1.4.3).
		"Color": map[tone]string{good: "#1a7f37", bad: "#b42318", open: "#8a6100"}[worst],
	})
}

func badgePicture() *template.Template {
	return template.Must(template.New("badge").Parse(`<svg xmlns="http://www.w3.org/2000/svg" width="{{.All}}" height="20" role="img" aria-label="{{.Label}}: {{.Message}}">
<title>{{.Label}}: {{.Message}}</title>
<rect width="{{.All}}" height="20" rx="3" fill="{{.Color}}"/><rect width="{{.Left}}" height="20" rx="3" fill="#444c56"/>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{{.MiddleLeft}}" y="14">{{.Label}}</text><text x="{{.MiddleRight}}" y="14">{{.Message}}</text></g>
</svg>
`))
}
