# The commands for everybody: `make demo` and `make test`. They make their own virtual environment.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
JAZZY ?= .venv-jazzy
JAZZY_TESTS := $(addprefix test/node/test_,node.py node_cameras.py node_diagnostics.py \
	node_frames.py node_fuzz.py node_lifecycle.py node_model.py node_parameters.py node_qos.py \
	node_time.py security.py) test/meta/test_versions.py
# A comma that is no separator of arguments.
, := ,
# As many processes as the computer has CPUs, but no more than the suite was seen to hold with; the
# tests of a file stay together, since they share a node.
WORKERS ?= 2
PYTEST = $(1)/python -m pytest -n auto --maxprocesses $(WORKERS) --dist loadfile
# It carries the script axe-core, which the tests run in the page; what else it needs they do not.
AXE := axe-playwright-python>=0.1.8
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# rclpy and PyBullet have wheels for x86-64 only; elsewhere what needs neither is done, unless they
# are there by other ways: ROS 2 by apt, sourced before make, and PyBullet compiled.
WHEELS := $(filter x86_64,$(shell uname -m))
ROS_EXTRAS := $(and $(WHEELS),ros$(,)sim$(,))
SIM_EXTRA := $(and $(WHEELS),sim$(,))
LACKING = $(if $(WHEELS),,$(shell $(BIN)/python -c 'import $(1)' 2>/dev/null || echo yes))
BY_APT := ROS 2 comes by apt: https://docs.ros.org/en/jazzy/Installation/Ubuntu-Install-Debs.html
# Newer pip shows what setuptools warns of; a page of it at every editable installation.
INSTALL = PYTHONWARNINGS=ignore $(1)/python -m pip install -q

.PHONY: demo test test-failed unit test-jazzy coverage lint soak arm64 gpu deb clean help

help:
	@echo 'make demo   simulated camera -> node -> teaching and naming, ends by itself'
	@echo 'make test   all tests'
	@echo 'make unit   the quick tests that need no ROS and no browser (a minute)'
	@echo 'make test-jazzy   the tests of the node against ROS 2 Jazzy, in an environment of its own'
	@echo 'make coverage   all tests, and which lines of the package they ran'
	@echo 'make lint   style and types'
	@echo 'make soak   a camera at 30 Hz with all that happens to it, memory watched (20 minutes)'
	@echo 'make arm64  an emulated 64-bit ARM: kernel, encoder, memory and demo (root, half an hour)'
	@echo 'make gpu    everything a GPU can do, tested and timed: a table (8 minutes, CuPy)'
	@echo 'make deb    the Debian package, tried in a fresh Debian (root, 10 minutes)'
	@echo 'make clean  remove the virtual environment and what was built'

demo: $(BIN)/.demo-ready
	@$(if $(call LACKING,rclpy$(,) pybullet),echo "PyPI has no rclpy and no PyBullet for \
	  $$(uname -m): this demo does without. $(BY_APT);" \
	  "$(BIN)/python -m pip install pybullet compiles the other."; \
	  $(BIN)/hybrid-snn demo --output demo --without-ros,$(BIN)/hybrid-snn demo --output demo)

test: $(BIN)/.test-ready lint
	@$(if $(call LACKING,rclpy),echo "PyPI has no rclpy for $$(uname -m): the tests that need \
	  it skip. $(BY_APT)"; )$(call PYTEST,$(BIN))

# The files in which tests failed in the last run, one after the other; an error where none did.
test-failed: $(BIN)/.test-ready
	@failed=$$($(BIN)/python tools/failed_files.py) && $(BIN)/python -m pytest $$failed

unit: $(BIN)/.unit-ready
	@$(call PYTEST,$(BIN)) -m 'not slow' test/unit

coverage: $(BIN)/.test-ready
	@$(call PYTEST,$(BIN)) --cov --cov-report=term:skip-covered --cov-report=html

# What speaks ROS, once more with the other distribution; the rest does not depend on it.
test-jazzy: $(JAZZY)/.ready
	@$(call PYTEST,$(JAZZY)/bin) -p no:cacheprovider -k 'not soak' $(JAZZY_TESTS)

lint: $(BIN)/.test-ready
	@$(BIN)/ruff check .
	@$(BIN)/mypy

soak: $(BIN)/.test-ready
	@$(BIN)/python tools/soak.py

# ARM64=DIRECTORY keeps the emulated computer there for the next time.
arm64: $(BIN)/.demo-ready
	@$(BIN)/python tools/arm64.py $(ARM64)

# Built by the python3 that is there, as for any Debian package.
deb:
	@$(PYTHON) tools/try_deb.py

# With the python3 that is there, since CuPy is not in the environment: PYTHON=... says another.
gpu:
	@$(PYTHON) tools/gpu.py

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || \
	  { echo 'hybrid_snn_ros needs Python 3.10 or newer as $(PYTHON): apt install python3' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { [ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -qy python3-venv; } || \
	  { echo 'no virtual environments here: apt install python3-venv, then again' >&2; exit 1; }
	@echo 'making the virtual environment $(VENV) ...'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --upgrade pip wheel

# ROS 2, TFLite runtime and simulator come as wheels; nothing of it leaves the environment.
$(BIN)/.demo-ready: setup.py $(wildcard hybrid_snn_ros/*/_*.c) | $(BIN)/python
	@echo 'installing $(if $(WHEELS),ROS 2$(,) the simulator and )the TFLite runtime into $(VENV) (about a minute) ...'
	@$(call INSTALL,$(BIN)) -e '.[$(ROS_EXTRAS)runtime,page]'
	@touch $@

$(BIN)/.test-ready: $(BIN)/.demo-ready
	@echo 'installing what the tests need into $(VENV) ...'
	@$(call INSTALL,$(BIN)) -e '.[$(ROS_EXTRAS)runtime,page,fleet,encoder,baselines,plots,nir,bags,test,page-test]'
	@$(call INSTALL,$(BIN)) --no-deps '$(AXE)'
	@touch $@

# Less than the tests of everything need: neither ROS nor what drives a browser.
$(BIN)/.unit-ready: setup.py hybrid_snn_ros/snn/_kernel.c | $(BIN)/python
	@echo 'installing what the unit tests need into $(VENV) ...'
	@$(call INSTALL,$(BIN)) -e '.[$(SIM_EXTRA)runtime,fleet,encoder,baselines,plots,nir,bags,test]'
	@touch $@

$(JAZZY)/.ready: setup.py | $(BIN)/python
	@echo 'installing ROS 2 Jazzy and the TFLite runtime into $(JAZZY) (about a minute) ...'
	@$(BIN)/python -m venv $(JAZZY)
	@$(call INSTALL,$(JAZZY)/bin) -e '.[runtime,fleet,ros-jazzy]' 'pytest<9' pytest-xdist
	@touch $@

clean:
	rm -rf $(VENV) $(JAZZY) build dist htmlcov .coverage* install log demo *.egg-info hybrid_snn_ros/*/_*.so
