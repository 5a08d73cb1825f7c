# The tools come with go.mod ("tool" lines), so that nothing has to be installed beside Go.
.PHONY: run test vet bench prove browser mutants build

run:
	go run .

# Everything that must hold before a change lands. -count=1: results against real sockets are never taken from the cache.
# -parallel 6: the checks about limits wait by promise, and others can run meanwhile.
test: vet
	go tool gotestsum --format pkgname -- -race -count=1 -parallel 6 -timeout 12m ./...

vet:
	@test -z "$$(gofmt -l .)" || { echo "gofmt -w these files:"; gofmt -l .; exit 1; }
	go vet ./...
	go tool staticcheck ./...

# Every fault against every check: what the verdicts are worth.
prove:
	go run . prove

# The HTML pages in Chromium, with axe-core's rules: a module of its own. SCREENSHOTS=FOLDER keeps what was seen.
browser:
	cd reports/browser && go vet . && go test -count=1 .

# Small mistakes put into packages, one at a time, and how many of them their tests notice; the rest stands in
# runner/mutants/mutants.yaml with a reason. It takes most of an hour, and PACKAGE=./spec three minutes. In runner the tests that take
# longest prove what others show as well, and are left out.
PACKAGE = ./spec ./reports ./runner ./runner/sse ./runner/result ./runner/prove/verdict.go ./runner/command/file.go ./runner/command/options.go
mutants:
	go run ./runner/mutants -without 'Proven|OtherMakes|ABadNetwork|^TestLimits$$|MeetingsOfTheOperators' $(PACKAGE)

# The whole run against replaying its requests with a plain client, at the same parallelism.
bench:
	go test -run '^$$' -bench . -benchtime 5x -timeout 3m ./runner

build:
	go build -o vexa-conformance .
