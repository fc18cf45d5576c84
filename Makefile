# One runner. `make` alone prints this help; no environment variable is needed.
#
#   SOURCE=<name> which source feeds the warehouse: a file of features/sources or of ./sources
#   SCORING_SOURCES_DIR=<folder>   where your own sources lie, if not in ./sources
#   DATA=<path>   a file or a folder of your own for `demo`, and of public data for `quality`;
#                 `quality` without it simulates the gate of models
#   FAULTS=<n>    only so many faults, of as many kinds as there are

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup lock up demo status down reset run schedule sql unit test faults browser check fix quality bench bench-quick docs dbt-docs
MAKEFLAGS += --no-print-directory

VENV := .venv
PYTHON_IN_VENV := $(VENV)/bin/python
LOCAL := $(PYTHON_IN_VENV) -m infra.local
SOURCE_OPTION = $(if $(SOURCE),--source="$$SOURCE")
# a notice of the theme about its next version would hide warnings
MKDOCS := NO_MKDOCS_2_WARNING=1 mkdocs build --strict --quiet
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

help: ## Print this help
	@echo "Vesper: batch scoring on Airflow, dbt, Great Expectations, MLflow and Postgres"
	@echo
	@grep -hE '^[a-z_-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'
	@echo
	@echo "Start with: make demo"

# ------------------------------------------------------------------------------------ environment

setup: ## Make .venv from the lock file; quick where nothing changed
	@infra/local/setup.sh $(VENV) requirements.txt

lock: setup ## Compile requirements.in into requirements.txt, and the core's part of it
	@uv pip compile requirements.in -o requirements.txt --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --quiet
	@uv pip compile requirements-core.in -o requirements-core.txt --python-version 3.11 \
		--constraint requirements.txt --generate-hashes --no-emit-index-url --no-header --quiet

# ------------------------------------------------------------------------------------ local stack

up: setup ## Start Postgres, MLflow and Airflow here (SOURCE=)
	@$(LOCAL) up $(SOURCE_OPTION)

demo: setup ## Start everything, train, decide payments and loans (SOURCE=, DATA=)
	@$(LOCAL) demo $(SOURCE_OPTION) $(if $(DATA),--data="$$DATA") $(if $(WINDOWS),--windows $(WINDOWS))

status: setup ## Tell what runs, where, and what the warehouse holds (SOURCE=)
	@$(LOCAL) status $(SOURCE_OPTION)

down: setup ## End exactly what was started here, also after a crash (SOURCE=)
	@$(LOCAL) down $(SOURCE_OPTION)

reset: setup ## End everything and remove the local state (SOURCE=)
	@$(LOCAL) reset $(SOURCE_OPTION)

run: setup ## Run one DAG and follow it (DAG=, START=, END=, AS_OF=, SOURCE=)
	@$(LOCAL) run $(SOURCE_OPTION) $(if $(START),--start="$$START") $(if $(END),--end="$$END") \
		$(if $(AS_OF),--as-of="$$AS_OF") -- "$$DAG"

schedule: setup ## Turn the schedules of SOURCE on, once a policy is in force (SOURCE=, OFF=1)
	@$(LOCAL) schedule $(SOURCE_OPTION) $(if $(OFF),--off)

sql: setup ## Run a query as the role analyst (QUERY="select ...")
	@$(LOCAL) sql $(SOURCE_OPTION) "$$QUERY"

# ------------------------------------------------------------------------------------ checks

unit: setup ## Run the fast tests: pure code, structure, contracts (starts a Postgres)
	@pytest -q tests/unit tests/architecture tests/contract

test: setup ## Run all tests, against real components
	@pytest -q -n 2 --dist worksteal

check: setup ## Lint, format, types, import rules, SQL lint, Compose schema, documentation
	ruff check
	ruff format --check
	mypy
	PYTHONPATH=.:plugins lint-imports
	sqlfluff lint --disable-progress-bar dbt/models
	check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yaml
	$(MKDOCS)

fix: setup ## Repair what the linters can repair
	ruff check --fix
	ruff format
	sqlfluff fix --disable-progress-bar dbt/models

quality: setup ## Measure the models on public data (DATA=), or the gate of models by simulation
	@python -m infra.local.quality "$$DATA"

faults: setup ## Break everything in hundreds of ways, count what is lost (FAULTS=, SEED=, ONLY=)
	@PYTHONPATH=.:plugins python -m tests.faults $(if $(FAULTS),--faults $(FAULTS)) \
		$(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only "$(ONLY)")
	$(if $(FAULTS)$(ONLY),,@PYTHONPATH=.:plugins python -m tests.faults.airflow_kills)

browser: setup ## Rehearse a promotion by clicks on a demo; records a made gate there (needs chromium)
	@PYTHONPATH=.:plugins python -m tests.browser

bench: setup ## Measure the hourly job against the floor, pandas and itself (PART=, ROUNDS=, AGAIN=1)
	@PYTHONPATH=.:plugins python -m tests.bench $(if $(PART),--part $(PART)) \
		$(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(AGAIN),--again)

bench-quick: setup ## The same for 100,000 rows, ours and the floor only
	@PYTHONPATH=.:plugins python -m tests.bench --quick

# ------------------------------------------------------------------------------------ documentation

docs: setup ## Build the documentation site into .local/site
	@PYTHONPATH=.:plugins python -m infra.docs.data_dictionary
	@PYTHONPATH=.:plugins python -m infra.docs.command_line
	@PYTHONPATH=.:plugins python -m infra.docs.source_keys
	@$(MKDOCS)
	@echo "open .local/site/index.html"

dbt-docs: setup ## Build the dbt docs of the running warehouse into .local/<source>/dbt-docs (SOURCE=)
	@$(LOCAL) docs $(SOURCE_OPTION)
