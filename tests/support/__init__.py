# SPDX-License-Identifier: Apache-2.0
"""What the tests share: private servers, the relay as a process, writers, and an independent judge."""
