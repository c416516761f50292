"""How a line's quantity follows usage: quantity policy and timing policy, and which rule governs a line.

Order of the quantity policy (never changed): basis over a window, minus included, times multiplier, rounding,
multiples or packs, minimum, maximum. Timing decides on which day an increase and a decrease take effect.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypedDict

from trueup.core.modes import DriftPolicy as DriftPolicy  # noqa: PLC0414 - a rule's own words, also for who sets one
from trueup.core.modes import Mode as Mode  # noqa: PLC0414


class Basis(StrEnum):
    """Which of the days of a window gives the quantity."""

    LAST = "last"
    PEAK = "peak"
    AVERAGE = "average"
    FIRST = "first"
    DAY = "day"


class Window(StrEnum):
    """The days that a basis looks at, seen from the usage day."""

    CALENDAR_MONTH_CURRENT = "calendar_month_current"
    CALENDAR_MONTH_PREVIOUS = "calendar_month_previous"
    BILLING_PERIOD_CURRENT = "billing_period_current"
    BILLING_PERIOD_PREVIOUS = "billing_period_previous"


class Rounding(StrEnum):
    """How a fraction becomes whole units."""

    UP = "up"
    NEAREST = "nearest"
    DOWN = "down"


class Timing(StrEnum):
    """The day on which a change takes effect."""

    USAGE_DAY = "usage_day"
    PERIOD_START = "period_start"
    NEXT_PERIOD = "next_period"
    NEXT_MONTH = "next_month"
    HOLD = "hold"


class RuleLevel(StrEnum):
    """Where a rule is set; a later one in this list overrides an earlier one."""

    SERVICE = "service"
    CUSTOMER = "customer"
    CONTRACT = "contract"
    LINE = "line"


class FlagMeaning(StrEnum):
    """What several organizations with a flag set count as."""

    PER_ORGANIZATION = "per_organization"
    ANY = "any"


class FutureSteps(StrEnum):
    """What happens to units that a person has already planned for a later date: wait for a person, or keep them."""

    HOLD = "hold"
    KEEP = "keep"
    ABSORB = "absorb"


@dataclass(frozen=True, slots=True)
class QuantityPolicy:
    """From usage by day to whole units of a line. `offset` is added at the very end (not below 0): the difference that
    a person kept when the rule took the line over."""

    basis: Basis = Basis.LAST
    window: Window = Window.CALENDAR_MONTH_CURRENT
    day: int | None = None
    included: Decimal = Decimal(0)
    multiplier: Decimal = Decimal(1)
    rounding: Rounding = Rounding.UP
    round_to_multiple: int | None = None
    pack_size: int | None = None
    minimum: int | None = None
    minimum_from: date | None = None
    minimum_until: date | None = None
    maximum: int | None = None
    maximum_from: date | None = None
    maximum_until: date | None = None
    only_if_used: bool = False
    rounding_chosen: bool = False
    offset: int = 0


@dataclass(frozen=True, slots=True)
class TimingPolicy:
    """When increases and decreases take effect, and how long a change must stand first (measured days).

    `cutoff_days`: `next_period` is decided that many days before the period's last day. `monthly_only`: the policy was
    meant for monthly contracts and waits for an explicit choice on any other (the preset `month-end`).
    """

    increase: Timing = Timing.USAGE_DAY
    decrease: Timing = Timing.USAGE_DAY
    increase_settle_days: int = 1
    decrease_settle_days: int = 3
    cutoff_days: int = 0
    future_steps: FutureSteps = FutureSteps.HOLD
    monthly_only: bool = False


PRORATE_DAILY = TimingPolicy()
MONTH_END = TimingPolicy(increase=Timing.NEXT_PERIOD, decrease=Timing.NEXT_PERIOD, monthly_only=True)
UP_NOW_DOWN_NEXT = TimingPolicy(increase=Timing.USAGE_DAY, decrease=Timing.NEXT_PERIOD)
PRESETS: dict[str, TimingPolicy] = {
    "prorate-daily": PRORATE_DAILY,
    "month-end": MONTH_END,
    "up-now-down-next": UP_NOW_DOWN_NEXT,
}


class ScopeKind(StrEnum):
    """Whose usage a line bills."""

    HOLDER = "holder"
    HOLDER_AND_CHILDREN = "holder_and_children"
    CUSTOMERS = "customers"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose usage is summed: the holder, the holder and its sub-organizations, or named customers.

    `organizations` narrows to some module organizations (`connection`, `key`); empty means all that are mapped.
    `items` is an expression over the attributes of items: only those count for which it holds; None means all.
    """

    kind: ScopeKind = ScopeKind.HOLDER
    customers: tuple[str, ...] = ()
    organizations: tuple[tuple[str, str], ...] = ()
    items: str | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A fixed quantity instead of the measured one, until its end date (inclusive), with a reason."""

    units: int
    reason: str
    until: date | None = None
    since: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the override is in force on that day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Mirror:
    """Whose units a line copies. With `line_id` it is that line (`contract_id` and `service_id` say where it stood when
    the rule was saved, so that a renewal is followed); without it, the line of `service_id` on the same contract."""

    service_id: str
    line_id: str = ""
    contract_id: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """A line's place in an allocation group (`trueup.core.quantities.allocation`). `lines` are the group's lines in
    order and `caps` their caps in the group's units (None: takes the rest); `place` is this line's. `policy` holds the
    line's own steps, which turn its share into its units. `holder` is the customer whose usage the group counts."""

    group: str
    holder: str
    place: int
    lines: tuple[str, ...]
    caps: tuple[int | None, ...]
    policy: QuantityPolicy = field(default_factory=QuantityPolicy)


@dataclass(frozen=True, slots=True)
class Rule:
    """One saved rule. `target` is the id at its level (a service's own rule has the service's id).

    `service_id` names the service it is for; on `line` level it is the line's service. `exclude` says that Trueup
    keeps its hands off. `version` grows with each change. `cutover` is the first day that may be billed by it.
    With `mirror` the line copies another line's units and has no quantity of its own. `exclusive` names services of
    which a customer is billed by one only. `share` is set for lines of an allocation group, never on a saved rule.
    `drift` says what happens to edits by hand; None is the tenant's choice.
    """

    id: str
    level: RuleLevel
    service_id: str
    target: str
    quantity: str = ""
    policy: QuantityPolicy = field(default_factory=QuantityPolicy)
    timing: TimingPolicy = PRORATE_DAILY
    scope: Scope = field(default_factory=Scope)
    flag_meaning: FlagMeaning = FlagMeaning.PER_ORGANIZATION
    override: Override | None = None
    exclude: bool = False
    mode: Mode | None = None
    cutover: date | None = None
    version: int = 1
    mirror: Mirror | None = None
    exclusive: str = ""
    share: Share | None = None
    reason: str = ""
    drift: DriftPolicy | None = None


_ORDER = {level: place for place, level in enumerate(RuleLevel)}


class LinePlace(TypedDict):
    """Where a line stands, and what its contract and itself go on for: this decides which rule governs it."""

    service_id: str
    customer_id: str
    contract_id: str
    line_id: str
    contracts_before: tuple[str, ...]
    lines_before: tuple[str, ...]


def governing_rule(
    rules: tuple[Rule, ...],
    *,
    service_id: str,
    customer_id: str,
    contract_id: str,
    line_id: str,
    contracts_before: tuple[str, ...] = (),
    lines_before: tuple[str, ...] = (),
) -> Rule | None:
    """The most specific rule for a line: line before contract before customer before service; None if there is none.

    `contracts_before` and `lines_before` are what the contract and the line go on for after renewals, the newest first:
    a rule that was set there holds on, unless a newer contract or line has one of its own.
    """
    wanted = {
        RuleLevel.SERVICE: (service_id,),
        RuleLevel.CUSTOMER: (customer_id,),
        RuleLevel.CONTRACT: (contract_id, *contracts_before),
        RuleLevel.LINE: (line_id, *lines_before),
    }
    fitting = [
        rule
        for rule in rules
        if rule.target in wanted[rule.level] and (rule.service_id == service_id or rule.level is RuleLevel.LINE)
    ]

    def nearness(rule: Rule) -> tuple[int, int, int]:
        return _ORDER[rule.level], -wanted[rule.level].index(rule.target), rule.version

    return max(fitting, key=nearness, default=None)
