# Everything from nothing but Python and make; `make` alone prints the list.
# Stamps inside the environments say what is installed, so a second run starts at
# once, an interrupted one is taken up again, and a new pyproject.toml is installed.

# The environments, and the Pythons that TensorFlow has wheels for. The first that
# runs makes them; to choose: make clean test PYTHON=/path/to/python3.12
VENV := .venv
VENV_OLDEST := .venv-oldest
VENV_INTEROP := .venv-interop
VENV_ENGINES := .venv-engines
SUPPORTED := 3.13 3.12 3.11
PYTHON ?= $(SUPPORTED:%=python%) python3 python

# Each process of the tests loads TensorFlow and compiles for itself, so a few are best;
# neighbours, which share what is compiled, stay together.
PROCESSES := --numprocesses=auto --maxprocesses=4 --dist=worksteal

.PHONY: help demo demo-births examples test test-oldest interop distributed lint docs bench
.PHONY: clean
.NOTPARALLEL:

help:
	@echo 'make demo         forecast electricity demand and draw demand_forecast.png'
	@echo 'make demo-births  tune networks on the births and draw births_forecast.png'
	@echo 'make examples     run all examples of the gallery'
	@echo 'make test         lint, types and tests'
	@echo 'make test-oldest  tests on the lowest versions that pyproject.toml allows'
	@echo 'make interop      tests inside other forecasting libraries'
	@echo 'make distributed  tests on several processes of dask'
	@echo 'make lint         lint and types'
	@echo 'make docs         the site, in docs/_build/html'
	@echo 'make bench        the benchmarks, each prints a table'
	@echo 'make clean        remove the environments and all that was built'

demo: $(VENV)/.demo-installed
	@$(VENV)/bin/python examples/plot_electricity_demand.py

demo-births: $(VENV)/.plot-installed
	@$(VENV)/bin/python examples/plot_tune_and_forecast_births.py

examples: $(VENV)/.examples-installed
	@for script in examples/*.py examples/*/*.py; do \
		echo "$$script ..." && MPLBACKEND=agg $(VENV)/bin/python $$script || exit 1; \
	done

test: lint
	@echo 'Running the tests ...'
	@$(VENV)/bin/python -m pytest $(PROCESSES)

test-oldest: $(VENV_OLDEST)/.oldest-installed
	@echo 'Running the tests on the lowest versions ...'
	@$(VENV_OLDEST)/bin/python -m pytest $(PROCESSES)

interop: $(VENV_INTEROP)/.interop-installed
	@echo 'Running the tests inside other libraries ...'
	@$(VENV_INTEROP)/bin/python -m pytest interop

distributed: $(VENV_ENGINES)/.engines-installed
	@echo 'Running the tests on several processes of dask ...'
	@$(VENV_ENGINES)/bin/python -m pytest engines

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
	@rm -rf $(VENV) $(VENV_OLDEST) $(VENV_INTEROP) $(VENV_ENGINES)
	@rm -rf dist docs/_build docs/auto_examples docs/generated docs/sg_execution_times.rst
	@rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@rm -f births_forecast.png demand_forecast.png examples/*_forecast.png
	@find . -name .git -prune -o -name __pycache__ -prune -exec rm -rf {} +

# Editable, so that what runs is always the source tree; that the package is
# complete when it is installed is for tests/test_packaging.py to show. Where pip is
# cut short it leaves half a package that it takes for a whole one: start over then.
define install
	@trap 'rm -f $(@D)/.created; exit 1' HUP INT TERM; \
		$(@D)/bin/python -m pip install -qq --disable-pip-version-check --editable $(1)
	@touch $@
endef

$(VENV)/.%-installed: pyproject.toml $(VENV)/.created
	@echo 'Installing skts[$*] in $(VENV) (TensorFlow is large: the first time takes minutes) ...'
	$(call install,'.[$*]')

# Some of the libraries hold others back.
$(VENV_INTEROP)/.interop-installed: pyproject.toml $(VENV_INTEROP)/.created
	@echo 'Installing skts[interop] in $(VENV_INTEROP) (takes minutes) ...'
	$(call install,'.[interop]')

$(VENV_ENGINES)/.engines-installed: pyproject.toml $(VENV_ENGINES)/.created
	@echo 'Installing skts[engines] in $(VENV_ENGINES) (takes minutes) ...'
	$(call install,'.[engines]')

# The lowest TensorFlow has no wheels for later Pythons.
$(VENV_OLDEST)/.oldest-installed: SUPPORTED := 3.12 3.11
$(VENV_OLDEST)/.oldest-installed: pyproject.toml $(VENV_OLDEST)/.created
	@echo 'Installing skts[test] on the lowest versions in $(VENV_OLDEST) (takes minutes) ...'
	@$(VENV_OLDEST)/bin/python -c '$(LOWEST)' > $(VENV_OLDEST)/lowest.txt
	$(call install,'.[test]' --constraint $(VENV_OLDEST)/lowest.txt)

LOWEST = import tomllib; \
	project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
	extras = project["optional-dependencies"]; \
	bounds = project["dependencies"] + extras["plot"] + extras["demo"] + extras["test"]; \
	print(*(b.replace(">=", "==") for b in bounds if ">=" in b), sep="\n")

# Pythons are run, not looked up: launchers such as pyenv's may be there and fail.
CREATED := $(VENV)/.created $(VENV_OLDEST)/.created $(VENV_INTEROP)/.created
$(CREATED) $(VENV_ENGINES)/.created: %/.created:
	@for python in $(PYTHON); do \
		version=$$($$python -c '$(VERSION)' 2>/dev/null) || continue; \
		case ' $(SUPPORTED) ' in \
			*" $$version "*) chosen=$$python; break ;; \
			*) found="$$found $$python is $$version," ;; \
		esac; \
	done; \
	if [ -z "$$chosen" ]; then \
		echo "skts needs one of Python $(SUPPORTED);$${found:- none of $(PYTHON) runs,}" >&2; \
		echo "so install one or say where it is: make test PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi; \
	if ! $$chosen -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$chosen lacks the venv module: on Debian or Ubuntu, install the package" \
			"python$$version-venv" >&2; \
		exit 1; \
	fi; \
	echo "Making $* with Python $$version ..."; \
	$$chosen -m venv --clear $*
	@touch $@

VERSION := import sys; print("%d.%d" % sys.version_info[:2])
