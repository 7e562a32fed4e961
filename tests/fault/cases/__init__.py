# SPDX-License-Identifier: Apache-2.0
"""The cases, by what breaks. Importing the package registers all of them."""

from fault.cases import (  # noqa: F401
    processes)
