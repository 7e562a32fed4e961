# SPDX-License-Identifier: Apache-2.0
"""The scenarios; importing this registers them, in the order of the document."""

from bench.scenarios import backlog, steady, quiet  # noqa: F401
