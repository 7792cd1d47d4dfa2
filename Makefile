# rlvr: build, test, release. `make help` lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

GO ?= go

# The pure-Go backend's vector kernels, where Go has them.
ifeq ($(shell $(GO) env GOARCH),amd64)
export GOEXPERIMENT ?= simd
endif

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)

# Where plugins go, and where every command and test finds them.
DATA_DIR   := $(or $(XDG_DATA_HOME),$(HOME)/.local/share)
PLUGIN_DIR := $(or $(RLVR_PJRT_DIR),$(DATA_DIR)/rlvr/pjrt)

# The XLA CPU plugin: a wheel, the file in it, and that file's SHA-256.
XLA_CPU_WHEEL  := lammps-jax-pjrt-cpu==0.11.2
XLA_CPU_FILE   := lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so
XLA_CPU_SHA256 := ad1309ac822b1b24d51b7f9947c7c9fa9ef5d67f390584cbc3d1fa2428fed9c2

# Packages without device code: cheap enough for the race detector.
HOST_PACKAGES := ./configs/... ./data/... ./verifier/... ./checkpoints/... ./tokenize/... ./trainer/runlog/...

TEST_TIMEOUT ?= 20m
LONG_TIMEOUT ?= 3h
FUZZTIME     ?= 30s
BENCH        ?= .
BENCH_COUNT  ?= 1

.PHONY: build
build: ## build bin/rlvr
	$(GO) build -ldflags "-X main.version=$(VERSION)" -o bin/rlvr ./cmd/rlvr

.PHONY: quickstart
quickstart: build ## train the quickstart from nothing (ARGS=--clean to do it again)
	bin/rlvr train configs/quickstart.yaml $(ARGS)

.PHONY: test
test: vet test-go test-race ## everything that a change must pass, in minutes

.PHONY: test-go
test-go:
	$(GO) test -timeout $(TEST_TIMEOUT) ./...

# The race detector needs cgo.
.PHONY: test-race
test-race:
ifeq ($(shell $(GO) env CGO_ENABLED),1)
	$(GO) test -race -timeout $(TEST_TIMEOUT) $(HOST_PACKAGES)
else
	@echo "no C compiler: the race detector is left out"
endif

.PHONY: test-long
test-long: mutants repro ## what takes longer: many seeds, kill storms, long searches for faults, mutants
	RLVR_LONG=1 $(GO) test -timeout $(LONG_TIMEOUT) ./...

.PHONY: mutants
mutants: ## change objectives one sign, bound or mask at a time: tests must fail
	$(GO) run ./bench/mutants $(ARGS)

.PHONY: vet
vet: ## go vet, with and without cgo; the program must build without
	$(GO) vet ./...
	CGO_ENABLED=0 $(GO) vet ./...
	CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/rlvr

.PHONY: lint
lint:
	@if command -v golangci-lint >/dev/null; then golangci-lint run ./...; \
	else echo "golangci-lint is not installed: left out (https://golangci-lint.run/docs/welcome/install)"; fi

.PHONY: fmt
fmt: ## format the code
	gofmt -s -w $(shell $(GO) list -f '{{.Dir}}' ./...)

.PHONY: fmt-check
fmt-check:
	@unformatted=$$(gofmt -s -l $(shell $(GO) list -f '{{.Dir}}' ./...)); \
	if [[ -n "$$unformatted" ]]; then echo "make fmt would change:"; echo "$$unformatted"; exit 1; fi

.PHONY: check
check: fmt-check lint test ## format, lint, vet, test

.PHONY: golden
golden: ## rewrite the golden files from what the code gives now
	$(GO) test $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n1 dirname | sort -u) -update

.PHONY: fuzz
fuzz: ## fuzz each target for FUZZTIME (30s)
	@for package in $$($(GO) list ./...); do \
	  targets=$$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); \
	  for target in $$targets; do \
	    echo "$$package $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package; \
	  done; \
	done

.PHONY: bench
bench: ## run the benchmarks (BENCH=pattern, BENCH_COUNT=10 for benchstat)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count $(BENCH_COUNT) -timeout $(LONG_TIMEOUT) ./...

.PHONY: seeds
seeds: build ## the quickstart on ten seeds (ARGS='-backend xla:cpu')
	$(GO) run ./bench seeds $(ARGS)

# All of them fit a CPU. ARGS='--backend xla:cpu' takes another backend than auto.
.PHONY: repro
repro: build ## the runs of configs/repro, each against its bands
	for config in configs/repro/*.yaml; do bin/rlvr train $$config --clean --check-bands $(ARGS); done

.PHONY: peers
peers: build ## the quickstart beside PyTorch and TRL (bench/README.md)
	$(GO) run ./bench peers $(ARGS)

.PHONY: xla-cpu
xla-cpu: ## fetch the XLA CPU plugin (Linux on x86-64)
	@plugin="$(PLUGIN_DIR)/$(notdir $(XLA_CPU_FILE))"; \
	good() { echo "$(XLA_CPU_SHA256)  $$1" | sha256sum --check --status 2>/dev/null; }; \
	if good "$$plugin"; then echo "$$plugin is there"; exit 0; fi; \
	if [[ "$$(uname -sm)" != "Linux x86_64" ]]; then \
	  echo "xla-cpu: there is no such plugin for $$(uname -sm); rlvr doctor shows other ways" >&2; exit 1; fi; \
	if ! python3 -m pip --version >/dev/null 2>&1; then \
	  echo "xla-cpu: needs python3 with pip (Debian: apt-get install python3-pip); rlvr doctor shows other ways" >&2; exit 1; fi; \
	mkdir -p "$(PLUGIN_DIR)"; \
	work=$$(mktemp -d "$(PLUGIN_DIR)/.fetch.XXXXXX"); trap 'rm -rf "$$work"' EXIT; \
	python3 -m pip download --quiet --no-deps --only-binary=:all: --dest "$$work" '$(XLA_CPU_WHEEL)'; \
	python3 -m zipfile -e "$$work"/*.whl "$$work"; \
	if ! good "$$work/$(XLA_CPU_FILE)"; then \
	  echo "xla-cpu: the SHA-256 of $(XLA_CPU_FILE) in $(XLA_CPU_WHEEL) is not the one expected" >&2; exit 1; fi; \
	mv -f "$$work/$(XLA_CPU_FILE)" "$$plugin"; \
	echo "$$plugin"

.PHONY: clean
clean: ## remove what was built; runs stay
	rm -rf bin

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
