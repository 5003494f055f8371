# make score: the verdict on a region. make test: tests, lint, types, import order.
PYTHON ?= python3
REGION ?= ovh-sbg
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps
# The versions and their hashes that the tests ran with, for every system; made by `make locks`.
LOCKED := $(PIP) --require-hashes --requirement
LOCK := uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate pyproject.toml
SCORE := .venv/.score
READY := .venv/.ready

.PHONY: score test lint bench goldens docs audit fuzz locks clean

score: $(SCORE)
	@$(BIN)/zonerisk score $(REGION)

# Tests start many processes: what they load is compiled once, whatever the environment says.
test: lint
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What a change of records or modules changes, written down for its review.
goldens: $(READY)
	$(BIN)/python scripts/goldens.py
	$(BIN)/python scripts/house.py
	for each in region provider dialect policy layer incident measurement plan verdict; do $(BIN)/zonerisk data schema $$each -o data/schema/$$each.json || exit 1; done

bench: $(READY)
	for each in benchmarks/*.py; do $(BIN)/python $$each; done

docs: $(READY)
	$(BIN)/mkdocs build --strict

# Known vulnerabilities of what is installed, and careless code; each says so where it can't be run.
audit: $(READY)
	$(LOCKED) locks/audit.txt
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive --severity-level medium src scripts
	$(BIN)/python scripts/audit.py locks/dev.txt

# Damaged files, as many seconds a reader as are given, from a seed on; a failure names the seed that repeats it.
SECONDS ?= 60
SEED ?= 0
fuzz: $(READY)
	ZONERISK_FUZZ_SECONDS=$(SECONDS) ZONERISK_FUZZ_SEED=$(SEED) $(BIN)/python -m pytest -n 2 tests/test_fuzz.py

locks:
	$(LOCK) --group build --output-file locks/score.txt
	$(LOCK) --group dev --all-extras --output-file locks/dev.txt
	$(LOCK) --group audit --constraint locks/dev.txt --output-file locks/audit.txt

# Made again when the locks or the package's own metadata change; otherwise nothing is asked of the
# network. A score needs the package alone; tests need all that the extras name.
$(SCORE): pyproject.toml locks/score.txt
	$(PYTHON) -m venv .venv
	$(LOCKED) locks/score.txt
	$(PIP) --no-build-isolation --editable .
	$(BIN)/python -m compileall -q src
	@touch $(SCORE)

$(READY): $(SCORE) locks/dev.txt
	$(LOCKED) locks/dev.txt
	@touch $(READY)

clean:
	rm -rf .venv
