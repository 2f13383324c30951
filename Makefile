# The commands that people and CI use. `make demo` and `make test` are the README's.

PYTHON ?= python3
VENV ?= .venv
CARGO ?= cargo

.PHONY: demo test lint rust-test conformance bench fuzz venv superset

# Builds the binary and shows the main job: streamed files, crawled and queried. No network beyond the crate registry.
demo:
	$(CARGO) run --locked --release --bin civetta -- demo

# Everything that has to hold: format, lints, all Rust tests, the tests with real clients and servers.
test: lint venv rust-test

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

# The binary is built first: the black-box tests run it.
rust-test:
	$(CARGO) build --locked --workspace --all-targets
	CIVETTA_PYTHON=$(abspath $(VENV))/bin/python CIVETTA_DBT=$(abspath $(VENV))-dbt/bin/dbt \
		$(CARGO) nextest run --locked --workspace --no-fail-fast

# The Python programs that tests start: moto stands in for AWS, and the clients that the server is made for. dbt has an
# environment of its own, since it and PyAthena's newest do not go together. The lists are complete, so pip resolves nothing.
venv: $(VENV)/.installed $(VENV)-dbt/.installed
$(VENV)/.installed: tests/requirements.txt
$(VENV)-dbt/.installed: tests/requirements-dbt.txt
$(VENV)/.installed $(VENV)-dbt/.installed:
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --no-deps --no-compile --requirement $<
	touch $@

# Trino's own cases, from ../shared, through the engine, and a sample of them through a server's Trino and Athena doors: prints rates,
# writes docs/conformance.md and the list of known failures.
conformance:
	$(CARGO) build --locked --workspace --all-targets
	$(PYTHON) tests/conformance/run.py --binary "$${CARGO_TARGET_DIR:-target}/debug/conformance" --write

# The real Apache Superset over both doors, from ../shared: installs it (3 minutes, 163 packages), and takes 1 to 2 more. Not part of `make test`;
# .ci/run does it, too.
superset:
	$(CARGO) build --locked --workspace --all-targets
	$(PYTHON) tests/superset.py "$${CARGO_TARGET_DIR:-target}/debug/civetta"

# Ten minutes of statements that are nearly right, another sequence each time; a fault says its seed.
fuzz:
	CIVETTA_FUZZ_SECONDS=$${CIVETTA_FUZZ_SECONDS:-600} CIVETTA_FUZZ_SEED=$${CIVETTA_FUZZ_SEED:-$$(date +%s)} \
		$(CARGO) test --locked --release --workspace --test it -- fuzz:: --nocapture

# Figures, each against a named peer or a lower bound in the same run; see docs/benchmarks.md.
bench:
	$(CARGO) build --release --workspace --benches --bin civetta
	$(CARGO) bench --workspace
