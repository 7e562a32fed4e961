# SPDX-License-Identifier: Apache-2.0
"""What a case is: a function that breaks things on a stage, and what the stage is to hold."""

import dataclasses
import typing

CASES = {}


class NotPossible(Exception):
    """The machine does not allow this fault; says why."""


class TooLong(BaseException):
    """The case did not end in time. What a case catches of its own failures does not catch this."""


@dataclasses.dataclass(frozen=True)
class Case:
    """`times`: how many faults in the short and in the long form.

    The function's first line says what is injected, its name is the case's. `fault`: the class that
    the relay must name in its log (message, topic, cluster), or "none" when the fault is in the
    relay itself.
    `row`: the line of the matrix in the design that it belongs to.
    """

    name: str
    what: str
    run: typing.Callable
    row: str
    fault: str
    times: tuple = (1, 3)
    version: int = 2
    slots: int = 1
    ordering: str = "key"
    deletes: bool = False       # on_published: delete
    relays: int = 1
    config: dict = dataclasses.field(default_factory=dict)
    load: dict = dataclasses.field(default_factory=dict)
    topics: int = 3
    database: str = ""          # what CREATE DATABASE is to say besides
    payload: str = "jsonb NOT NULL"
    behind: str = ""            # "postgres" or "kafka": the relay reaches it by the proxy
    own_postgres: typing.Callable | None = None  # (servers) -> the case's own PostgreSQL
    own_kafka: typing.Callable | None = None     # (servers) -> the case's own broker
    mock: bool = False          # the mock Kafka instead of the real one
    seconds: int = 30           # from healing to backlog 0
    ordered: bool = True        # whether the order of first deliveries is promised
    hidden: bool = False        # the relay may name nothing: librdkafka or a deadline outlasts the fault
    pooled: bool = False        # the relay reaches PostgreSQL by a PgBouncer


def case(row, fault, **options):
    """Registers the decorated function."""

    def register(function):
        name = function.__name__.replace("_", "-")
        what = function.__doc__.strip().splitlines()[0].rstrip(".")
        CASES[name] = Case(name, what, function, row, fault, **options)
        return function

    return register
