# SPDX-License-Identifier: Apache-2.0
"""A browser, and a relay between a PostgreSQL and a mock Kafka to be looked at."""

import os

import pytest

from support import browser, need

pytest_plugins = ["support.fixtures"]


@pytest.fixture(scope="session")
def chromium(base_dir):
    if browser.program() is None:
        need.missing("chromium")
    one = browser.Browser(os.path.join(base_dir, "browser"))
    yield one
    one.close()
