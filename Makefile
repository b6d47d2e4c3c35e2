# make demo   replays a day of sealed trucks, shows which of them look like smuggling, and opens the console on them
#             (make demo-stop stops the console)
# make test   the whole test suite
# make check  what CI checks besides: style, types, layers
# Each makes its own virtual environment in .venv first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Each worker that a test starts would compile sealtrack's sources once more where somebody has set this.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo demo-stop test plain warm compiled check clean

demo: $(VENV)/.ready
	$(BIN)/sealtrack demo --console

demo-stop:
	$(BIN)/sealtrack demo --stop

# The core's tests run twice: as plain Python, where a wrong index raises instead of reading a neighbour's memory, and,
# with everything else, compiled. The warm-up lets the test processes share what is compiled.
test: $(VENV)/.ready
	$(MAKE) --jobs=2 plain warm
	$(MAKE) compiled

plain: $(VENV)/.ready
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest -q -m "not compiled" -n auto tests/core

warm: $(VENV)/.ready
	$(BIN)/sealtrack warmup

compiled: $(VENV)/.ready
	$(BIN)/pytest -n auto --dist loadgroup

check: $(VENV)/.ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sealtrack needs Python 3.11 or later: make PYTHON=python3.11")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,console]'
	touch $@

clean:
	rm -rf $(VENV) demo-out build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
