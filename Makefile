# Every target installs and builds what it lacks; `make help` lists them. The build proper is CMake's.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
# How long each fuzz target runs with `make fuzz`.
SECONDS_EACH := $(if $(filter command line,$(origin SECONDS)),$(SECONDS),300)
export CTEST_OUTPUT_ON_FAILURE := 1

# Configuring again costs a second and picks up folders that are new.
configure = cmake --preset $(1) $(2) >build/configure-$(1).log || { cat build/configure-$(1).log; exit 1; }
compile = cmake --build build/$(1) -j $(JOBS) $(2)
run_tests = ctest --test-dir build/$(1) -j $(JOBS) --no-tests=error $(2) </dev/null

.PHONY: help build test test-all test-gdb test-forks test-trees test-release test-sanitized test-fuzz asan tsan fuzz race lint demo bench conformance clean
.NOTPARALLEL:
.DEFAULT_GOAL := help

help:
	@echo 'make demo         gdb debugs a pipeline and a threaded program through cotrace'
	@echo 'make build        build/release/cotrace, and beside it gdbserver, a link to it'
	@echo 'make test         units, the core on real programs, the command line, gdb on real programs, the structure of the tree'
	@echo 'make test-all     these, and test-sanitized, test-fuzz'
	@echo 'make test-forks   gdb follows each kind of fork with each of its settings'
	@echo 'make test-trees   a build, a browser, a database ... each followed whole by gdb; installs what these are'
	@echo 'make lint         format, clang-tidy, include graph, size table'
	@echo 'make bench        cotrace beside gdbserver, lldb-server and a bare ptrace loop'
	@echo "make conformance  gdb's own test suite: cotrace beside gdbserver [LIST=file] [BOARD=name] [FILES='gdb.base/break.exp ...']"
	@echo 'make asan         every test with AddressSanitizer and UBSan'
	@echo "make tsan         the core's unit tests with ThreadSanitizer"
	@echo 'make fuzz         each fuzz target for [SECONDS=300]'
	@echo 'make race         the race scenarios, N=10000 times, half of them under load'
	@echo 'make clean        removes build/'

build/:
	@mkdir -p build

build: | build/
	@scripts/setup build
	@$(call configure,release)
	$(call compile,release,--target product)

test: test-release

# With the sanitizers and the fuzz targets, which need two more builds.
test-all: test-release test-sanitized test-fuzz

test-release: | build/
	@scripts/setup build test
	@$(call configure,release)
	$(call compile,release)
	$(call run_tests,release,-LE '^(forks|trees)$$')

# Real gdb drives real programs.
test-gdb: | build/
	@scripts/setup build test
	@$(call configure,release)
	$(call compile,release)
	$(call run_tests,release,-L '^gdb$$')

# Every kind of fork with every setting of gdb, in every connection mode.
test-forks: | build/
	@scripts/setup build test
	@$(call configure,release)
	$(call compile,release)
	$(call run_tests,release,-L '^forks$$')

# Debian's own programs, followed whole.
test-trees: | build/
	@scripts/setup build trees
	@$(call configure,release)
	$(call compile,release)
	$(call run_tests,release,-L '^trees$$')

# What needs no debugger to drive it; `make asan` is for everything.
test-sanitized: | build/
	@scripts/setup build test
	@$(call configure,asan-ubsan)
	$(call compile,asan-ubsan,--target unit_tests trace_tests)
	$(call run_tests,asan-ubsan,-L '^(unit|trace)$$')
	@$(MAKE) --no-print-directory tsan

test-fuzz: | build/
	@scripts/setup build fuzz
	@$(call configure,fuzz,-DCOTRACE_FUZZ_SECONDS=10)
	$(call compile,fuzz,--target fuzzers)
	$(call run_tests,fuzz,-L '^fuzz$$')

asan: | build/
	@scripts/setup build test
	@$(call configure,asan-ubsan)
	$(call compile,asan-ubsan)
	$(call run_tests,asan-ubsan)

tsan: | build/
	@scripts/setup build test
	@$(call configure,tsan)
	$(call compile,tsan,--target core_unit_tests)
	$(call run_tests,tsan,-R '^unit_(base|arch|linux|trace)\.')

fuzz: | build/
	@scripts/setup build fuzz
	@$(call configure,fuzz,-DCOTRACE_FUZZ_SECONDS=$(SECONDS_EACH))
	$(call compile,fuzz,--target fuzzers)
	$(call run_tests,fuzz,-L '^fuzz$$')

race: | build/
	@scripts/setup build test
	@$(call configure,release)
	$(call compile,release,--target product programs)
	COTRACE_GDBSERVER=$(CURDIR)/build/release/gdbserver COTRACE_PROGRAMS=$(CURDIR)/build/release/tests/programs \
	  /usr/bin/python3 -B tests/race/race.py -n $(or $(N),10000)

lint: | build/
	@scripts/setup build lint
	@$(call configure,release)
	scripts/lint

demo: | build/
	@scripts/setup build demo
	@$(call configure,release)
	$(call compile,release,--target product programs)
	scripts/demo build/release

bench: | build/
	@scripts/setup build bench
	@$(call configure,release)
	$(call compile,release,--target product bench_programs programs)
	bench/run.py --build build/release $(BENCH_OPTIONS)
	bench/follow.py --build build/release

conformance: build
	@scripts/setup build conformance
	scripts/conformance $(if $(BOARD),-b '$(BOARD)') $(if $(LIST),-l '$(LIST)') $(FILES)

clean:
	rm -rf build
