"""What a tenant chooses: its calendar, its money, who writes, and the thresholds of the guard rails."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum

from trueup.core.modes import DriftPolicy, Mode
from trueup.core.retention import Retention


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Numbers of the guard rails. Shares are fractions of one; amounts are in the contract's own currency.

    line: to zero; a fall of more than `line_fall_share`, from `line_fall_base` units up; more than `line_move_share`
    and more than `line_move_units`; a recurring amount per month moving more than `line_amount` (None: off).
    customer: recurring amount moving more than `customer_share` and `customer_amount`.
    module: total falling `module_fall_share` or rising `module_rise_share` in a day, from `module_base` items up;
    `module_period_fall_share` or `module_period_rise_share` since the calendar month began.
    plan: more than `plan_share` of the lines on an ordinary night, `plan_opening_share` when a period opens (until six
    openings are on record), and all nights of a month together `plan_period_share`; once more than `plan_base` lines
    change (a small MSP's third line is no crowd; docs/decisions/0004-guard-rails.md).
    """

    line_to_zero: bool = True
    line_fall_share: Decimal = Decimal("0.5")
    line_fall_base: int = 1
    line_move_share: Decimal = Decimal("0.3")
    line_move_units: int = 5
    line_amount: Decimal | None = None
    customer_share: Decimal = Decimal("0.2")
    customer_amount: Decimal = Decimal(100)
    module_fall_share: Decimal = Decimal("0.2")
    module_rise_share: Decimal = Decimal("0.1")
    module_period_fall_share: Decimal = Decimal("0.2")
    module_period_rise_share: Decimal = Decimal("0.25")
    module_base: int = 20
    plan_base: int = 10
    plan_share: Decimal = Decimal("0.1")
    plan_opening_share: Decimal = Decimal("0.4")
    plan_period_share: Decimal = Decimal("0.4")


@dataclass(frozen=True, slots=True)
class BesideSettings:
    """How Trueup runs beside somebody who changes units too (decisions 0078-agreement and 0079-contested-lines).

    A usage day is compared `wait_days` after it. A service is ready to be switched over once `ready_days` days were
    compared and at least `ready_share` of its line-days agreed. A line is contested when somebody took its units away
    from what was agreed on at least `contest_nights` of the last `contest_window` nights.
    """

    wait_days: int = 3
    ready_days: int = 5
    ready_share: Decimal = Decimal("0.95")
    contest_nights: int = 2
    contest_window: int = 7


class UnitCosts(StrEnum):
    """What becomes of a unit cost in the PSA's catalogue that is not what vendors ask: nothing is said of it, a plan
    proposes it, or a plan has it as a change that is written once a person has approved it."""

    OFF = "off"
    PROPOSE = "propose"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """One MSP's choices. `time_zone` is an IANA name; `day_close` is local time: a snapshot taken before it describes
    the day that ended. `posted_period` and `same_day` tell how this tenant's PSA is known to behave (see
    `trueup.psa.port`). A change may be dated up to `lookback_days` back, and units planned by hand are seen up to
    `ahead_days` ahead (docs/decisions/0006-read-window.md). A `suspended` tenant can be read and nothing else; only
    the operator of the installation says so."""

    name: str = "default"
    time_zone: str = "UTC"
    currency: str | None = None
    language: str = "en"
    day_close: time = time(6, 0)
    mode: Mode = Mode.READ_ONLY
    thresholds: Thresholds = field(default_factory=Thresholds)
    posted_period: str = "unproven"
    same_day: str = "never"
    settle_seconds: int = 300
    plan_hours: int = 24
    stale_days: int = 3
    lookback_days: int = 35
    ahead_days: int = 35
    onboarding: tuple[tuple[str, date], ...] = ()
    beside: BesideSettings = field(default_factory=BesideSettings)
    drift: DriftPolicy = DriftPolicy.WAIT
    unit_costs: UnitCosts = UnitCosts.PROPOSE
    suspended: bool = False
    retention: Retention = field(default_factory=Retention)


def usage_day_of(local: date, local_time: time, day_close: time) -> date:
    """The usage day that a snapshot taken at that local time describes (design section 1, "usage day")."""
    return date.fromordinal(local.toordinal() - 1) if local_time < day_close else local
