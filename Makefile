# Everything from nothing but Python and make; `make` alone prints the list.
# Stamps inside the environments say what is installed, so a second run starts at
# once, an interrupted one is taken up again, and a new pyproject.toml is installed.

# Where the environment is made, and the Pythons that TensorFlow has wheels for.
# To choose one: make clean test PYTHON=python3.12
VENV := .venv
VENV_OLDEST := .venv-oldest
SUPPORTED := 3.13 3.12 3.11
PYTHON ?= $(firstword $(foreach p,$(CANDIDATES),$(if $(call supported,$(p)),$(p))))

# Candidates are run, not looked up: launchers such as pyenv's may be there and fail.
CANDIDATES := $(SUPPORTED:%=python%) python3 python
version = $(if $(1),$(shell $(1) -c '$(PRINT_VERSION)' 2>/dev/null))
PRINT_VERSION := import sys; print("%d.%d" % sys.version_info[:2])
supported = $(filter $(SUPPORTED),$(call version,$(1)))

.PHONY: help demo test test-oldest lint docs bench clean
.NOTPARALLEL:

help:
	@echo 'make demo         tune networks on a real series and draw births_forecast.png'
	@echo 'make test         lint, types and tests'
	@echo 'make test-oldest  tests on the lowest versions that pyproject.toml allows'
	@echo 'make lint         lint and types'
	@echo 'make docs         the site, in docs/_build/html'
	@echo 'make bench        the benchmarks, each prints a table'
	@echo 'make clean        remove the environments and all that was built'

demo: $(VENV)/.plot-installed
	@$(VENV)/bin/python examples/plot_tune_and_forecast_births.py

test: lint
	@echo 'Running the tests ...'
	@$(VENV)/bin/python -m pytest

test-oldest: $(VENV_OLDEST)/.oldest-installed
	@echo 'Running the tests on the lowest versions ...'
	@$(VENV_OLDEST)/bin/python -m pytest

lint: $(VENV)/.test-installed
	@echo 'Checking style and types ...'
	@$(VENV)/bin/ruff check --quiet
	@$(VENV)/bin/ruff format --check --quiet
	@$(VENV)/bin/mypy --no-error-summary

docs: $(VENV)/.docs-installed
	@echo 'Building the site in docs/_build/html ...'
	@$(VENV)/bin/sphinx-build --quiet -W --keep-going docs docs/_build/html

bench: $(VENV)/.bench-installed
	@for script in benchmarks/*.py; do \
		echo "$$script ..." && $(VENV)/bin/python $$script || exit 1; \
	done

clean:
	@rm -rf $(VENV) $(VENV_OLDEST) dist docs/_build docs/auto_examples docs/generated
	@rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache births_forecast.png
	@find . -name .git -prune -o -name __pycache__ -prune -exec rm -rf {} +

# Editable, so that what runs is always the source tree; that the package is
# complete when it is installed is for tests/test_packaging.py to show.
INSTALL := -m pip install -qq --disable-pip-version-check --editable

$(VENV)/.%-installed: pyproject.toml $(VENV)/.created
	@echo 'Installing skts[$*] in $(VENV) (TensorFlow is large: the first time takes minutes) ...'
	@$(VENV)/bin/python $(INSTALL) '.[$*]'
	@touch $@

# No wheels of the lowest TensorFlow for later Pythons.
$(VENV_OLDEST)/.oldest-installed: SUPPORTED := 3.12 3.11
$(VENV_OLDEST)/.oldest-installed: pyproject.toml $(VENV_OLDEST)/.created
	@echo 'Installing skts[test] on the lowest versions in $(VENV_OLDEST) (takes minutes) ...'
	@$(VENV_OLDEST)/bin/python -c '$(LOWEST)' > $(VENV_OLDEST)/lowest.txt
	@$(VENV_OLDEST)/bin/python $(INSTALL) '.[test]' --constraint $(VENV_OLDEST)/lowest.txt
	@touch $@

LOWEST = import tomllib; \
	project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
	bounds = project["dependencies"] + project["optional-dependencies"]["plot"]; \
	print(*(bound.replace(">=", "==") for bound in bounds), sep="\n")

$(VENV)/.created $(VENV_OLDEST)/.created: %/.created:
	$(if $(call supported,$(PYTHON)),,$(error $(UNSUPPORTED)))
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) lacks the venv module; on Debian and Ubuntu it is in the package" \
			"python$(call version,$(PYTHON))-venv" >&2; exit 1; }
	@echo 'Making $* with Python $(call version,$(PYTHON)) ...'
	@$(PYTHON) -m venv --clear $*
	@touch $@

UNSUPPORTED = skts needs one of Python $(SUPPORTED), and $(or $(PYTHON),python3) is \
	$(or $(call version,$(or $(PYTHON),python3)),missing). Install one, or say where \
	it is: make test PYTHON=/path/to/python$(firstword $(SUPPORTED))
