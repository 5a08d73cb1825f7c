package command

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVersionOf(t *testing.T) {
	t.Parallel()
	const commit = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"
	set := func(pairs ...string) (all []debug.BuildSetting) {
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, debug.BuildSetting{Key: pairs[i], Value: pairs[i+1]})
		}
		return all
	}
	for name, row := range map[string]struct {
		version  string
		settings []debug.BuildSetting
		want     string
	}{
		"nothing known":    {"(devel)", nil, "devel"},
		"a tag":            {"v1.2.0", set("vcs.revision", commit, "vcs.time", "2026-11-25T18:00:00Z"), "v1.2.0 (0a1b2c3d4e5f, 2026-11-25)"},
		"a commit":         {"(devel)", set("vcs.revision", commit), "devel (0a1b2c3d4e5f)"},
		"changed since":    {"", set("vcs.revision", commit, "vcs.modified", "true"), "devel (0a1b2c3d4e5f, modified)"},
		"a pseudo-version": {"v0.0.0-20261125180000-0a1b2c3d4e5f", set("vcs.revision", commit, "vcs.time", "2026-11-25T18:00:00Z"), "v0.0.0-20261125180000-0a1b2c3d4e5f (2026-11-25)"},
		"a short commit":   {"(devel)", set("vcs.revision", "0a1b"), "devel (0a1b)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info := &debug.BuildInfo{Settings: row.settings}
			info.Main.Version = row.version
			assert.Equal(t, row.want, versionOf(info))
		})
	}
}
