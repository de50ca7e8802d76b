# `make demo` and `make test` are the two commands of README.md; the rest are parts of them or tools for developers.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: demo test axe-all check props bench assets assets-check schema

# What is made up for the property tests is the same each time; `make props` makes up other things.
export PROPTEST_RNG_SEED ?= 2026
export PROPTEST_DISABLE_FAILURE_PERSISTENCE := 1

# Four councils with three months of history, served from this machine. Profile `demo` (Cargo.toml): as quick to build
# as a debug build, quick enough to walk through.
demo:
	@tests/install.sh
	@echo "Building with profile demo; the first time takes some minutes."
	@cargo build --locked --profile demo
	@cargo run --locked --profile demo --quiet -- demo

# Everything that must be green.
test:
	@tests/install.sh browser
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory assets-check; else echo "no npm: assets/ is not compared"; fi
	cargo test --locked --no-fail-fast

# Every page of every service of every council, in each language, state and width, as axe sees it: half an hour or more.
# AXE=eastmere,hartsmoor walks these alone.
axe-all: node_modules/.package-lock.json
	@tests/install.sh browser
	AXE=$${AXE:-all} cargo test --locked --test it -- --nocapture browser::brands::every_page_of_every_service

# The quick part of it, after an edit.
check:
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo test --locked --lib --quiet
	cargo test --locked --test it --quiet -- gate:: schema:: tidy:: walls::

# Every property test, long, on what nobody has seen before. HISTORIES=300 makes the longest one shorter;
# PROPTEST_RNG_SEED=<the number that is printed> tries the same again.
props: PROPTEST_RNG_SEED := $(if $(filter environment command,$(origin PROPTEST_RNG_SEED)),$(PROPTEST_RNG_SEED),$(shell date +%s))
props:
	@tests/install.sh
	@echo "PROPTEST_RNG_SEED=$$PROPTEST_RNG_SEED"
	PROPTEST_CASES=20000 cargo test --locked --lib
	HISTORIES=$${HISTORIES:-5000} cargo test --locked --test it -- --nocapture properties::

# What docs/benchmarks.md holds, measured anew; it wants a machine that does nothing else.
bench:
	@tests/install.sh bench
	cargo bench --locked --bench bench

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# What in assets/ is made from npm's packages.
assets: node_modules/.package-lock.json
	npm run --silent assets

assets-check: assets
	git diff --exit-code --stat -- assets

# src/platform/schema.rs from the migrations.
schema:
	UPDATE_SCHEMA=1 cargo test --locked --test it --quiet -- schema::
