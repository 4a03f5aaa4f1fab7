# Millrace. `make` lists the targets.
PORT    ?= 3000
RUN_DIR ?= .run
export PORT RUN_DIR

.DEFAULT_GOAL := help
.PHONY: help run stop status build test test-unit test-db test-sim test-isolation test-clients abuse soak fuzz mutants bench schema generate lint format

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build, start a private stack on PORT (3000), push a demo workflow, wait until it is green
	@python3 dev/run.py

stop: ## stop what `make run` started; the data stays in RUN_DIR (.run)
	@python3 dev/stack.py down --dir "$(RUN_DIR)" --port "$(PORT)"

status: ## show what runs
	@python3 dev/stack.py status --dir "$(RUN_DIR)" --port "$(PORT)"

build: ## build the program
	swift build

test: ## everything: build, Swift tests, real clients through real nginx
	@dev/test.sh

test-unit: ## Swift tests that need nothing but Swift: rules, lanes, tidiness
	swift test --filter '^(DomainTests|WebTests|ClientTests|TidyTests)\.'

test-db: ## Swift tests of stores and server on a private PostgreSQL; whether sql/schema.sql is current
	swift test --filter '^(PostgresTests|ServerTests)\.'
	@python3 dev/schema.py --check

test-sim: ## the job state machine under random events: SEED=… repeats one that failed
	MILLRACE_SIM_SEED=$(SEED) swift test --filter SimulationTests

test-isolation: ## races between transactions, stepped through by isolationtester; seconds
	@python3 dev/isolation.py

test-clients: ## real clients alone
	@dev/test.sh clients

ABUSE_SECONDS ?= 60

abuse: ## mutated calls, slow peers, frozen PostgreSQL, costly workflows: ABUSE_SECONDS (60) of each; a short form is in make test
	@dev/test.sh abuse

SEED  ?= $$(date +%s)
STEPS ?= 2000000

soak: ## simulate the job state machine for long: SEED=… (the time) STEPS=… (two million); a failure prints its seed
	MILLRACE_SIM_SEED=$(SEED) MILLRACE_SIM_STEPS=$(STEPS) swift test --filter SimulationTests

FUZZ_SECONDS ?= 60

fuzz: ## libFuzzer on the reader, expressions, patterns and schedules: FUZZ_SECONDS (60) of each; a bounded run is in make test
	@FUZZ_SECONDS=$(FUZZ_SECONDS) dev/fuzz.sh

mutants: ## break one line at a time and expect a named test to fail (dev/mutants.toml): ONLY=name, wildcards allowed; all take an hour or two
	@python3 dev/mutants.py $(ONLY)

bench: ## measure against baselines of the same minute (bench/README.md); a few minutes
	@python3 bench/run.py

schema: ## write sql/schema.sql anew from the migrations
	@python3 dev/schema.py

generate: ## make the Swift of protobuf messages anew; needs protoc and protoc-gen-swift
	@dev/generate.sh

lint: ## swift-format, ruff, mypy and the rules a formatter cannot see
	@dev/lint.sh

format: ## format Swift and Python in place
	@dev/lint.sh format
