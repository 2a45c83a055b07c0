# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= $(shell command -v python3.13 || command -v python3.12 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: run test setup lint lock clean

run: setup            ## start everything, send a sample, print what happened
	$(BIN)/redline up

test: setup           ## all tests
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup

setup: $(STAMP)       ## the environment in .venv

$(STAMP): pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"
	$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $(STAMP)

lint: setup           ## style, types, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock:                 ## resolve pyproject.toml anew into requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.12 --no-emit-index-url --no-header --generate-hashes \
	    $(foreach extra,model ner ner-cpu ner-export gliner train presidio dev,--extra $(extra)) \
	    pyproject.toml requirements-build.in -o requirements.lock

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build dist
