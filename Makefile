# Thin verbs. `make demo` and `make test` bring what they need.
SHELL := /bin/bash
PYTHON := .venv/bin/python

.PHONY: help setup setup-pods demo demo-boot demo-down test test-real test-computed test-boot test-fast first-half second-half lint types image boot-image crds charts bench bench-peers chaos chaos-pods sim fuzz lock

help: ## list the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## install what the rest needs (packages, Python, the Rhai binding, an embedded Kubernetes)
	@tools/setup.sh

setup-pods: ## the same with what runs real pods: helm and a DNS
	@tools/setup.sh pods

demo: setup ## a small cloud on this machine: pods, and nodes that boot from the EFI image (NODES=processes CONTROL_PLANE=processes is quicker)
	@.venv/bin/hardpan demo up --nodes $(or $(NODES),booted) $(if $(CONTROL_PLANE),--control-plane $(CONTROL_PLANE))

demo-boot: setup ## one more node for the demo: a bare machine that boots from the EFI image
	@.venv/bin/hardpan demo boot

demo-down: ## remove all of the demo
	@.venv/bin/hardpan demo down

# What only computes runs beside the cloud, which mostly waits for its emulated machines.
COMPUTES := tests/unit tests/cases tests/sim tests/fuzz rhai-py/tests

test: setup-pods ## everything that CI runs
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target test-real test-computed

test-computed: lint types
	$(PYTHON) -m pytest --quiet $(COMPUTES)

# The plus sign shows its lines at once.
test-real:
	+$(PYTHON) -m pytest tests/cloud tests $(COMPUTES:%=--ignore=%)

test-boot: setup ## every boot of emulated machines: media, power cuts, bad input
	$(PYTHON) -m pytest tests/boot -m boot_slow

# Without byte code the collection of the tests takes twice as long.
unexport PYTHONDONTWRITEBYTECODE
FIRST_HALF := tests/unit/controllers tests/unit/node_agent

test-fast: ## lints, types and unit tests side by side
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target first-half second-half types lint

first-half: export HYPOTHESIS_PROFILE = fast
first-half:
	$(PYTHON) -m pytest --quiet $(FIRST_HALF)

second-half: export HYPOTHESIS_PROFILE = fast
second-half:
	$(PYTHON) -m pytest --quiet tests/unit $(FIRST_HALF:%=--ignore=%)

lint: ## style and import contracts
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports --no-logo

types: ## mypy, strict
	.venv/bin/mypy charts crds trust plans jobs controllers efi oci sal cli node-agent/node_agent bench

image: setup ## the controllers' image, for a Kubernetes: hardpan-VERSION.tar
	@.venv/bin/hardpan image control-plane --output $$(.venv/bin/hardpan --version | tr ' ' -).tar

boot-image: setup ## the boot image, for machines of no site yet (FLAVOUR=metal for real ones)
	@.venv/bin/hardpan image build --flavour $(or $(FLAVOUR),cloud) --output hardpan.efi

crds: ## write crds/*.yaml, docs/reference/api.md and the chart of the kinds from the models
	$(PYTHON) -m crds.schema --write
	$(PYTHON) -m crds.reference --write
	$(PYTHON) -m controllers.reference --write
	$(PYTHON) -m charts --write

charts: setup-pods ## write the charts' values, schema, README and kinds from the models, and what helm makes of them
	$(PYTHON) -m charts --write
	$(PYTHON) -m tests.cluster.charts.golden

bench: setup ## cost of script, admission, queue, and apply to Ready, beside their budgets
	$(PYTHON) -m bench

fuzz: ## what strangers write, for ten minutes for each parser (two hours and twenty minutes; FUZZ="--minutes 1 qmp" for less)
	nice $(PYTHON) -m tests.fuzz $(FUZZ)

chaos: setup ## ten storms over a real cloud of four nodes and twenty machines (SEEDS=1..10)
	$(PYTHON) -m tests.chaos --seeds $(or $(SEEDS),1..10) --keep chaos-failed

chaos-pods: setup-pods ## rollouts of fifty machines while the pods of the control plane are killed, upgraded and rolled back
	$(PYTHON) -m tests.chaos.pods

sim: ## ten thousand storms over a simulated cloud, in hours of one core (SEEDS=1..10000)
	nice -n 19 $(PYTHON) -m tests.sim --seeds $(or $(SEEDS),1..10000)

bench-peers: setup ## our queue beside RQ, arq, dramatiq, Celery and taskiq: minutes, in environments of their own
	$(PYTHON) -m bench peers

lock: ## pin the Python dependencies anew, without naming a registry
	uv lock && uv export -q --no-emit-workspace --all-extras --all-groups --no-header --format requirements-txt > requirements.lock
