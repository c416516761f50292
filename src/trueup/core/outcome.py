"""The plan and its parts: what happens to each line, why, and what it is worth.

A plan is frozen. Each outcome carries a digest over its inputs; the plan's checksum is over the digests, and an
approval names the checksum, so that what was shown is what is done (design law 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from trueup.core.contract import UnitStep
from trueup.core.late.owed import OwedPeriod
from trueup.core.reason import Reason
from trueup.core.rule import Override


class OutcomeStatus(StrEnum):
    """What a plan says about a line. See `docs/codes.md`."""

    CHANGE = "change"
    NONE = "none"
    SCHEDULED = "scheduled"
    HELD = "held"
    UNMAPPED = "unmapped"
    DRIFT = "drift"


class EntryKind(StrEnum):
    """What kind of write a plan's entry stands for."""

    LINE = "line"
    CREATE_SERVICE = "create_service"
    ADD_LINE = "add_line"
    UNIT_COST = "unit_cost"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One signed change of one line on one day. `amount` is its effect on the open period, to the cent; `recurring`
    its effect on each full period after that. `estimated` until posted billing items have proved the formula."""

    line_id: str
    day: date
    change: int
    amount: Decimal | None = None
    recurring: Decimal | None = None
    period_start: date | None = None
    period_end: date | None = None
    estimated: bool = True


@dataclass(frozen=True, slots=True)
class CostChange:
    """The unit cost of a service in the PSA's catalogue, for one of its periods, before (None: none there) and after.

    `units` are those of its lines on the usage day, `margin` what the change does to their margin a month as the PSA
    reckons it: information, never an amount that anybody is billed; None where it cannot be said.
    """

    before: Decimal | None
    after: Decimal
    currency: str
    units: int
    margin: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the plan says about one line (or one entry: a service or line to create, or a unit cost).

    `before` and `after` are the units on `effective` (the day of the last adjustment, or the usage day).
    `adjustments` is what apply would send; for a held line it is what would be sent if it were released, so that
    a release can be bound to it. `reasons` say why; `steps` are the whole chain from items to units and money.
    `expected` are the unit steps that the PSA should show afterwards; `levels` what usage calls for, up to
    `decided_until` (they are remembered once the outcome is done, see `trueup.core.by_hand.drift.KnownUnits`).
    `cutover` is the first day that this outcome may change; `meaning` and `rule_cutover` are those of its rule.
    `psa_digest` covers the PSA's side (rows, posted marks, contract end, price): apply compares it just before
    writing. `digest` covers every input. `releasable` names the rails that hold it and may be released.
    `kept` and `override` say what becomes of an edit by hand (see `trueup.core.by_hand.edits`).
    `together` are lines whose changes in this plan go with this one or not at all (`trueup.core.planning.bonds`).
    `counts_by` names the definitions that its quantity rests on, each with a digest.
    `basis` is what the levels were worked out by, `owed` what closed days should have billed, `reopened` days whose
    posting was taken back, so that what was owed for them is planned again (`trueup.core.late.catch_up`).
    `evidence` is the digest of the items behind it (`trueup.core.counting.evidence`), where there is something to
    write; `digest` covers it.
    `cost` is set where the entry is a service's unit cost; then there are no units, adjustments and amounts.
    `period_months` is the length of the contract's billing period, for amounts a month; 0 where it is not known.
    """

    line_id: str
    status: OutcomeStatus
    customer_id: str
    contract_id: str
    service_id: str
    before: int | None
    after: int | None
    effective: date | None
    adjustments: tuple[Adjustment, ...] = ()
    reasons: tuple[Reason, ...] = ()
    steps: tuple[Reason, ...] = ()
    currency: str | None = None
    price: Decimal | None = None
    recurring: Decimal | None = None
    amount: Decimal | None = None
    first_time: bool = False
    guessed: bool = False
    rule_id: str | None = None
    kind: EntryKind = EntryKind.LINE
    expected: tuple[UnitStep, ...] = ()
    levels: tuple[UnitStep, ...] = ()
    decided_until: date | None = None
    cutover: date | None = None
    meaning: str = ""
    rule_cutover: date | None = None
    releasable: tuple[str, ...] = ()
    mode: str = "manual"
    psa_digest: str = ""
    digest: str = ""
    kept: int | None = None
    override: Override | None = None
    customer_name: str = ""
    contract_name: str = ""
    service_name: str = ""
    together: tuple[str, ...] = ()
    counts_by: tuple[tuple[str, str], ...] = ()
    basis: str = ""
    owed: tuple[OwedPeriod, ...] = ()
    reopened: tuple[tuple[date, date], ...] = ()
    period_months: int = 0
    evidence: str = ""
    cost: CostChange | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A frozen list of outcomes for one tenant, made at one moment for one usage day."""

    id: str
    as_of: date
    created_at: datetime
    outcomes: tuple[Outcome, ...]
    checksum: str
    notes: tuple[Reason, ...] = ()
