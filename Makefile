# Two targets are for everyone: `make demo` and `make test`. The rest is for people who change Rubor.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check format lock benchmarks samples wheel clean

# The app with its sample patients, opened in the browser.
demo: $(READY)
	$(BIN)/rubor demo

# Everything that must hold before a change lands: style, types, tests. One thread a worker: they share the cores.
test: check
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadscope

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The environment: exactly the versions and hashes of requirements.lock.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rubor needs Python 3.11 or newer.")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# New versions of the dependencies, with their hashes; needs `uv` on the path.
lock:
	uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --python-version 3.11 --group dev \
		--custom-compile-command "make lock" pyproject.toml -o requirements.lock

benchmarks: $(READY)
	$(BIN)/python benchmarks/accuracy.py
	$(BIN)/python benchmarks/verdicts.py
	$(BIN)/python benchmarks/speed.py

# Makes the sample patients again, from the portraits and the seeds in samples/.
samples: $(READY)
	$(BIN)/python samples/make_samples.py

wheel: $(READY)
	$(BIN)/python -m hatchling build -t wheel

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
