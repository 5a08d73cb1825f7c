// Vexa-conformance holds a deployment of Vexa against its documented error contract and says, promise by promise, which
// it keeps.
package main

import (
	"os"

	"vexa-conformance/runner/command"
)

func main() {
	os.Exit(command.Main(os.Args[1:], os.Stdout, os.Stderr))
}
