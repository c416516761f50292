"""Renewed contracts, as the PSA shows them and as they were seen before: who goes on for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.contract import Contract, Line, PsaSnapshot, UnitRow
from trueup.core.dates.succession import Link, NextLine, Succession, known_from, links_of
from trueup.core.rule import Rule, RuleLevel
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class RenewalsSeen:
    """All known renewals; `links` are those that the PSA shows now, to be remembered with the plan. `appeared` are the
    moments at which lines without unit rows were first seen, of those that came later than the first reading."""

    succession: Succession
    links: tuple[Link, ...]
    appeared: Mapping[str, datetime] = field(default_factory=dict)


def renewals_seen(store: TenantStore, snapshot: PsaSnapshot, now: datetime) -> RenewalsSeen:
    """What the snapshot shows, beside what earlier plans noted. A new contract that names an old one which is not read
    any more is compared with the old one's lines as they were last seen."""
    with store.reading():
        noted = store.renewals.list()
        contracts, lines = list(snapshot.contracts), list(snapshot.lines)
        shown = {contract.id for contract in contracts}
        known = {link.later for link in noted}
        unseen = {
            contract.predecessor_id
            for contract in contracts
            if contract.predecessor_id is not None and contract.predecessor_id not in shown and contract.id not in known
        }
        if unseen:
            contracts += [one for one in store.psa.contracts(with_gone=True) if one.id in unseen]
            lines += [one for one in store.psa.lines(with_gone=True) if one.contract_id in unseen]
        with_rows = {line for line, rows in snapshot.rows if rows}
        bare = [line.id for line in snapshot.lines if line.id not in with_rows]
        appeared = store.psa.appeared(bare, now) if bare else {}
    links, unclear = links_of(contracts, lines)
    return RenewalsSeen(Succession.of((*noted, *links), unclear), links, appeared)


def next_line(
    succession: Succession, contracts: Mapping[str, Contract], contract: Contract, line: Line
) -> NextLine | None:
    """Where a line goes on; None while its contract was not renewed, or the new contract is not read yet."""
    later = contracts.get(contract.successor_id) if contract.successor_id is not None else None
    if later is None:
        return None
    after = succession.line_after.get(line.id)
    unclear = any(line.id in candidates for candidates in succession.unclear.values())
    return None if unclear else NextLine(later.id, later.name, later.start, after)


def known_before(
    succession: Succession,
    known: Mapping[str, KnownUnits],
    rows: Mapping[str, tuple[UnitRow, ...]],
    contract: Contract,
    line: Line,
) -> KnownUnits | None:
    """What is agreed with on a line: its own, else what follows from the newest earlier line that has something."""
    if line.id in known:
        return known[line.id]
    for earlier in succession.lines_before(line.id):
        if earlier in known:
            return known_from(known[earlier], rows.get(earlier, ()), rows.get(line.id, ()), contract.start)
    return None


def unclear_before(succession: Succession, rules: tuple[Rule, ...], line: Line, rule: Rule) -> tuple[str, ...]:
    """Earlier lines that this one may go on for, where one of them has a rule of its own and this one has none."""
    candidates = succession.unclear.get(line.id, ())
    own = rule.level is RuleLevel.LINE and rule.target == line.id
    targets = {one.target for one in rules if one.level is RuleLevel.LINE}
    return candidates if not own and targets & set(candidates) else ()
