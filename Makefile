# `make help` lists the targets. Needs Debian 12 (or newer) and a Swift 6.3 toolchain.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# A toolchain unpacked in its usual place is found without PATH.
export PATH := $(PATH):/opt/swift/usr/bin
SWIFT ?= swift
PYTHON ?= /usr/bin/python3
DATA ?= data
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= bosh poll websocket upload stream

# The server is linked with its own Swift runtime, and without the run-time checks for overlapping
# access that debug builds, and so the unit tests, have.
RELEASE := -c release --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked

BUILD_PACKAGES := pkg-config libmicrohttpd-dev libssl-dev libxml2-dev libidn-dev libsqlite3-dev \
	libwslay-dev zlib1g-dev libjs-strophe
TEST_PACKAGES := python3-venv chromium chromium-driver profanity mcabber tmux iproute2 util-linux \
	curl nginx-light openssl
BENCH_PACKAGES := openssl
COMPARE_PACKAGES := $(BENCH_PACKAGES) ejabberd prosody nginx-light wrk
INTEROP := Tests/InteropTests
VENV := .venv-tests

.PHONY: help deps deps-test build run test fuzz bench compare lint clean

help: ## list the targets
	@echo "Martlet: make TARGET"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

deps: ## install the Debian packages the server needs, where missing
	@$(INTEROP)/install-packages $(BUILD_PACKAGES)
	@command -v $(SWIFT) >/dev/null || { \
		echo "No swift command: install Swift 6.3 from swift.org and put it in PATH." >&2; exit 1; }

deps-test: deps $(VENV)/ready ## also what the tests need: browser, terminal clients, Python clients
	@$(INTEROP)/install-packages $(TEST_PACKAGES)

$(VENV)/ready: $(INTEROP)/requirements.txt $(INTEROP)/bare.txt
	@$(INTEROP)/install-packages python3-venv
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps -r $(INTEROP)/bare.txt
	@touch $@

build: deps ## release binaries in .build/release
	$(SWIFT) build $(RELEASE) --product martletd
	$(SWIFT) build $(RELEASE) --product martletctl

run: build ## build, set up ./data on the first start, run in the foreground (DATA=folder)
	exec .build/release/martletd --data $(DATA)

test: deps-test ## build, then every check: unit tests, style, interoperability; one summary
	@SWIFT=$(SWIFT) RELEASE="$(RELEASE)" PYTHON=$(VENV)/bin/python Tests/run-all

lint: ## check the formatting of the Swift sources
	$(SWIFT) format lint --strict -r Sources Tests Package.swift

bench: build ## measure this machine's server, see Benchmarks/README.md
	@$(INTEROP)/install-packages $(BENCH_PACKAGES)
	$(PYTHON) Benchmarks/bench.py

compare: build ## measure it beside Debian's ejabberd, Prosody and nginx
	@$(INTEROP)/install-packages $(COMPARE_PACKAGES)
	$(PYTHON) Benchmarks/compare.py
	$(PYTHON) Benchmarks/files.py

fuzz: deps ## feed the readers with what libFuzzer thinks of (FUZZ_SECONDS=60 each, FUZZ_TARGETS)
	MARTLET_FUZZ=1 $(SWIFT) build -c release --scratch-path .build-fuzz --product fuzz
	@FUZZER=.build-fuzz/release/fuzz FUZZ_SECONDS=$(FUZZ_SECONDS) Tests/Fuzz/run $(FUZZ_TARGETS)

clean: ## remove what was built; ./data stays
	rm -rf .build .build-fuzz $(VENV) .pytest_cache
