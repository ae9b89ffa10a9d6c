# The words of every day. `make demo` and `make test` need Python 3.11 or newer, make and pip; nothing else.
PYTHON ?= python3
VENV ?= .venv
# Where torch comes from. A CPU build is enough: name an index of CPU builds in TORCH_ARGS where the default one
# would bring CUDA, as in: make install TORCH_ARGS="--index-url URL"
TORCH ?= torch==2.13.0
TORCH_ARGS ?=
DATA_DIR ?= .throughline
# Processes that test side by side: one for each core, up to four, for each loads the embedding model.
TEST_WORKERS ?= logical --maxprocesses=4

BIN := $(VENV)/bin
READY := $(VENV)/.ready
# What a test sends with, where Node is there; without it that test is skipped.
NODE_SDK := tests/sdks/node
NODE_READY := $(NODE_SDK)/node_modules/.package-lock.json

.PHONY: install demo test check eval bench lock clean

install: $(READY)

$(READY): requirements.lock requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Throughline needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet $(TORCH_ARGS) "$(TORCH)"
	$(BIN)/pip install --quiet -r requirements-dev.lock
	$(BIN)/pip install --quiet --no-deps -e .
	@touch $(READY)

demo: $(READY)
	@$(BIN)/throughline demo --data-dir $(DATA_DIR)

test: $(READY) $(NODE_READY)
	$(BIN)/pytest -n $(TEST_WORKERS) --dist=worksteal

$(NODE_READY): $(NODE_SDK)/package-lock.json
	@if command -v npm >/dev/null; then npm ci --prefix $(NODE_SDK) --no-audit --no-fund --loglevel=error && touch $@; fi

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

eval: $(READY)
	$(BIN)/throughline eval run --readme README.md

bench: $(READY)
	$(BIN)/python -m evals.bench

# Run after changing dependencies in pyproject.toml: resolves them anew in a virtual environment of its own.
lock:
	PYTHON=$(PYTHON) TORCH="$(TORCH)" TORCH_ARGS="$(TORCH_ARGS)" sh docs/lock.sh

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
