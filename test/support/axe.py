# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What axe-core finds wrong on a page."""

import importlib.util
from pathlib import Path

import pytest

AXE = importlib.util.find_spec('axe_playwright_python')
NO_AXE = 'axe-core is not installed (pip install --no-deps axe-playwright-python)'
axe = pytest.mark.skipif(AXE is None, reason=NO_AXE)


def violations(browser):
    """Return what axe-core finds wrong on the page as it is now."""
    if not browser.run('return Boolean(window.axe)'):
        browser.run((Path(AXE.origin).parent / 'axe.min.js').read_text())
    return browser.run("""
        return axe.run(document, { resultTypes: ['violations'],
          rules: { 'target-size': { enabled: true } } }).then(({ violations }) => violations.map(
            ({ id, nodes }) => [id, nodes.map((node) => [node.target, node.failureSummary])]));""")
