# SPDX-License-Identifier: Apache-2.0
"""The guard's PostgreSQL logs each statement."""

import pytest

pytest_plugins = ["support.fixtures"]


@pytest.fixture(scope="session")
def postgres_settings():
    return {"log_statement": "all", "log_parameter_max_length": "0"}
