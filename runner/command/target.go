package command

import (
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// emptyTarget refuses a target that is given and empty, as a variable or a secret that a pipeline does not have makes
// it: without a target the embedded reference is judged, which is green.
func emptyTarget(parsed *kong.Context) error {
	for _, flag := range parsed.Flags() {
		if flag.Name != "target" || strings.TrimSpace(flag.Target.String()) != "" {
			continue
		}
		if slices.ContainsFunc(parsed.Path, func(p *kong.Path) bool { return p.Flag == flag }) {
			return mistake("--target is empty: give the base URL of the deployment, such as http://localhost:18056")
		}
		for _, name := range flag.Envs {
			if _, set := os.LookupEnv(name); set {
				return mistake("%s is set and empty: set it to the base URL of the deployment, or unset it", name)
			}
		}
	}
	return nil
}
