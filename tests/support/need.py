# SPDX-License-Identifier: Apache-2.0
"""A server or program that a test needs: absent, the test fails in CI and is skipped elsewhere."""

import os

import pytest


def missing(what):
    """Ends the test: fails when CI is set in the environment, else skips, naming what is absent."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is needed and CI must have it", pytrace=False)
    pytest.skip(f"{what} is absent ('make deps' installs it)")
