# The tools come with go.mod ("tool" lines), so that nothing has to be installed beside Go.
.PHONY: run test quick vet bench prove faults proofs browser clients mutants build image dist help

# Runs are short and allocate much: with the default of 100 a quarter of their time is the collector's.
export GOGC = 400

run: ## Test the embedded reference.
	go run .

# Everything that must hold before a change lands, but for what takes minutes: make prove runs that. -count=1: results
# against real sockets are never taken from the cache. -vet=off: vet has run. -parallel 6 and -p 4, of packages: tests that wait
# leave the cores to others.
TESTS = go tool gotestsum --format pkgname --hide-summary=skipped -- -vet=off -count=1 -p 4 -parallel 6 -timeout 5m
test: vet ## Run the tests, the linters and, if there is a C compiler, the race detector.
	$(TESTS) ./...
	$(if $(CC_FOUND),$(TESTS) -race -short $(RACED),@echo "no C compiler: the tests ran without the race detector")

# The packages that start goroutines. The race detector, which needs cgo and a C compiler, takes six times as long: it watches
# one run of each kind (the checks run in runner/deployment), and leaves out the tests that repeat them (-short).
RACED = ./fixtures ./fixtures/reference ./fixtures/script ./runner ./runner/transport ./runner/record ./runner/deployment \
	./runner/client ./runner/webhook ./runner/parallel ./runner/doctor ./runner/prove
CC_FOUND := $(if $(filter 1,$(shell go env CGO_ENABLED)),$(shell command -v "$$(go env CC)"))

# A look in between, of some seconds.
quick: ## Run the short tests.
	go tool gotestsum --format pkgname --hide-summary=skipped -- -short -parallel 6 -timeout 2m ./...

vet: ## Run gofmt, go vet and staticcheck.
	@test -z "$$(gofmt -l .)" || { echo "gofmt -w these files:"; gofmt -l .; exit 1; }
	go vet ./...
	go tool staticcheck ./...

# What the verdicts are worth: every fault against every check, and then the tests that take longest (TestProof...). Both wait for
# real time, so that they do not run beside each other.
prove: faults proofs ## Try every fault, and run the slowest tests.

faults:
	nice -n 5 go run . prove

proofs:
	PROVE=1 go tool gotestsum --format pkgname --hide-summary=skipped -- -vet=off -count=1 -parallel 16 -timeout 8m -run '^TestProof' \
	  ./runner/deployment ./runner/client ./runner/webhook ./runner/prove ./runner/command

# The modules beside the product: the HTML pages in Chromium, with axe-core's rules, and the mutants. SCREENSHOTS=FOLDER keeps what was seen.
browser: ## Test the HTML reports in Chromium, and the mutation tester.
	cd reports/browser && go vet . && go test -count=1 .
	cd runner/mutants && go vet . && go test -count=1 .

# Clients of other makers, in Python, Node and Java: installed under dist, tested one after the other (ten minutes), and then on a
# machine that is kept busy. UPDATE=1 writes the table of docs/clients.md.
CLIENTS = $(CURDIR)/dist/clients
clients: ## Install and test clients of other makers (Python, Node, Java).
	mkdir -p $(CLIENTS)
	cp -r fixtures/clients/python fixtures/clients/node fixtures/clients/java $(CLIENTS)/
	python3 -m venv $(CLIENTS)/python && $(CLIENTS)/python/bin/pip install -q -r $(CLIENTS)/python/requirements.txt
	cd $(CLIENTS)/node && npm install --silent --no-package-lock
	cd $(CLIENTS)/java && mvn -q -B dependency:copy-dependencies && javac -cp 'target/dependency/*' -d classes Client.java
	PROVE=1 OTHER_CLIENTS=$(CLIENTS) go test -vet=off -count=1 -timeout 60m -v \
	  -run 'TestProofOfOtherClients|TestProofUnderLoad' ./runner/client $(if $(UPDATE),-update)

# Small mistakes put into packages, one at a time, and how many of them their tests notice; the rest stands in
# runner/mutants/mutants.yaml with a reason. It takes most of an hour, and PACKAGE=./spec three minutes. The tests that take longest prove
# what others show as well, and are left out. It is a module of its own, so that the product does not depend on it.
PACKAGE = ./spec ./reports ./runner ./runner/transport ./runner/plan ./runner/record ./runner/journal ./runner/redact ./runner/deployment \
	./runner/sse ./runner/result ./runner/prove/verdict.go ./runner/command/file.go ./runner/command/options.go
mutants: ## Change the harness, and count what its tests notice (an hour).
	cd runner/mutants && go build -o ../../dist/mutants .
	dist/mutants -without 'Proven|OtherMakes|ABadNetwork|^TestLimits$$|MeetingsOfTheOperators' $(PACKAGE)

# The whole run against replaying its requests with a plain client, at the same parallelism.
bench: ## Compare a run with replaying its requests.
	go test -run '^$$' -bench . -benchtime 5x -timeout 3m ./runner/deployment

build: ## Build the program.
	go build -o vexa-conformance .

# A container image (see Dockerfile), with whichever builder is there. IMAGE names it.
IMAGE = vexa-conformance:local
BUILDER = $(firstword $(wildcard /usr/bin/docker /usr/bin/podman /usr/bin/buildah))
AUTHORITIES = /etc/ssl/certs/ca-certificates.crt
image: ## Build a container image.
	@test -n "$(BUILDER)" || { echo "make image needs docker, podman or buildah"; exit 1; }
	rm -rf dist/image && mkdir -p dist/image/state && touch dist/image/state/.keep
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o dist/image/vexa-conformance .
	cp $(AUTHORITIES) dist/image/ca-certificates.crt
	$(BUILDER) build $(BUILDERFLAGS) -f Dockerfile -t $(IMAGE) dist/image

# Binaries of a release, each reproducible from the same commit, with checksums and an SBOM (CycloneDX).
PLATFORMS = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
dist: ## Build the binaries of a release.
	rm -rf dist/release && mkdir -p dist/release
	set -e; for platform in $(PLATFORMS); do \
	  os=$${platform%/*}; arch=$${platform#*/}; suffix=; [ "$$os" != windows ] || suffix=.exe; \
	  CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch go build -trimpath -ldflags='-s -w' -o dist/release/vexa-conformance-$$os-$$arch$$suffix .; \
	done
	go run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0 mod -licenses=false -noserial -notimestamp -json -output dist/release/sbom.cdx.json .
	cd dist/release && sha256sum vexa-conformance-* sbom.cdx.json > SHA256SUMS

help: ## List these targets.
	@awk -F ': .*## |:.*## ' '/^[a-z]+:.*## / {printf "%-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
