"""One call: what is asked, of which endpoint, and for what; and how many were sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from trueup.core.usage import Failure
from trueup.psa.port import CallCount
from trueup.psa.window import SendWindow


class Purpose(StrEnum):
    """Why a call is sent; set-up calls are counted apart from reads."""

    SETUP = "setup"
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `endpoint` is the entity whose thread limit it falls under; `path` follows the zone's address.

    Entity information counts to its entity (Autotask REST, page on thread limiting). `window` is when a
    write may leave. `verb` is the method where the body alone does not say it.
    """

    endpoint: str
    path: str
    purpose: Purpose
    body: bytes | None = field(default=None, repr=False)
    window: SendWindow | None = field(default=None, repr=False)
    verb: str = ""

    @property
    def method(self) -> str:
        """GET without a body, POST with one, unless a verb is given."""
        return self.verb or ("GET" if self.body is None else "POST")


class CallBrokenError(Exception):
    """No answer came. `sent` is false only where it is certain that nothing reached Autotask."""

    def __init__(self, failure: Failure, *, sent: bool) -> None:
        super().__init__(failure.reason.code)
        self.failure = failure
        self.sent = sent


class Tally:
    """Counts the calls that were sent."""

    def __init__(self) -> None:
        self._purposes: Counter[Purpose] = Counter()
        self._endpoints: Counter[str] = Counter()

    def add(self, call: Call) -> None:
        """Count one call just before it is sent."""
        self._purposes[call.purpose] += 1
        self._endpoints[call.endpoint] += 1

    def count(self) -> CallCount:
        """What was counted so far."""
        return CallCount(
            setup=self._purposes[Purpose.SETUP],
            reads=self._purposes[Purpose.READ],
            writes=self._purposes[Purpose.WRITE],
            by_endpoint=tuple(sorted(self._endpoints.items())),
        )
