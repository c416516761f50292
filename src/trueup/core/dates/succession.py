"""Renewed contracts: which line goes on as which, and what the new line takes over from the old one.

Renewing makes a new contract with copied services and units, and the old one ends (Autotask, "Renewing a contract").
What was decided for the old line (rules, cut-over, what was agreed) goes on with the line of the same service on the
new contract. See docs/decisions/0063-renewed-contracts.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.contract import DAY, Contract, Line, UnitRow, UnitStep, level_on, steps_of, units_on
from trueup.core.rule import LinePlace


class LinkKind(StrEnum):
    """A contract that renewed a contract, or a line that goes on for a line."""

    CONTRACT = "contract"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a renewal, by ids: `later` goes on for `earlier` from the day `since` on."""

    kind: LinkKind
    earlier: str
    later: str
    since: date


@dataclass(frozen=True, slots=True)
class NextLine:
    """Where a line goes on: the contract that renewed its own, from `start` on.

    `line_id` is None where the new contract has no line of the service.
    """

    contract_id: str
    contract_name: str
    start: date
    line_id: str | None = None


@dataclass(frozen=True, slots=True)
class Succession:
    """All known renewals. `unclear` names, for a line of a new contract, the old lines that it could go on for where
    the same service stood there more than once and the lines cannot be told apart."""

    contract_before: Mapping[str, str] = field(default_factory=dict)
    line_before: Mapping[str, str] = field(default_factory=dict)
    line_after: Mapping[str, str] = field(default_factory=dict)
    unclear: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, links: Iterable[Link], unclear: Mapping[str, tuple[str, ...]] | None = None) -> Succession:
        """The renewals that these links say; of two links to one later contract or line the last counts."""
        before: dict[LinkKind, dict[str, str]] = {kind: {} for kind in LinkKind}
        for link in links:
            before[link.kind][link.later] = link.earlier
        lines = before[LinkKind.LINE]
        after = {earlier: later for later, earlier in lines.items()}
        return cls(before[LinkKind.CONTRACT], lines, after, unclear or {})

    def contracts_before(self, contract_id: str) -> tuple[str, ...]:
        """The contracts that this one goes on for, the newest first."""
        return _chain(self.contract_before, contract_id)

    def place(self, line: Line, contract: Contract) -> LinePlace:
        """What decides which rule governs a line."""
        return {
            "service_id": line.service_id,
            "customer_id": contract.customer_id,
            "contract_id": contract.id,
            "line_id": line.id,
            "contracts_before": self.contracts_before(contract.id),
            "lines_before": self.lines_before(line.id),
        }

    def lines_before(self, line_id: str) -> tuple[str, ...]:
        """The lines that this one goes on for, the newest first."""
        return _chain(self.line_before, line_id)


def _chain(before: Mapping[str, str], start: str) -> tuple[str, ...]:
    found: list[str] = []
    place = before.get(start)
    while place is not None and place != start and place not in found:
        found.append(place)
        place = before.get(place)
    return tuple(found)


def links_of(
    contracts: Iterable[Contract], lines: Iterable[Line]
) -> tuple[tuple[Link, ...], Mapping[str, tuple[str, ...]]]:
    """The renewals that contracts and lines show, and the later lines that could go on for several earlier ones.

    A line goes on as the line of the same service. Where the service stands on either contract more than once, lines
    are paired in the order of their ids, and only if there are as many on both sides at the same prices.
    """
    by_id = {contract.id: contract for contract in contracts}
    by_place: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        by_place[line.contract_id, line.service_id].append(line)
    services: dict[str, set[str]] = defaultdict(set)
    for contract_id, service_id in by_place:
        services[contract_id].add(service_id)
    links: list[Link] = []
    unclear: dict[str, tuple[str, ...]] = {}
    for earlier_id, later in _renewals(by_id):
        links.append(Link(LinkKind.CONTRACT, earlier_id, later.id, later.start))
        for service in sorted(services[later.id] & services[earlier_id]):
            old = sorted(by_place[earlier_id, service], key=_order)
            new = sorted(by_place[later.id, service], key=_order)
            if len(old) == len(new) == 1 or [line.price for line in old] == [line.price for line in new]:
                pairs = zip(old, new, strict=True)
                links += [Link(LinkKind.LINE, one.id, other.id, later.start) for one, other in pairs]
            else:
                unclear.update({line.id: tuple(one.id for one in old) for line in new})
    return tuple(links), unclear


def _renewals(by_id: Mapping[str, Contract]) -> list[tuple[str, Contract]]:
    """Each renewal as the old contract's id and the new contract, whichever of the two says so."""
    found: dict[str, str] = {}
    for contract in by_id.values():
        if contract.successor_id is not None:
            found[contract.successor_id] = contract.id
        if contract.predecessor_id is not None:
            found[contract.id] = contract.predecessor_id
    return [(earlier, by_id[later]) for later, earlier in found.items() if later in by_id and later != earlier]


def _order(line: Line) -> tuple[int, str]:
    """Ids as a PSA counts them: numbers by size."""
    return len(line.id), line.id


def known_from(
    before: KnownUnits, rows_before: tuple[UnitRow, ...], rows: tuple[UnitRow, ...], start: date
) -> KnownUnits:
    """What is agreed with on a new line, given what was agreed with on the line that it goes on for.

    The PSA copies the units of the day on which a person renews, which may be before the old line's last change. So any
    units that the old line had are taken as carried over; anything else is somebody's choice and shows as drift.
    """
    last = level_on(before.steps, start - DAY) if before.steps else units_on(rows_before, start - DAY)
    had = {step.units for step in before.steps} | {row.units for row in rows_before} | {last}
    opening = units_on(rows, max(start, rows[0].start)) if rows else last
    steps = steps_of(rows) if opening in had else (UnitStep(start, last),)
    return replace(before, steps=steps, levels=(), until=None)
