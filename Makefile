# SPDX-License-Identifier: GPL-2.0-only
# Every target says what it does; `make help` lists them.

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
RUNS ?= 100000
SEED ?= 1
FILES ?= 60
PROGRAMS ?= 10000
# One build in release mode serves the program and the tests.
FLAGS = -c release
BINARY = .build/release/twostep
SOURCES = Package.swift Sources Tests

.DEFAULT_GOAL := build
.PHONY: help deps build demo test test-kernel test-programs fuzz bench trust format lint install

help:
	@echo "make deps         install what the build needs beside Swift (Debian packages)"
	@echo "make build        build the program and its tests in release mode (default)"
	@echo "make demo         scan, suggest, check, validate and model, once each, on the sample tree"
	@echo "make test         every test that needs no real kernel tree"
	@echo "make test-kernel  the tests on Linux 6.12 and 7.3, which it fetches and prepares once"
	@echo "make test-programs  PROGRAMS=$(PROGRAMS) generated C programs, interpreted and compiled, and long"
	@echo "                    random runs of the reference engine"
	@echo "make fuzz         RUNS=$(RUNS) mutated mails through the readers of mail and diffs"
	@echo "make bench        speed and memory of the reference engine, of C, of series, scan and suggest"
	@echo "make trust        check on FILES=$(FILES) drivers of Linux 6.12 drawn with SEED=$(SEED)"
	@echo "make format       format the Swift sources in place"
	@echo "make lint         check format and shell scripts; changes nothing"
	@echo "make install      install under PREFIX ($(PREFIX)), with completions and manual pages"

deps:
	@echo "== packages that the build needs"
	@.ci/deps

build: deps
	@echo "== building the program and its tests in release mode"
	@$(SWIFT) build $(FLAGS) --build-tests

demo: deps
	@echo "== building the program in release mode"
	@$(SWIFT) build $(FLAGS) --product twostep
	@.ci/demo $(CURDIR)/$(BINARY)

test: build
	@echo "== tests that need no real kernel tree"
	@$(SWIFT) test $(FLAGS) --skip-build --parallel --skip '[Rr]ealTree'

test-kernel: build
	@echo "== tests on Linux 6.12 and 7.3"
	@.ci/kernel-tree
	@.ci/kernel-tree 7.3 || echo "the tests on Linux 7.3 are left out"
	@.ci/test-kernel "$(SWIFT)" $(FLAGS)

test-programs: build
	@echo "== $(PROGRAMS) generated programs, interpreted and compiled; long runs of the engine"
	@TWOSTEP_PROGRAMS=$(PROGRAMS) TWOSTEP_STEPS=13000 TWOSTEP_ROUNDS=5000 TWOSTEP_MAILS=1000 \
		$(SWIFT) test $(FLAGS) --skip-build \
		--filter 'DifferentialTests|WorkloadTests|HostileScenarioTests|GitRandomMail|GitApply'

fuzz: deps
	@echo "== $(RUNS) mutated mails through the readers of mail and diffs"
	@TWOSTEP_FUZZ=1 $(SWIFT) build $(FLAGS) --scratch-path .build/fuzz --product FuzzMail \
		-Xswiftc -sanitize=fuzzer -Xswiftc -parse-as-library
	@mkdir -p .build/fuzz/corpus
	@.build/fuzz/release/FuzzMail -runs=$(RUNS) -max_len=65536 -timeout=10 -rss_limit_mb=1024 \
		-print_final_stats=1 -artifact_prefix=.build/fuzz/ \
		.build/fuzz/corpus patches/good patches/bad

bench: build
	@echo "== link, sync and unlink on the reference engine"
	@$(SWIFT) run $(FLAGS) ModelBenchmark
	@echo "== executing C"
	@$(SWIFT) run $(FLAGS) ExecutionBenchmark
	@echo "== reading mail, and applying a series against git am"
	@.ci/bench-series $(CURDIR)/.build/release/SeriesBenchmark
	@echo "== scan of Linux 6.12, beside spatch and grep"
	@.ci/bench-scan $(CURDIR)/$(BINARY)
	@echo "== suggest on Linux 6.12, beside spatch"
	@.ci/bench-suggest $(CURDIR)/$(BINARY)

trust: build
	@.ci/kernel-tree
	@echo "== check on $(FILES) drivers drawn with seed $(SEED): read every error in the source"
	@.ci/trust $(CURDIR)/$(BINARY) $(SEED) $(FILES)

format:
	@echo "== formatting in place: $(SOURCES)"
	@$(SWIFT) format format --in-place --recursive --parallel $(SOURCES)

lint:
	@echo "== checking the format of: $(SOURCES), and the scripts in .ci"
	@$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)
	@for script in .ci/*[!s] .ci/examples/pre-push; do bash -n "$$script" || exit 1; done

install: build
	@echo "== installing under $(DESTDIR)$(PREFIX)"
	@.ci/install $(BINARY) "$(DESTDIR)$(PREFIX)"
