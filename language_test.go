package main_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// retired are words that need a second reading in this project, each with what to write instead.
var retired = map[string]string{
	`\btold\b`:                           "says, reports, returns",
	`\bheard\b`:                          "received",
	`\bheld against\b`:                   "tested against, compared with",
	`\blends?\b`:                         "acquires, gives",
	`\b(take|takes|taken|taking) back\b`: "cleans up, deletes, revokes",
	`\bstands? on\b`:                     "needs, depends on",
	`\b(is|are) gone\b`:                  "no longer exists, was deleted, has left",
	`\b(its|the) like\b`:                 "name the things",
	`\b[Ww]here there (is|are)\b`:        "if there is",
	`\b(patiently|abreast|dribble)`:      "sendWithRetry, ForEach, slowBody",
	`\b(letIn|leaveOwn|surroundings)\b`:  "expectAuthorized, release, env",
}

// TestRetiredWords: no Go file, document, or golden file has a retired word.
func TestRetiredWords(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	require.NoError(t, err)
	text := regexp.MustCompile(`\.(go|md|yaml|yml|txt|html|gohtml|json|patch)$|Makefile$`)
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if !text.MatchString(name) || name == "language_test.go" {
			continue
		}
		content, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			continue // deleted, and not yet committed
		}
		require.NoError(t, err)
		for pattern, instead := range retired {
			for _, found := range regexp.MustCompile(pattern).FindAllStringIndex(string(content), -1) {
				line := 1 + strings.Count(string(content[:found[0]]), "\n")
				assert.Failf(t, "a retired word", "%s:%d: %q: write %s", name, line, content[found[0]:found[1]], instead)
			}
		}
	}
}
