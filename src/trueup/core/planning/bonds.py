"""Lines whose changes go together in one plan, or not at all: an allocation group, a line and its mirror, and lines of
services of which a customer is billed by only one.

Half of such a move would bill a customer twice or not at all. So where one line of a bond waits, the changes of the
others wait with it, by name, until a person releases them. See docs/decisions/0066-allocation-groups.md and 0068.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.rails.guard import Release, hold
from trueup.core.reason import Reason
from trueup.core.rule import Mode

if TYPE_CHECKING:
    from trueup.core.planning.planning import LineCase

_WAITS = (OutcomeStatus.HELD, OutcomeStatus.UNMAPPED, OutcomeStatus.DRIFT)


class BondKind(StrEnum):
    """Why lines belong together."""

    GROUP = "group"
    MIRROR = "mirror"
    EXCLUSIVE = "exclusive"


@dataclass(frozen=True, slots=True)
class Bond:
    """Lines that belong together. `name` is the group's; for a mirror, the copied line's id."""

    kind: BondKind
    name: str
    lines: tuple[str, ...]

    def among(self, lines: frozenset[str]) -> Bond:
        """The bond with only some of its lines."""
        return Bond(self.kind, self.name, tuple(line for line in self.lines if line in lines))


def bonds_of(cases: Iterable[LineCase], copies: Mapping[str, str], as_of: date) -> tuple[Bond, ...]:
    """All bonds among the lines of a plan; `copies` holds each mirror's line with the line that it copies."""
    groups: dict[str, dict[str, None]] = defaultdict(dict)
    exclusive: dict[tuple[str, str], list[str]] = defaultdict(list)
    for case in cases:
        share = case.rule.share
        if share is not None:
            groups[share.group] |= dict.fromkeys(share.lines)
            if case.facts.contract.start > as_of:  # a renewal that is decided already; what it renews is in `lines`
                groups[share.group][case.facts.line.id] = None
        elif case.rule.exclusive and case.facts.contract.covers(as_of):
            exclusive[case.rule.exclusive, case.facts.customer.id].append(case.facts.line.id)
    mirrors: dict[str, list[str]] = defaultdict(list)
    for mirror, line in copies.items():
        mirrors[line].append(mirror)
    return (
        *(Bond(BondKind.GROUP, name, tuple(lines)) for name, lines in groups.items()),
        *(Bond(BondKind.MIRROR, line, (line, *found)) for line, found in mirrors.items()),
        *(Bond(BondKind.EXCLUSIVE, name, tuple(lines)) for (name, _), lines in exclusive.items() if len(lines) > 1),
    )


def _way(outcome: Outcome) -> int:
    """Above zero for a rise, below for a fall: of what is to be sent, else of what is seen and not due yet."""
    if outcome.adjustments:
        return sum(adjustment.change for adjustment in outcome.adjustments)
    for reason in outcome.reasons:
        wanted, level = reason.get("wanted"), reason.get("level")
        if reason.code.startswith("scheduled.") and isinstance(wanted, int) and isinstance(level, int):
            return wanted - level
    return 0


def _why(outcome: Outcome) -> str:
    if outcome.status is OutcomeStatus.CHANGE:
        return "note.read_only"
    return outcome.reasons[0].code if outcome.reasons else outcome.status.value


class _Bound:
    """The outcomes of a plan while bonds are laid on them."""

    def __init__(self, outcomes: Iterable[Outcome], units: Mapping[str, int]) -> None:
        self.by_line = {outcome.line_id: outcome for outcome in outcomes}
        self.units = units

    def movers(self, bond: Bond) -> tuple[Outcome, ...]:
        found = (self.by_line.get(line) for line in bond.lines)
        return tuple(one for one in found if one is not None and one.status is OutcomeStatus.CHANGE)

    def _waits(self, outcome: Outcome, mover: Outcome) -> bool:
        """Whether a line waits while another would be written; a line that only nobody writes does so too."""
        unwritten = outcome.status is OutcomeStatus.CHANGE and outcome.mode == Mode.READ_ONLY.value != mover.mode
        return outcome.status in _WAITS or unwritten

    def reasons(self, bond: Bond, mover: Outcome) -> Iterator[Reason]:
        """Why one change of a bond may not go alone."""
        others = [line for line in bond.lines if line != mover.line_id]
        if bond.kind is BondKind.EXCLUSIVE:
            yield from self._exclusive(bond, mover, others)
            return
        for line in others:
            other = self.by_line.get(line)
            if other is None:
                yield Reason.of("held.group_incomplete", group=bond.name, line=line)
                return
            if self._waits(other, mover):
                if bond.kind is BondKind.GROUP:
                    yield Reason.of("held.group", group=bond.name, line=line, why=_why(other))
                elif bond.name in (line, mover.line_id):  # two mirrors of one line wait for it, not for each other
                    yield Reason.of("held.mirror", line=line, why=_why(other))
                else:
                    continue
                return
        if bond.kind is BondKind.GROUP:
            yield from self._opposite(bond)

    def _opposite(self, bond: Bond) -> Iterator[Reason]:
        ways = {line: _way(outcome) for line in bond.lines if (outcome := self.by_line.get(line)) is not None}
        rising = [line for line, way in ways.items() if way > 0]
        falling = [line for line, way in ways.items() if way < 0]
        if rising and falling:
            rises, falls = ", ".join(rising), ", ".join(falling)
            yield Reason.of("held.group_opposite", group=bond.name, rises=rises, falls=falls)

    def _exclusive(self, bond: Bond, mover: Outcome, others: Iterable[str]) -> Iterator[Reason]:
        way = _way(mover)
        for line in others:
            other = self.by_line[line]
            opposite = _way(other) * way < 0
            waits = self._waits(other, mover) or other.status is OutcomeStatus.SCHEDULED
            unknown = other.status in _WAITS and not other.adjustments and way > 0 and self.units.get(line, 0) > 0
            if (opposite and waits) or unknown:
                yield Reason.of("held.exclusive", group=bond.name, line=line, why=_why(other))
                return

    def together(self, bond: Bond, outcome: Outcome) -> tuple[str, ...]:
        """Lines of the bond that have something to send beside this one."""
        if not outcome.adjustments:
            return ()
        found = []
        for line in bond.lines:
            other = self.by_line.get(line)
            if other is None or line == outcome.line_id or not other.adjustments:
                continue
            if bond.kind is not BondKind.EXCLUSIVE or _way(other) * _way(outcome) < 0:
                found.append(line)
        return tuple(found)


def bound(
    outcomes: tuple[Outcome, ...], bonds: tuple[Bond, ...], units: Mapping[str, int], releases: Iterable[Release] = ()
) -> tuple[Outcome, ...]:
    """The outcomes with every change held whose bond is not whole, and each with the lines that it goes together with.

    `units` are the units in force of each line. A held change may break another bond, so this runs until nothing moves.
    """
    known = frozenset(releases)
    plan = _Bound(outcomes, units)
    moved = True
    while moved:
        moved = False
        for bond in bonds:
            waiting = [(mover, tuple(plan.reasons(bond, mover))) for mover in plan.movers(bond)]
            for mover, reasons in waiting:
                held = hold(mover, reasons, known)
                moved = moved or held is not mover
                plan.by_line[mover.line_id] = held
    companions = _companions(plan, bonds)
    return tuple(
        replace(plan.by_line[outcome.line_id], together=found)
        if (found := companions.get(outcome.line_id, ()))
        else plan.by_line[outcome.line_id]
        for outcome in outcomes
    )


def _companions(plan: _Bound, bonds: Iterable[Bond]) -> Mapping[str, tuple[str, ...]]:
    """For each line with something to send, all lines that hang together with it, over any number of bonds."""
    direct: dict[str, dict[str, None]] = defaultdict(dict)
    for bond in bonds:
        for line in bond.lines:
            outcome = plan.by_line.get(line)
            if outcome is not None:
                direct[line] |= dict.fromkeys(plan.together(bond, outcome))
    found: dict[str, tuple[str, ...]] = {}
    for line in direct:
        reached = {line: None}
        pending = [line]
        while pending:
            for other in direct[pending.pop()]:
                if other not in reached:
                    reached[other] = None
                    pending.append(other)
        found[line] = tuple(other for other in reached if other != line)
    return found
