# `make help` lists what there is. Every target makes what it needs first; Python >= 3.11 and make are enough.

.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
CODE := contracts gateway services deploy

##@ Use

.PHONY: setup
setup: ## make .venv from requirements.lock; nothing to do when it is there
	@deploy/setup.sh

.PHONY: demo
demo: setup ## one request from court to report, on one machine, then end
	@$(BIN)/chakong demo

.PHONY: demo-control
demo-control: setup ## the life of a measure: two courts, one house, one account, then end
	@$(BIN)/chakong demo-control

.PHONY: run
run: setup ## everything in one process on port 8080, until Ctrl-C
	@$(BIN)/chakong run

##@ In containers

COMPOSE := docker compose --file deploy/compose.yaml $(if $(PROFILE),--profile $(PROFILE))
DEVELOPMENT := CHAKONG_PRODUCTION=false CHAKONG_CREDENTIALS={} CHAKONG_MOCK_AGENCIES_URL=http://mock-agencies:8090 \
               CHAKONG_CALLBACK_BASE_URL=http://callbacks:8081

.PHONY: up
up: ## three Kafka brokers, PostgreSQL, a container a role (secrets: deploy/compose.yaml); PROFILE=development adds the mock agencies
	@$(if $(filter development,$(PROFILE)),$(DEVELOPMENT)) $(COMPOSE) up --build --detach

.PHONY: down
down: ## end them; their data stays
	@POSTGRES_PASSWORD=- CHAKONG_SIGNING_KEY=- CHAKONG_TOKEN_PUBLIC_KEY=- CHAKONG_CALLBACK_BASE_URL=- CHAKONG_CREDENTIALS=- \
	docker compose --file deploy/compose.yaml --profile development down

##@ Work on it

.PHONY: check
check: lint types imports test ## all that must be green before a commit

.PHONY: test
test: setup tools ## every test; the servers they need come along
	@$(BIN)/pytest

.PHONY: lint
lint: setup ## ruff
	@$(BIN)/ruff check .

.PHONY: types
types: setup ## mypy --strict
	@$(BIN)/mypy

.PHONY: imports
imports: setup ## who may import whom
	@$(BIN)/lint-imports

.PHONY: coverage
coverage: setup ## the rules and the contracts, every line and branch by the unit tests alone
	@$(BIN)/pytest -q tests/unit --cov=gateway/domain --cov=contracts --cov-branch --cov-fail-under=100 --cov-report=term-missing:skip-covered

.PHONY: bench
bench: setup ## measures by the thousand, and the load of a court, on meshes of their own; some minutes
	@$(BIN)/python -m bench.controls
	@$(BIN)/python -m bench.directory_size
	@$(BIN)/chakong load --seconds 12

.PHONY: faults
faults: setup tools ## kill, cut, fill and forge, and judge what is left; a quarter of an hour. FAULTS=F3,F6 picks, FAULTS_FULL=1 lasts as stated
	@$(BIN)/python -m tests.faults.run

.PHONY: soak
soak: setup tools ## a million tasks with a harm every few seconds; hours. Goes on where it was interrupted
	@$(BIN)/python -m tests.faults.soak

.PHONY: fix
fix: setup ## let ruff repair what it can
	@$(BIN)/ruff check --fix .

.PHONY: tools
tools: setup ## fetch what tests run beside Python: Apache Kafka, Chromium, a Chinese font, promtool
	@deploy/debian-packages.sh chromium fonts-wqy-zenhei
	@$(BIN)/python -m deploy.kafka install > /dev/null
	@deploy/promtool.sh > /dev/null

.PHONY: lock
lock: ## pin the newest versions that fit pyproject.toml (needs uv)
	@args="--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate"; \
	uv pip compile --quiet --upgrade pyproject.toml --extra dev $$args -o requirements.lock && \
	uv pip compile --quiet pyproject.toml -c requirements.lock $$args -o deploy/requirements.lock && \
	sed -i '1i # Made by `make lock`.' requirements.lock deploy/requirements.lock

.PHONY: generate
generate: setup ## write what is made from the code: schemas, AsyncAPI, OpenAPI, compose file, …
	@$(BIN)/python -m deploy.generate

.PHONY: clean
clean: ## remove caches and what embedded runs left; keeps .venv and fetched tools
	@rm -rf .chakong .coverage .coverage.* htmlcov .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build
	@find $(CODE) tests -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
