# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The robot and the browser of most tests of the page; a file with others makes its own."""

import pytest


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Yield a camera, a classifier and a page."""
    from operator_page_harness import running
    with running(tmp_path_factory.mktemp('page'), min_change=0.0) as robot:
        yield robot


@pytest.fixture(scope='module')
def browser(tmp_path_factory):
    """Yield Chromium, which had nothing to complain of in the end."""
    from operator_page_harness import Browser
    with Browser(tmp_path_factory.mktemp('profile')) as browser:
        yield browser
        assert browser.complaints() == []


@pytest.fixture(scope='module')
def domain():
    """Return the domain of a page whose classifier is a node beside the test."""
    from domains import fresh_domain
    return fresh_domain()


@pytest.fixture(scope='module')
def url(tmp_path_factory, domain):
    """Yield the address of that page."""
    from asking_node import NAME
    from operator_page_harness import page
    web, url = page(tmp_path_factory.mktemp('page'), domain, classifier=NAME)
    with web:
        yield url
        web.end()
