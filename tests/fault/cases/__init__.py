# SPDX-License-Identifier: Apache-2.0
"""The cases, by what breaks. Importing the package registers all of them, in this order."""

from fault.cases import processes, modes, brokers, answers, servers, failover, network  # noqa: F401
from fault.cases import pooler, login, messages, clock, marking, limits  # noqa: F401
