"""What a run of apply hands to the writes of entries (services, lines, unit costs), and what it gets back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from trueup.app.workspace import Workspace
from trueup.core.outcome import EntryKind, Plan
from trueup.core.reason import Reason
from trueup.psa.port import Psa
from trueup.store.leases import Lease


@dataclass(frozen=True, slots=True)
class EntryResult:
    """What became of one entry: `done`, `refused`, `unsettled`, `conflict`, `skipped` or `waiting` (nothing was sent).
    `created_id` is the PSA's id of what was created, where it is known."""

    request_id: str
    kind: EntryKind
    name: str
    state: str
    reason: Reason | None = None
    created_id: str | None = None


@dataclass(frozen=True, slots=True)
class EntryProof:
    """One entry read back. `expected` and `found` are a line's units on its first day; None for a service.
    `expected_cost` and `found_cost` are those of a unit cost, in `currency`; None for anything else."""

    request_id: str
    kind: EntryKind
    name: str
    created_id: str | None
    expected: int | None
    found: int | None
    right: bool
    expected_cost: Decimal | None = None
    found_cost: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class EntryWork:
    """A run of apply at work, as far as entries need it. `longest` is how long a write may still be under way."""

    ws: Workspace
    psa: Psa
    run_id: str
    plan: Plan
    lease: Lease
    longest: timedelta
