# Everything a developer or a newcomer runs. Needs python3 (3.11 or 3.12), make and git; each target makes .venv when needed.
#   ARGS="..."    passed on to the program of demo, run, bench, bench-long, bench-consensus, test, test-long and coverage
#   PYTHON=...    the Python to make .venv with

.PHONY: help demo test test-long coverage check fix run bench bench-long bench-consensus simulate lock clean
.DEFAULT_GOAL := help

PYTHON ?=
ARGS ?=
HOME_DIR := .hourledger

bin := .venv/bin
pip := $(bin)/python -m pip --quiet --disable-pip-version-check
sources := $(wildcard ledger/c/*.[ch])
# Says it where there is no C compiler: pip, which compiles, keeps its hooks quiet.
native := $(bin)/python -c 'import ledger.hashing as h; h.IS_COMPILED or print("(without a C compiler: hashes and the state tree in Python, slower)")'
# Otherwise whoever may not write here, or lets Python write no bytecode, waits for the compiler at every command.
compile := $(bin)/python -m compileall -q ledger contracts certificates node cli
found := $(shell sh tools/find-python $(PYTHON) 2>/dev/null)
made := .venv/made-with-$(or $(lastword $(found)),nothing)

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

demo: .venv/runtime ## the whole story on this machine (ARGS="--hours FILE --home DIR --json")
	@$(bin)/hourledger demo $(ARGS)

test: .venv/dev ## all tests on all cores (ARGS="tests/ledger -k merkle")
	@$(bin)/python -m pytest -n auto --dist worksteal $(ARGS)

test-long: .venv/dev ## the same tests over all of their seeds and examples, in half an hour or more (ARGS as for test)
	@HOURLEDGER_TESTS=long $(bin)/python -m pytest -n auto --dist worksteal $(ARGS)

coverage: .venv/dev ## the same with branch coverage, which takes twice as long
	@$(bin)/python -m pytest -n auto --dist worksteal --cov --cov-branch --cov-report=term $(ARGS)

check: .venv/dev ## lint, format, types, import rules, dead code, spelling
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .
	@$(bin)/mypy
	@$(bin)/lint-imports
	@$(bin)/python -m tools.dead_code
	@$(bin)/codespell

fix: .venv/dev ## mend what can be mended: lint, format, generated documents
	@$(bin)/ruff check --fix --quiet . || true
	@$(bin)/ruff format .
	@$(bin)/python -m tools.reasons
	@$(bin)/python -m tools.kinds
	@$(bin)/python -m tools.suspension
	@$(bin)/python -m tools.examples
	@$(bin)/python -m tools.vectors

run: .venv/runtime ## a development node with one authority, kept in ./.hourledger
	@test -d $(HOME_DIR) || $(bin)/hourledger node init --home $(HOME_DIR)
	@$(bin)/hourledger node run --home $(HOME_DIR) $(ARGS)

bench: .venv/bench ## docs/performance.md anew, in under 15 minutes (ARGS="--records 20000 --only growth" shows some of it)
	@$(bin)/python -m benchmarks $(ARGS)

bench-long: .venv/bench ## growth to ten million records, into docs/performance-long.md; takes a quarter of an hour or more
	@$(bin)/python -m benchmarks --records 10000000 --only growth --name performance-long --out docs $(ARGS)

bench-consensus: .venv/runtime ## how fast authorities agree, and what they say to each other (ARGS="--sizes 1,4,7 --rounds 5")
	@$(bin)/python -m benchmarks.consensus $(ARGS)

SEEDS ?= 0:2000
simulate: .venv/dev ## networks under simulated faults, a seed each, on all cores (SEEDS=0:2000)
	@$(bin)/python -m tests.simulation $(SEEDS)

lock: .venv/dev ## renew constraints.txt: the newest version of everything that suits every supported Python
	@$(pip) install uv
	@$(bin)/uv --quiet pip compile pyproject.toml --extra dev --extra bench --universal --python-version 3.11 --upgrade \
	  --no-config --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file constraints.txt
	@echo "constraints.txt is renewed: run make check test, then commit it."

clean: ## remove .venv, the development node and everything that the tools leave behind
	rm -f ledger/*.so
	rm -rf .venv $(HOME_DIR) .demo dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------------------- the environment

$(made):
	@sh tools/find-python $(PYTHON) >/dev/null
	@echo "making .venv with Python $(lastword $(found)) ..."
	@$(firstword $(found)) -m venv --clear .venv
	@touch $@

.venv/runtime: $(made) pyproject.toml constraints.txt $(sources)
	@echo "installing hourledger into .venv ..."
	@$(pip) install -c constraints.txt -e .
	@$(compile)
	@$(native)
	@touch $@

.venv/bench: $(made) pyproject.toml constraints.txt $(sources)
	@echo "installing hourledger and what its benchmarks need into .venv ..."
	@$(pip) install -c constraints.txt -e '.[bench]'
	@touch .venv/runtime $@

.venv/dev: $(made) pyproject.toml constraints.txt $(sources)
	@echo "installing hourledger and the development tools into .venv ..."
	@$(pip) install -c constraints.txt -e '.[dev]'
	@$(compile)
	@$(native)
	@touch .venv/runtime $@
