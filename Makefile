# `make help` lists what can be done here. Every goal makes and reuses `.venv`; nothing else
# of the machine is touched. Written for GNU make 3.81 (macOS) and newer. Where a goal fails,
# make itself always exits with 2; the status of pytest stands in make's last line, "Error 1".
#
#   make check SYSTEMS="finance jobscout"       check some of the systems
#   make check FAULTS="jobinsight.stale_data"   break the stand-ins by name
#   make check ARGS="-k freshness -v"           pass arguments on to pytest
#   make test  ARGS="tests/unit"
#   make check PYTHON=/path/to/python3.12       build `.venv` on this Python

.DEFAULT_GOAL := help
SYSTEMS =
FAULTS =
ARGS =

# Images often forbid Python to keep compiled modules. The tests start pytest hundreds of times,
# and without them each start compiles Gatepost anew, which takes longer than all the rest.
export PYTHONDONTWRITEBYTECODE =

# The first Python at hand runs the bootstrap; if it is too old, that looks for a newer one.
ANY_PYTHON = $(or $(PYTHON),$(shell command -v python3 || command -v python3.13 || \
	command -v python3.12 || command -v python3.11),$(error gatepost: no Python on PATH: \
	install 3.11 or newer, or name one: make PYTHON=/path/to/python3))
SETUP = @"$(ANY_PYTHON)" tools/bootstrap.py
RUN = .venv/bin/python

##@ The two commands

# A rehearsal on stand-ins: it tells no channel, and keeps a history of its own beside that of
# the real systems.
.PHONY: check
check: ## check the systems' live stand-ins; SYSTEMS=, FAULTS= breaks them, ARGS= for pytest
	$(SETUP) standins
	@GATEPOST_SLACK_WEBHOOK= $(RUN) -m fixtures --systems "$(SYSTEMS)" --faults "$(FAULTS)" -- \
		$(RUN) -m pytest $(or $(addprefix checks/,$(SYSTEMS)),checks) --gatepost-mode=scheduled \
		-o gatepost_history=sqlite:///.gatepost/standins.sqlite $(ARGS)

.PHONY: test
test: ## run the tests, the real PostgreSQL and the browser included; ARGS= goes to pytest
	$(SETUP) dev engines standins
	@$(RUN) -m pytest $(ARGS)

##@ What else there is

# Each failure names its seed: `make parity SEED=7` draws the same tables again.
EXAMPLES = 400
SEED = $(shell date +%s)
.PHONY: parity
parity: ## compare rules in SQL with pandera on many drawn tables; EXAMPLES= for each engine, SEED=
	$(SETUP) dev standins engines
	@GATEPOST_PARITY_EXAMPLES=$(EXAMPLES) GATEPOST_PARITY_SEED=$(SEED) \
		$(RUN) -m pytest tests/parity -s $(ARGS)

.PHONY: faults
faults: ## list the faults that FAULTS= takes
	$(SETUP) standins
	@$(RUN) -m fixtures --list-faults

.PHONY: lint
lint: ## check style and formatting
	$(SETUP) dev
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .

.PHONY: types
types: ## check types
	$(SETUP) dev
	@$(RUN) -m mypy

.PHONY: docs
docs: ## check that the links of the documentation lead somewhere
	$(SETUP)
	@$(RUN) tools/check_links.py

.PHONY: bench
bench: ## measure what Gatepost adds to pytest, as ratios in one run
	$(SETUP) dev engines standins
	@$(RUN) bench/overhead.py $(ARGS)

.PHONY: setup
setup: ## make .venv with everything for development, and nothing else
	$(SETUP) dev engines standins

# Apart from the other packages, because pandera imports it wherever it finds it.
.PHONY: spark
spark: ## put pyspark, 490 MB, where the Spark tests look for it; they are skipped without
	$(SETUP)
	@[ -d .venv/spark/pyspark ] || $(RUN) -m pip install --quiet --disable-pip-version-check \
		--target .venv/spark --constraint constraints.txt pyspark

.PHONY: pins
pins: ## make .venv from the newest versions, and write them to constraints.txt
	$(SETUP) --upgrade dev engines standins

# The history of what was measured (.gatepost) is not a product of the build, and stays.
.PHONY: clean
clean: ## remove .venv, reports and caches; the history of measurements stays
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@[ ! -d reports ] || find reports -mindepth 1 ! -name README.md -delete
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## list these goals
	@awk -F ':.*## ' \
		'/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
