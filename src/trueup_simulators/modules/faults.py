"""Faults that a test orders: how often, on which path and page, and what goes wrong."""

from __future__ import annotations

import typing
from collections.abc import Callable
from fnmatch import fnmatchcase

from msgspec import Struct

Kind = typing.Literal[
    "missing_cursor",
    "loop",
    "other_host",
    "filter_lost",
    "error_200",
    "child_fails",
    "count_as_text",
    "mixed_units",
    "empty",
    "too_many",
    "block",
    "expired_token",
    "network_rule",
    "slow",
    "half_body",
    "drop",
    "duplicate",
    "null_organization",
    "status",
    "html",
    "broken_json",
]
KINDS: tuple[str, ...] = typing.get_args(Kind)
_LASTING = frozenset({"loop", "empty", "block", "network_rule"})
"""They stay until they are taken back, unless the order says how often."""


class Fault(Struct, omit_defaults=True):
    """One ordered fault. It strikes requests that it can harm, after letting `skip` of them pass, `times` times.

    `path` is a pattern over the whole path (`/v1/saas/*/seats`); `page` narrows it, the first page being 1. `times`
    0 means always, and is the default of a loop, an empty account, a block and a network rule; else it is 1.
    `status` is the status of `status` and `child_fails`; `retry_after` the seconds that `too_many` and `block` name
    (none: no header); `seconds` the wait of `slow`; `host` where `other_host` leads; `text` the words of an error.
    """

    kind: Kind
    path: str = "*"
    page: int | None = None
    times: int | None = None
    skip: int = 0
    status: int = 500
    retry_after: int | None = None
    seconds: float = 2.0
    host: str = "https://elsewhere.invalid"
    text: str | None = None
    struck: int = 0

    @property
    def limit(self) -> int:
        """How often it strikes; 0 means always."""
        if self.times is not None:
            return self.times
        return 0 if self.kind in _LASTING else 1


class FaultBook:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self.ordered: list[Fault] = []

    def strike(self, path: str, page: int | None, harms: Callable[[Fault], bool]) -> list[Fault]:
        """Return the faults that hit this request, and count them down."""
        hit: list[Fault] = []
        for fault in list(self.ordered):
            if not fnmatchcase(path, fault.path) or fault.page not in {None, page} or not harms(fault):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.struck += 1
            hit.append(fault)
            if fault.limit and fault.struck >= fault.limit:
                self.ordered.remove(fault)
        return hit
