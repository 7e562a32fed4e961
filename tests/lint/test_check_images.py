# SPDX-License-Identifier: Apache-2.0
"""The rule of scripts/check-images, on a small tree that breaks it in each way and on one that keeps it."""

import pytest

from checked_tree import findings_of

DIGEST = "@sha256:" + "0123456789abcdef" * 4
NAME = "Dockerfile"

GOOD = {
    NAME: f"""# syntax=docker/dockerfile:1{DIGEST}
# FROM of a comment:1
ARG DEBIAN=debian:bookworm{DIGEST} EMPTY=
ARG PYTHON3="registry.example:5000/a-b/python_3{DIGEST}"
FROM --platform=$BUILDPLATFORM ${{DEBIAN}} AS build
ARG VERSION=1.2:3
RUN --mount=type=bind,from=build,target=/x \\
    # between
    echo from=nowhere:1 --from=nowhere:1
FROM ${{DEBIAN}}
COPY --from=build /a /b
COPY --chown=1:1 --from=0 /a /b
FROM $PYTHON3 as Second
COPY --from=alpine{DIGEST} /a /b
FROM second
FROM scratch
FROM ${{NONE:-debian{DIGEST}}}
""",
    "docker-compose.yml": f"""
services:
  a: {{image: "x:1/a-b_2:1.2{DIGEST}"}}
  b: {{build: ., image: own}}
  c: {{image: own}}
  d: {{build: .}}
""",
    "build/Dockerfile": "FROM debian\n",
    ".cache/Dockerfile": "FROM debian\n",
    "docs/a.md": "FROM debian:1\n",
}
COMPOSE = GOOD["docker-compose.yml"]

# where, what is named there, and the file: each makes exactly one finding.
BAD = [
    ("Dockerfile:1", "debian", "FROM debian\n"),
    ("Dockerfile:1", "debian:12", "FROM debian:12\n"),
    ("Dockerfile:1", "debian:latest", "from debian:latest as build\nFROM build\n"),
    ("Dockerfile:1", "python3:3-slim", "FROM python3:3-slim\n"),
    ("Dockerfile:1", "a-b/c_d2", "FROM a-b/c_d2\n"),
    ("Dockerfile:1", "localhost:5000/a", "FROM localhost:5000/a\n"),
    ("Dockerfile:1", "debian:12", "FROM --platform=linux/amd64 debian:12 AS build\n"),
    ("Dockerfile:1", "debian:12", "FROM \\\n    debian:12\n"),
    ("Dockerfile:1", f"debian{DIGEST[:-1]}", f"FROM debian{DIGEST[:-1]}\n"),
    ("Dockerfile:1", f"debian{DIGEST}0", f"FROM debian{DIGEST}0\n"),
    ("Dockerfile:1", "build", f"FROM build\nFROM debian{DIGEST} AS build\n"),
    ("Dockerfile:2", "debian:12", "ARG BASE_2=debian:12\nFROM ${BASE_2}\n"),
    ("Dockerfile:2", "debian", "ARG a='debian'\nFROM $a\n"),
    ("Dockerfile:2", "debian:12", "ARG TAG=12\nFROM debian:$TAG\n"),
    ("Dockerfile:2", "${BASE}", "ARG BASE\nFROM ${BASE}\n"),
    ("Dockerfile:2", "${BASE}", "ARG BASE=\nFROM ${BASE}\n"),
    ("Dockerfile:1", "debian", "FROM ${BASE:-debian}\n"),
    ("Dockerfile:2", "busybox:1", f"FROM debian{DIGEST}\nCOPY --chown=1:1 --from=busybox:1 /a /b\n"),
    ("Dockerfile:2", "busybox", f"FROM debian{DIGEST}\nRUN --mount=type=bind,from=busybox,target=/x true\n"),
    ("Dockerfile:1", "docker/dockerfile:1", f"# syntax = docker/dockerfile:1\nFROM debian{DIGEST}\n"),
    ("deploy/x-1/Dockerfile:1", "debian", "FROM debian\n"),
    ("deploy/Dockerfile.test:1", "debian", "FROM debian\n"),
    ("docker-compose.yml", "e: postgres", COMPOSE + "  e: {image: postgres}\n"),
    ("docker-compose.yml", "e: postgres:16", COMPOSE + "  e:\n    image: 'postgres:16'\n"),
    ("docker-compose.yml", "e: a-b/c_d2:1", COMPOSE + "  e: {image: a-b/c_d2:1}\n"),
    ("docker-compose.yml", "c: owner", COMPOSE.replace("c: {image: own}", "c: {image: owner}")),
]


findings = findings_of("check-images")


def test_a_good_tree_has_no_findings(tmp_path):
    assert findings(GOOD, tmp_path) == []


@pytest.mark.parametrize("where, image, content", BAD)
def test_an_image_without_a_digest_is_found(tmp_path, where, image, content):
    found = findings({**GOOD, where.partition(":")[0]: content}, tmp_path)
    assert found == [f"{where}: [digest] {image} is pulled, and not by digest"]
