# Everything here runs from any folder, for any user, offline once `make install` has run.
.DEFAULT_GOAL := help
.PHONY: help install review site serve test notebooks data-docs checker lint format typecheck lock lab bench versions clean

PYTHON ?=
CHOICES =
JOBS = 2
ARGS =
PORT = 8000

# PYTHON is read by tools/install.sh only. Settings of other environments must not leak into this one.
export PYTHON
export PYTHONHASHSEED := 0
export PYTHONUTF8 := 1
export PYTHONNOUSERSITE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_USER := 0
export SOURCE_DATE_EPOCH := 315532800
export TZ := UTC
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

RUN := .venv/bin/python -m

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

install:  ## build .venv from requirements.lock (the only step that needs the network)
	@tools/install.sh

review: install  ## validate the data, run every notebook into build/, print the answers, build site/ [CHOICES=my.toml ARGS=--fresh]
	@$(if $(CHOICES),test -r "$(CHOICES)" || { echo "CHOICES=$(CHOICES): no such file" >&2; exit 2; })
	@$(RUN) evidence.cli validate
	@$(RUN) evidence.cli rerun --jobs "$(JOBS)" $(if $(CHOICES),--choices "$(CHOICES)") $(ARGS)
	@$(RUN) evidence.cli diff HEAD data --if-changed
	@$(RUN) evidence.rerun.docgen --stale
	@$(if $(CHOICES),:,$(RUN) evidence.cli site)

site: install  ## build the reading site into site/ from the notebooks of the last review
	@$(RUN) evidence.cli site

serve: install  ## show site/ at http://localhost:8000, which the text checker needs [PORT=8000]
	@echo "http://localhost:$(PORT)/ (stop with Ctrl+C)"
	@$(RUN) http.server --bind 127.0.0.1 --directory site "$(PORT)"

test: install  ## every check: style, types, tests, doctests, notebooks with figures, links [ARGS="-k name"]
	@$(RUN) pytest $(ARGS)

notebooks: install  ## run every notebook and rewrite notebooks/ with the new outputs
	@$(RUN) evidence.cli rerun --jobs "$(JOBS)" --write

data-docs: install  ## rewrite what is generated: data/README.md, README.md, docs/ and the answers of the text checker
	@$(RUN) evidence.rerun.docgen

checker: install  ## make the model of the text checker from its labelled sentences [ARGS="--measure A B"]
	@.venv/bin/python tools/train_checker.py $(ARGS)

lint: install  ## check style and layout of the code
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .

format: install  ## lay out the code and mend what can be mended
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

typecheck: install  ## check the types
	@$(RUN) mypy

lock:  ## rewrite requirements.lock; old pins stay unless ARGS=--upgrade
	@tools/lock.sh $(ARGS)

lab: install  ## open the notebooks in JupyterLab
	@$(RUN) jupyterlab notebooks

versions: install  ## rerun with every other supported Python found here and compare (network)
	@tools/versions.sh

bench: install  ## time the import, the pools and a rerun
	@.venv/bin/python tools/bench.py

clean:  ## remove .venv, build, site and caches
	rm -rf .venv build site .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests notebooks -name __pycache__ -type d -prune -exec rm -rf {} +
