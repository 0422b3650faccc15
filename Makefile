# Targets with a ## comment are listed by `make help`.
SHELL      := /bin/bash
.DEFAULT_GOAL := help

VERSION    := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILDFLAGS := -trimpath -ldflags "-s -w -X studymail/internal/app.version=$(VERSION)"
# The packages where goroutines share something.
RACE       ?= ./internal/outbox/... ./internal/jobs/... ./internal/smtpout/... ./internal/maildir/... ./internal/store/... ./internal/logs/... ./internal/app/...
# A number of inputs: with a time, go test -fuzz may report its own deadline as a failure (golang/go#75804).
FUZZTIME   ?= 200000x
LINT       := bin/golangci-lint

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build and run the product on its embedded defaults (makes .env and demo data the first time)
	bin/studymail serve --init --demo-if-new

build: ## Build the static binary bin/studymail
	@scripts/assets.sh --if-possible
	CGO_ENABLED=0 go build $(BUILDFLAGS) -o bin/studymail ./cmd/studymail

assets: ## Build what the pages look like (needs npm; run and build do it where it can be done)
	@scripts/assets.sh

test: test-deps ## Run every test on SQLite and PostgreSQL (installs what they need when it is root)
	@scripts/assets.sh --if-possible
	go vet ./...
	go test -count=1 -timeout 30m ./...

test-deps: ## Install what the tests need, where it is missing
	@scripts/test-deps.sh

test-race: test-deps ## Run the tests of the concurrent packages with the race detector
	CGO_ENABLED=1 go test -race -short -count=1 -timeout 30m $(RACE)

test-pg: test-deps ## Run the tests of the store and of the whole product (on both databases)
	go test -count=1 -timeout 20m ./internal/store/... ./internal/storetest/... ./internal/jobs/... ./internal/app/...

e2e-full: test-deps ## Run the whole campaign with 100,000 patients on both databases (`make test` has 5,000)
	E2E=full go test -count=1 -timeout 20m -v -run '^TestAWholeCampaign' ./internal/e2e/

chaos: test-deps ## Run the fault campaigns in full (their short forms are part of `make test`)
	CHAOS=full go test -count=1 -timeout 60m -v -run '^TestChaos' ./internal/e2e/ ./internal/smtpout/

acceptance: test-deps ## Campaigns of 20,000 through a real Postfix and an emulator of Amazon SES, of which much comes back (400 in `make test`)
	ACCEPTANCE=20000 go test -count=1 -timeout 60m -v -run '^TestACampaign(ThroughSES)?OfWhichMuchComesBack$$' ./internal/interop/

dump: test-deps ## At a release: keep a database in mid-campaign as test data (SCHEMA=0006, the newest migration)
	@[ -n "$(SCHEMA)" ] || { echo "write make dump SCHEMA=0006: the number of the newest migration" >&2; exit 2; }
	DUMP=$(SCHEMA) go test -count=1 -timeout 20m -run '^TestAnUpgradeInMidFlight' ./internal/e2e/

screenshots: test-deps ## Look at every page in a real browser, wide and narrow, light and dark: build/screenshots, axe-core (`make test` looks at half)
	@scripts/assets.sh
	LOOKS=all go test -count=1 -timeout 40m -run '^TestPages' ./internal/webtest/

fuzz: ## Run every fuzz target on FUZZTIME inputs (200000x)
	scripts/fuzz.sh $(FUZZTIME)

bench: test-deps ## Print the table of figures: planning, sending, import, next to smtp-source
	BENCH=1 go test -count=1 -timeout 150m -v -run '^TestBench' ./bench/

bench-bounces: ## Print what the classifier makes of a folder of mails: CORPUS=DIR, EXPECT=FILE or sisimai's fact/ (docs/bounces.md)
	@[ -n "$(CORPUS)" ] || { echo "say which folder: make bench-bounces CORPUS=DIR" >&2; exit 2; }
	@CORPUS="$(abspath $(CORPUS))" EXPECT="$(if $(EXPECT),$(abspath $(EXPECT)))" HALF="$(HALF)" SHOW="$(SHOW)" go test -count=1 -timeout 30m -v -run '^TestBounces$$' ./bench/

lint: $(LINT) ## Run the linters (built from source the first time: some minutes)
	$(LINT) run ./...

fmt: $(LINT) ## Format the code
	$(LINT) fmt

vuln: bin/govulncheck ## Ask Go's vulnerability database about what we link (needs the Internet)
	@bin/govulncheck ./... || { code=$$?; [ $$code = 3 ] || echo "govulncheck could not do its work (code $$code): it needs https://vuln.go.dev, or a copy of that database named by GOVULNDB" >&2; exit $$code; }

check: $(LINT) ## The quick part before a commit: vet, lint, tests with -short
	go vet ./...
	$(LINT) run ./...
	go test -short ./...

verify: ## Check that go.mod is tidy, dependencies are what go.sum says, and files are formatted
	go mod verify
	go mod tidy -diff
	@bad=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$bad" ] || { echo "not formatted: $$bad" >&2; exit 1; }

clean: ## Remove what was built (never data, state, logs, mail or .env)
	rm -rf bin build internal/web/assets/node_modules
	find internal/web/dist -type f -not -name .keep -delete
	find . -name '*.test' -type f -not -path './.git/*' -delete

bin/golangci-lint: tools/go.mod tools/go.sum
	go build -C tools -o ../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

bin/govulncheck: tools/go.mod tools/go.sum
	go build -C tools -o ../$@ golang.org/x/vuln/cmd/govulncheck

.PHONY: help run build assets screenshots test test-deps test-race test-pg chaos acceptance dump fuzz bench bench-bounces lint fmt vuln check verify clean
