# SPDX-License-Identifier: Apache-2.0
"""The cases, by what breaks. Importing the package registers all of them."""

from fault.cases import (  # noqa: F401
    answers, brokers, clock, limits, marking, messages, modes, network, pooler, processes, servers)
