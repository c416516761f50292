"""Faults that a test orders: how often, on which path and page, and what goes wrong."""

from __future__ import annotations

import typing
from fnmatch import fnmatchcase

from msgspec import Struct

from trueup_simulators.datto_rmm.changes import DeviceChanges
from trueup_simulators.held import HeldCalls

Kind = typing.Literal[
    "status",
    "broken_json",
    "html",
    "half_body",
    "drop",
    "slow",
    "error_body_200",
    "missing_page_details",
    "missing_next_url",
    "early_end",
    "loop",
    "loop_to_first",
    "other_host",
    "empty",
    "no_not_billable",
    "total_off",
    "device_moves",
    "then_change",
]
KINDS: tuple[str, ...] = typing.get_args(Kind)


class Fault(Struct, omit_defaults=True):
    """One ordered fault. It strikes requests that match, after letting `skip` of them pass, `times` times.

    `path` is a pattern over the path below `/api` (`/v2/account/devices`, `/v2/*`; the token's path is
    `/auth/oauth/token`); `page` and `filtered` (whether a `filterId` is sent) narrow it. `times` 0 means always.
    `status` is the status of kind `status`; `seconds` the wait of `slow`, on the simulator's clock; `host` the origin
    that `other_host` leads to; `by` what `total_off` adds; `change` what `then_change` does after the answer;
    `text` the error text of `error_body_200` and `status`.
    """

    kind: Kind
    path: str = "*"
    page: int | None = None
    filtered: bool | None = None
    times: int = 1
    skip: int = 0
    status: int = 500
    seconds: float = 5.0
    host: str = "https://elsewhere.invalid"
    by: int = 1
    text: str | None = None
    change: DeviceChanges | None = None
    struck: int = 0

    def matches(self, path: str, page: int | None, filtered: bool) -> bool:
        """Whether the request is one that the fault is meant for."""
        return (
            fnmatchcase(path, self.path)
            and (self.page is None or self.page == page)
            and (self.filtered is None or self.filtered == filtered)
        )


class FaultBook:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self.ordered: list[Fault] = []
        self.held = HeldCalls()

    def clear(self) -> None:
        """Forget all faults; calls that one of them holds up go on."""
        self.ordered.clear()
        self.held.let_go()

    def strike(self, path: str, page: int | None, filtered: bool) -> list[Fault]:
        """Return the faults that hit this request, and count them down."""
        hit: list[Fault] = []
        for fault in list(self.ordered):
            if not fault.matches(path, page, filtered):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.struck += 1
            hit.append(fault)
            if fault.times and fault.struck >= fault.times:
                self.ordered.remove(fault)
        return hit
