# SPDX-License-Identifier: Apache-2.0
"""The fault suite: cases that break something while messages flow, and who judges them."""
