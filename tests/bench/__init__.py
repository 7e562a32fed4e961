# SPDX-License-Identifier: Apache-2.0
"""The benchmark: what outrider does, beside what could be done at most, measured in the same run."""
