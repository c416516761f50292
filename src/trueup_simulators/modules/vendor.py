"""What one vendor's simulator consists of: data, routes, who is let in, how it refuses, and what is true."""

from __future__ import annotations

import hashlib
import random
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from trueup_simulators.modules.calls import Call
from trueup_simulators.modules.customers import Customer, customers, dealt_customers
from trueup_simulators.modules.faults import KINDS
from trueup_simulators.modules.listing import Listing, Row, Sizes

Handler = Callable[..., object]
Truth = dict[str, dict[str, Any]]
"""By organization key: `{"name": ..., "counts": {what: number}}`."""


class ScenarioError(ValueError):
    """A scenario or an order to the control plane that makes no sense; the text says why."""


@dataclass(slots=True)
class Setup:
    """How large a simulated account is and what it is wary of.

    `organizations` customers with about `size` items each; `page_max` makes pages smaller than the vendor's limit;
    `allowed_networks` are the only ones let in (empty: all); `latency_ms` delays every answer.
    """

    seed: int = 1
    organizations: int = 12
    size: int = 6
    page_max: int | None = None
    allowed_networks: list[str] = field(default_factory=list)
    latency_ms: int = 0
    data: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Collections that replace the seeded ones, in the vendor's own shape."""
    faults: list[dict[str, Any]] = field(default_factory=list)
    dealt: list[tuple[int, int]] = field(default_factory=list)
    """Customers of the MSP by their number, each with its items, instead of the first `organizations`."""


class Route:
    """A path with `{variables}`; `login` needs no credentials, `child` is asked once for each parent record."""

    def __init__(
        self, template: str, handler: Handler, *, method: str = "GET", login: bool = False, child: bool = False
    ) -> None:
        self.template, self.handler, self.method, self.login, self.child = template, handler, method, login, child
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
        self.pattern = re.compile(pattern)


class Tokens:
    """Tokens that were given out and have not expired."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def issue(self, seconds: float) -> str:
        """Give out a new token."""
        token = f"sim.{uuid.uuid4().hex}"
        self._until[token] = time.monotonic() + seconds
        return token

    def valid(self, token: str) -> bool:
        """Whether the token was given out here and still holds."""
        return time.monotonic() < self._until.get(token, 0.0)

    def expire_all(self) -> None:
        """Let every token expire now."""
        self._until.clear()


class Vendor:
    """One account of one vendor. A subclass per vendor states its shapes; rows are kept as they go out."""

    KIND: ClassVar[str]
    CREDENTIALS: ClassVar[Mapping[str, str]]
    """By the names that a connection asks for, the secrets and settings that are accepted."""
    COUNTS: ClassVar[frozenset[str]] = frozenset()
    """Fields with counts or totals, which the fault `count_as_text` writes as text."""
    KEYS: ClassVar[Mapping[str, str]] = {}
    """Collection -> the field that makes a row the same row."""
    NETWORK_STATUS: ClassVar[int] = 403
    NETWORK_TEXT: ClassVar[str] = "Access from this address is not allowed"
    PAGING: ClassVar[Literal["none", "links", "cursor", "totals", "until_404", "bare"]] = "none"
    """How its longest list goes on. `bare`: clients see the end by a short page alone, so `page_max` makes none."""
    FILTERS: ClassVar[bool] = False
    """Whether a paged list takes parameters that narrow it, or that its links must keep."""

    ORGANIZATIONS: ClassVar[bool] = True
    """Whether rows name their customer; else an account is one customer's."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.sizes = Sizes(None if self.PAGING == "bare" else setup.page_max)
        self.tokens = Tokens()
        self._indexes: dict[tuple[str, str], dict[object, list[Row]]] = {}
        self.customers: list[Customer] = (
            dealt_customers(self.KIND, setup.seed, setup.dealt)
            if setup.dealt
            else customers(self.KIND, setup.seed, setup.organizations, setup.size)
        )
        self.data: dict[str, list[Row]] = self.seeded()
        self.data.update({name: [dict(row) for row in rows] for name, rows in setup.data.items()})
        self.changed()

    # --- what a subclass says

    def seeded(self) -> dict[str, list[Row]]:
        """Make the collections of rows."""
        raise NotImplementedError

    def routes(self) -> list[Route]:
        """The paths that exist."""
        raise NotImplementedError

    def admits(self, call: Call) -> bool:
        """Whether the credentials are good."""
        raise NotImplementedError

    def truth(self) -> Truth:
        """What a perfect reader counts, from the collections as they are now."""
        raise NotImplementedError

    def refusal(self, status: int, text: str) -> object:
        """The body of an error."""
        return {"code": status, "message": text}

    def error_200(self, text: str) -> object | None:
        """The body of an error that comes with status 200; none where the vendor has no such thing."""
        del text
        return None

    def other_unit(self, row: Row) -> bool:
        """Write the row's quantity in another unit, the same in substance; false where there is none."""
        del row
        return False

    @property
    def credentials(self) -> dict[str, str]:
        """The secrets and settings that are accepted, by the names that a connection asks for."""
        return dict(self.CREDENTIALS)

    # --- for the toolkit

    def possible_faults(self) -> tuple[str, ...]:
        """The faults that can happen to this vendor's shapes."""
        impossible = {
            "missing_cursor": self.PAGING in {"none", "bare", "until_404"},
            "loop": self.PAGING == "none",
            "other_host": self.PAGING != "links",
            "filter_lost": not self.FILTERS,
            "error_200": self.error_200("") is None,
            "child_fails": not any(route.child for route in self.routes()),
            "null_organization": not self.ORGANIZATIONS,
            "count_as_text": not self.COUNTS,
            "mixed_units": type(self).other_unit is Vendor.other_unit,
        }
        return tuple(kind for kind in KINDS if not impossible.get(kind, False))

    # --- for subclasses

    def expire_tokens(self) -> None:
        """Let every token expire now."""
        self.tokens.expire_all()

    def chance(self, *what: object) -> random.Random:
        """A source of chance that is the same for the same seed and words."""
        return random.Random(f"{self.KIND}/{self.setup.seed}/{what}")  # noqa: S311 - wants to be repeatable

    def guid(self, *what: object) -> str:
        """A GUID that is the same for the same seed and words."""
        named = f"{self.KIND}/{self.setup.seed}/{what}".encode()
        return str(uuid.UUID(bytes=hashlib.blake2b(named, digest_size=16).digest(), version=4))

    def grant(self, seconds: int, **more: object) -> dict[str, object]:
        """The answer to a login that succeeded."""
        return {"access_token": self.tokens.issue(seconds), "token_type": "Bearer", "expires_in": seconds, **more}

    def rows_of(self, collection: str, **having: object) -> list[Row]:
        """The rows of a collection whose fields have these values."""
        (first, wanted), *others = having.items()
        index = self._indexes.get((collection, first))
        if index is None:
            index = self._indexes[collection, first] = {}
            for row in self.data[collection]:
                index.setdefault(row.get(first), []).append(row)
        found = index.get(wanted, [])
        return [row for row in found if all(row.get(name) == value for name, value in others)]

    def changed(self) -> None:
        """Note that rows were changed from outside."""
        self._indexes.clear()

    def unpaged(self, rows: list[Row], *organization: str) -> Listing:
        """A bare array."""
        return Listing(rows, organization=organization)
