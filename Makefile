# make score: the verdict on a region. make test: tests, lint, types, import order.
PYTHON ?= python3
REGION ?= ovh-sbg
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
SCORE := .venv/.score
READY := .venv/.ready

.PHONY: score test lint bench goldens clean

score: $(SCORE)
	@$(BIN)/zonerisk score $(REGION)

test: lint
	$(BIN)/python -m pytest -n 2

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What a change of records or modules changes, written down for its review.
goldens: $(READY)
	$(BIN)/zonerisk data verdicts -o tests/goldens/verdicts.csv
	$(BIN)/zonerisk data coverage -o docs/coverage.md
	$(BIN)/python scripts/house.py
	for each in region provider dialect policy layer incident measurement plan verdict; do $(BIN)/zonerisk data schema $$each -o data/schema/$$each.json || exit 1; done

bench: $(READY)
	for each in benchmarks/*.py; do $(BIN)/python $$each; done

# Made again when the pins or the package's own metadata change; otherwise nothing is asked of the
# network. A score needs the package alone; tests need all that the extras name.
$(SCORE): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP) --editable .
	$(BIN)/python -m compileall -q src
	@touch $(SCORE)

$(READY): $(SCORE)
	$(PIP) --editable ".[dev]"
	@touch $(READY)

clean:
	rm -rf .venv
