"""Allocation groups: one quantity for several lines, poured into them in order.

Each line takes from what the lines before it left, up to its cap; a line without a cap takes the rest. Because the
shares follow from the total alone, a falling total drains the lines in reverse order. See
docs/decisions/0066-allocation-groups.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from trueup.core.contract import Contract, Line
from trueup.core.dates.succession import Succession
from trueup.core.quantities.quantity import Quantity, units_from
from trueup.core.reason import Reason
from trueup.core.rule import (
    PRORATE_DAILY,
    FlagMeaning,
    Mode,
    Override,
    QuantityPolicy,
    Rule,
    RuleLevel,
    Scope,
    Share,
    TimingPolicy,
)


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A place in a group. The line that goes on for it after a renewal stands at the same place; `contract_id` and
    `service_id` say where the line stood when it was given. `cap` is in the group's units. `policy` are the line's own
    steps after its share (its basis and window are not used); `timing` None is the group's."""

    line_id: str
    contract_id: str
    service_id: str
    cap: int | None = None
    policy: QuantityPolicy = field(default_factory=QuantityPolicy)
    timing: TimingPolicy | None = None


@dataclass(frozen=True, slots=True)
class AllocationGroup:
    """One saved group. `customer_id` is the holder whose usage it counts; quantity, policy, timing, scope, override,
    mode and cut-over mean what they mean in a rule, for all of its lines together. `version` grows with each change."""

    name: str
    customer_id: str
    quantity: str
    lines: tuple[GroupLine, ...]
    policy: QuantityPolicy = field(default_factory=QuantityPolicy)
    timing: TimingPolicy = PRORATE_DAILY
    scope: Scope = field(default_factory=Scope)
    flag_meaning: FlagMeaning = FlagMeaning.PER_ORGANIZATION
    override: Override | None = None
    mode: Mode | None = None
    cutover: date | None = None
    version: int = 1

    @property
    def rule_id(self) -> str:
        """The id under which its lines' outcomes name it."""
        return f"group-{self.name}"


def fill(total: int, caps: Sequence[int | None]) -> tuple[tuple[int, ...], int]:
    """Shares in the order of the caps, and what no line takes (only where every line has a cap)."""
    left = total
    shares: list[int] = []
    for cap in caps:
        share = left if cap is None else min(left, cap)
        shares.append(share)
        left -= share
    return tuple(shares), left


def share_of(share: Share | None, found: Quantity, day: date) -> Quantity:
    """A line's units from its group's quantity as seen on a day; the quantity itself for a line without a group.

    More than all caps together is never cut off in silence: the quantity then has no units and says what is too much.
    """
    if share is None or found.units is None:
        return found
    shares, excess = fill(found.units, share.caps)
    total = Reason.of("step.group_total", group=share.group, total=found.units)
    poured = tuple(
        Reason.of("step.share", place=place, line=line, cap=cap, share=taken)
        for place, (line, cap, taken) in enumerate(zip(share.lines, share.caps, shares, strict=True), start=1)
    )
    steps = (*found.steps, total, *poured)
    if excess > 0:
        problem = Reason.of(
            "held.group_excess", group=share.group, total=found.units, room=found.units - excess, excess=excess
        )
        return replace(found, units=None, problem=problem, steps=steps)
    mine = shares[share.place]
    units, own = units_from(share.policy, Decimal(mine), day)
    taken = Reason.of("step.share_taken", line=share.lines[share.place], share=mine)
    return replace(found, units=units, steps=(*steps, taken, *own))


def lines_at(place: GroupLine, lines: Iterable[Line], renewed: Succession) -> tuple[Line, ...]:
    """The lines that stand at a place in turn: the one that was given, and those that go on for it after renewals."""
    return tuple(line for line in lines if line.id == place.line_id or place.line_id in renewed.lines_before(line.id))


def _on(at: Iterable[Line], contracts: Mapping[str, Contract], as_of: date) -> str | None:
    """Of the lines at one place the one whose contract has begun last on a day."""
    begun = [
        (contract.start, line.id)
        for line in at
        if (contract := contracts.get(line.contract_id)) is not None and contract.start <= as_of
    ]
    return max(begun)[1] if begun else None


def rules_of(
    groups: Iterable[AllocationGroup],
    lines: Iterable[Line],
    contracts: Mapping[str, Contract],
    as_of: date,
    renewed: Succession,
) -> Mapping[str, Rule]:
    """The rule of each line that stands in a group, the lines before and after a renewal included: all of them share
    one place. A line that two places claim gets none, so that its groups are incomplete and wait."""
    lines = tuple(lines)
    found: list[tuple[str, Rule]] = []
    for group in groups:
        places = [(place, lines_at(place, lines, renewed)) for place in group.lines]
        ids = tuple(_on(at, contracts, as_of) or place.line_id for place, at in places)
        caps = tuple(place.cap for place in group.lines)
        for number, (place, at) in enumerate(places):
            share = Share(group.name, group.customer_id, number, ids, caps, place.policy)
            found += [(line.id, as_rule(group, line.id, place.timing, line.service_id, share)) for line in at]
    claimed = Counter(line_id for line_id, _ in found)
    return {line_id: rule for line_id, rule in found if claimed[line_id] == 1}


def as_rule(
    group: AllocationGroup,
    line_id: str = "",
    timing: TimingPolicy | None = None,
    service_id: str = "",
    share: Share | None = None,
) -> Rule:
    """A group as a rule: for one of its lines, or (without one) for whoever asks what it counts."""
    return Rule(
        id=group.rule_id,
        level=RuleLevel.LINE,
        service_id=service_id,
        target=line_id,
        quantity=group.quantity,
        policy=group.policy,
        timing=timing or group.timing,
        scope=group.scope,
        flag_meaning=group.flag_meaning,
        override=group.override,
        mode=group.mode,
        cutover=group.cutover,
        version=group.version,
        share=share,
    )
