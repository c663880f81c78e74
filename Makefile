# Everything this project does, from a fresh clone. It needs make, git and Python 3.13; the rest it gets itself.

UV_VERSION := 0.13.8
UV := .local/uv/bin/uv
PYTHON := .venv/bin/python
ENVIRONMENTS := .venv/stamp .local/ministack/stamp .local/sam/stamp

ARCHITECTURE ?= $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
PARAMETERS ?=
ENVIRONMENT ?= dev
TOOLS ?= $(wildcard tools)
UPGRADE ?=

export TOOLS
export SAM_CLI_TELEMETRY := 0
unexport PYTHONDONTWRITEBYTECODE # else each run of `sam` would compile its thousands of modules anew

.DEFAULT_GOAL := help
.SUFFIXES:

##@ Use it

.PHONY: demo
demo: $(ENVIRONMENTS) ## drive five runs, of every kind, on a local stack of its own, then stop it
	$(PYTHON) -m tasks demo

.PHONY: up
up: $(ENVIRONMENTS) ## start the local stack, or put changed code on it (PARAMETERS="WorkerConcurrency=2" TOOLS=...)
	$(PYTHON) -m tasks up $(PARAMETERS)

.PHONY: down
down: .venv/stamp ## stop the local stack
	$(PYTHON) -m tasks down

.PHONY: deploy
deploy: $(ENVIRONMENTS) ## build and deploy to your AWS account (ENVIRONMENT=prod PARAMETERS="JwtIssuer=https://...")
	$(PYTHON) -m tasks deploy --environment $(ENVIRONMENT) $(PARAMETERS)

##@ Work on it

# Two processes more than there are processors: those with the tests of local stacks mostly wait for them.
PROCESSES = $$(($$(getconf _NPROCESSORS_ONLN) + 2))
EVERY_TEST = -n $(PROCESSES) --dist loadscope --durations=10 --branch-coverage --sample

.PHONY: test
test: $(ENVIRONMENTS) build ## run every kind of test (PYTEST_ARGUMENTS="tests/integration/tools -k claim")
ifdef PYTEST_ARGUMENTS
	$(PYTHON) -m pytest $(PYTEST_ARGUMENTS)
else
	$(PYTHON) -m pytest $(EVERY_TEST)
endif

.PHONY: test-clients
test-clients: .venv/stamp .local/clients/stamp .local/sdk/stamp ## try real clients and the SDK's own tests against the simulator
	.local/clients/bin/python -m pytest -c tests/clients/pytest.ini --rootdir . tests/clients $(CLIENTS_ARGUMENTS)

STOP ?=
EXHAUSTIVE = -m pytest $(STOP) --exhaustive -n auto --dist loadscope --durations=10

.PHONY: proofs
proofs: $(ENVIRONMENTS) build ## prove all that is exhaustive: crash points, schedules, interleavings, mutants, and the soak
	$(MAKE) proofs-crash
	$(MAKE) proofs-more

.PHONY: proofs-crash
proofs-crash: .venv/stamp
	$(PYTHON) $(EXHAUSTIVE) tests/crash

.PHONY: proofs-more
proofs-more: $(ENVIRONMENTS) build
	$(PYTHON) $(EXHAUSTIVE) tests/schedules tests/fuzz tests/faults
	TESTS_ON_MOTO=1 $(PYTHON) $(EXHAUSTIVE) tests/faults tests/budgets tests/integration/worker
	$(MAKE) soak RUNS=200
	$(MAKE) mutants
	$(PYTHON) $(EXHAUSTIVE) tests/interleavings

.PHONY: check
check: check-code check-template check-locks check-catalog check-links ## check format, lint, types, imports, template, staleness, links

.PHONY: check-code
check-code: .venv/stamp
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/pyright
	.venv/bin/lint-imports

.PHONY: check-template
check-template: .local/sam/stamp .local/checkov/stamp
	.local/sam/bin/sam validate --lint --region us-east-1
	.local/checkov/bin/checkov --config-file .checkov.yaml
	.local/sam/bin/sam validate --lint --region us-east-1 --template examples/rules/template.yaml

.PHONY: check-catalog
check-catalog: .venv/stamp
	$(PYTHON) -m tasks catalog --check $(PARAMETERS)

.PHONY: check-links
check-links: .venv/stamp
	$(PYTHON) -m tasks links

.PHONY: format
format: .venv/stamp ## format the code and fix what can be fixed
	.venv/bin/ruff check --fix-only
	.venv/bin/ruff format

.PHONY: catalog
catalog: .venv/stamp ## check your tools, and write down the samples' (TOOLS=../their-repo/tools)
	$(PYTHON) -m tasks catalog $(PARAMETERS)

.PHONY: build
build: $(ENVIRONMENTS) ## build what Lambda gets, with its bytecode (ARCHITECTURE=arm64)
	$(PYTHON) -m tasks build --architecture $(ARCHITECTURE) $(PARAMETERS)

.PHONY: wheel
wheel: .venv/stamp ## build the package that others install, into dist/
	@rm -rf dist
	$(UV) build -q --wheel --no-build-isolation --python .venv -o dist

.PHONY: invoke
invoke: $(ENVIRONMENTS) ## run one sample event in a container (EVENT=events/<function>/<name>.json)
	$(PYTHON) -m tasks invoke $(EVENT)

.PHONY: invoke-all
invoke-all: $(ENVIRONMENTS) ## run every sample event in a container
	$(PYTHON) -m tasks invoke $(sort $(wildcard events/*/*.json))

.PHONY: bench
bench: $(ENVIRONMENTS) build ## measure what runs cost, wait and hold (BENCH="requests cost")
	$(PYTHON) -m bench $(BENCH)

.PHONY: bench-console
bench-console: $(ENVIRONMENTS) build ## measure how quick the console is over ten thousand runs (needs Chromium)
	$(PYTHON) -m bench.console

.PHONY: screenshots
screenshots: $(ENVIRONMENTS) build ## take docs/images/console-*.png anew (needs Chromium)
	$(PYTHON) -m tests.screenshots

RUNS ?= 1000
SEED ?= 7
.PHONY: soak
soak: $(ENVIRONMENTS) ## drive runs through faults and killed functions, and count (RUNS=100 SEED=7)
	$(PYTHON) -m tests.soak --runs $(RUNS) --seed $(SEED)

.PHONY: mutants
mutants: .venv/stamp ## break each promise on purpose, and see which tests catch it
	$(PYTHON) -m tests.mutants --report docs/mutants.md

SECONDS_FOR_MUTANTS ?= 86400
.PHONY: mutants-every
mutants-every: .venv/stamp ## make every small mistake once, and see which no test notices (MODULES="functions/api")
	$(PYTHON) -m tests.mutants.every --seconds $(SECONDS_FOR_MUTANTS) --report docs/mutants-every.md $(MODULES)

##@ Dependencies

FUNCTIONS := webhook api worker sweeper trace tools endpoint
LOCKS := requirements.lock requirements-ministack.lock requirements-sam.lock requirements-checkov.lock \
	requirements-clients.lock \
	$(FUNCTIONS:%=functions/%/requirements.txt)
COMPILE := $(UV) pip compile -q --python-version 3.13 --universal --generate-hashes --no-annotate --no-header $(UPGRADE)

# compile-locks(folder): bring the locks in a folder up to date; a pin that still fits stays.
define compile-locks
	$(COMPILE) --group pyproject.toml:dev -o $(1)/requirements.lock
	$(COMPILE) --group pyproject.toml:ministack -o $(1)/requirements-ministack.lock
	$(COMPILE) --group pyproject.toml:sam -o $(1)/requirements-sam.lock
	$(COMPILE) --group pyproject.toml:checkov -o $(1)/requirements-checkov.lock
	$(COMPILE) --group pyproject.toml:clients -c $(1)/requirements.lock -o $(1)/requirements-clients.lock
	for function in $(FUNCTIONS); do \
		$(COMPILE) --group pyproject.toml:$$function -c $(1)/requirements.lock \
			-o $(1)/functions/$$function/requirements.txt || exit; \
	done
endef

.PHONY: lock
lock: $(UV) ## write the locks anew from pyproject.toml (UPGRADE=--upgrade for the newest of everything)
	$(call compile-locks,.)

.PHONY: check-locks
check-locks: $(UV)
	@rm -rf .local/locks
	@for lock in $(LOCKS); do mkdir -p .local/locks/$$(dirname $$lock); cp $$lock .local/locks/$$lock; done
	@$(call compile-locks,.local/locks)
	@for lock in $(LOCKS); do \
		cmp -s $$lock .local/locks/$$lock || { echo "$$lock is stale: make lock"; exit 1; }; \
	done

# ---- Environments: each has a stamp, newer than what it was made from ------------------------------

SAYING := python3 tasks/saying.py
IS_ministack := the local AWS
IS_sam := which builds for Lambda and deploys
IS_checkov := which checks the template
IS_clients := the clients that the simulator is tried with

$(UV):
	@python3 -m venv .local/uv
	@$(SAYING) "Setting up uv, which gets the packages" .local/uv/bin/pip install -q uv==$(UV_VERSION)

.venv/stamp: requirements.lock pyproject.toml | $(UV)
	@$(UV) venv -q --allow-existing --python 3.13 .venv
	@$(SAYING) "Setting up .venv, in which all of it runs" $(UV) pip sync -q --python .venv --require-hashes requirements.lock
	@$(UV) pip install -q --python .venv --no-deps --no-build-isolation -e .
	@touch $@

.local/%/stamp: requirements-%.lock | $(UV)
	@$(UV) venv -q --allow-existing --python 3.13 .local/$*
	@$(SAYING) "Setting up .local/$*, $(IS_$*)" $(UV) pip sync -q --python .local/$* --require-hashes $<
	@touch $@

# The SDK's own tests come with its sources alone, which are fetched as they are locked: by version and hash.
.local/sdk/stamp: requirements-clients.lock | $(UV)
	@rm -rf .local/sdk && mkdir -p .local/sdk/openai
	@awk '/^openai==/ { found = 1 } found { print; if (!/\\$$/) exit }' $< > .local/sdk/requirements.txt
	@$(SAYING) "Fetching the SDK's own tests" .local/uv/bin/pip download -q --no-deps --no-binary openai --require-hashes -r .local/sdk/requirements.txt -d .local/sdk
	tar -xzf .local/sdk/openai-*.tar.gz -C .local/sdk/openai --strip-components=1
	@touch $@

.PHONY: help
help:
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile
