"""Items that more than one line bills, as a finding: counted when a plan is made, listed by name, muted with a reason.

Nothing is held for them: several services on one device can be meant, and only a person knows (decision
0178-billed-twice)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from trueup.app.clock import usage_day
from trueup.app.connections.known_psa import PsaNames
from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.items.claims import Claims
from trueup.app.items.tracing import BillingLine
from trueup.app.workspace import Workspace
from trueup.core.contract import PsaSnapshot
from trueup.core.counting.billed_twice import BilledTwice, Billers, key_of
from trueup.core.dates.succession import Succession
from trueup.core.reason import Reason
from trueup.core.unbilled.muting import Mute

NAMED: Final = 20
"""How many lines and customers are named of what was found; of more it is said how many."""


@dataclass(frozen=True, slots=True)
class TwiceRow:
    """What was found of one list and the services over it. `mute` is what a person said, where it still holds."""

    found: BilledTwice
    mute: Mute | None = None


@dataclass(frozen=True, slots=True)
class TwiceReport:
    """What the newest plan found, the most items first. `plan` is that plan, None before any; `as_of` its usage
    day, None where it found nothing."""

    rows: tuple[TwiceRow, ...] = ()
    muted: tuple[TwiceRow, ...] = ()
    as_of: date | None = None
    plan: str | None = None

    @property
    def items(self) -> int:
        """How many items are billed twice, those of muted rows left out."""
        return sum(row.found.items for row in self.rows)

    @property
    def lines(self) -> int:
        """How many times a line is among those that bill them."""
        return sum(row.found.lines for row in self.rows)


@dataclass(frozen=True, slots=True)
class ItemTwice:
    """An item that more than one line bills, with those lines."""

    connection: str
    stream: str
    key: str
    name: str
    organization: str
    lines: tuple[BillingLine, ...]


@dataclass
class _Sum:
    items: int = 0
    lines: dict[str, None] = field(default_factory=dict)
    metrics: set[str] = field(default_factory=set)
    seen: dict[int, Billers] = field(default_factory=dict)

    def add(self, billers: Billers) -> None:
        self.items += 1
        if id(billers) not in self.seen:  # items that share their lines share one object
            self.seen[id(billers)] = billers
            self.metrics.update(billers.metrics)
            self.lines.update((line, None) for line, _ in billers.lines)


def count_twice(ws: Workspace, day: date, snapshot: PsaSnapshot, succession: Succession) -> tuple[BilledTwice, ...]:
    """What more than one line bills on a day, by the lines that were just read. One moment of the database."""
    sums: dict[tuple[str, str, tuple[str, ...]], _Sum] = defaultdict(_Sum)
    with ws.store.reading():
        claims = Claims(ws, day, (snapshot, succession))
        for (connection, stream), _, billers in claims.twice():
            sums[claims.kinds[connection], stream, billers.services].add(billers)
    if not sums:
        return ()
    services = {one.id: one.name for one in snapshot.services}
    holders = {one.id: one.name for one in snapshot.customers}
    contract_of = {line.id: line.contract_id for line in snapshot.lines}
    found: list[BilledTwice] = []
    for (module, stream, together), total in sums.items():
        customers = sorted(
            {
                holders.get(holder, holder)
                for holder in (claims.contracts[contract_of[line]].customer_id for line in total.lines)
            }
        )
        found.append(
            BilledTwice(
                module=module,
                stream=stream,
                services=together,
                service_names=tuple(services.get(one, one) for one in together),
                metrics=tuple(sorted(total.metrics)),
                items=total.items,
                lines=len(total.lines),
                customers=len(customers),
                line_ids=tuple(sorted(total.lines)[:NAMED]),
                customer_names=tuple(customers[:NAMED]),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.items, one.key)))


def _report(found: Iterable[tuple[date, BilledTwice]], mutes: Mapping[str, Mute], today: date) -> TwiceReport:
    rows: list[TwiceRow] = []
    muted: list[TwiceRow] = []
    as_of: date | None = None
    for day, one in found:
        as_of = day
        mute = mutes.get(one.key)
        if mute is not None and mute.covers(one, today):
            muted.append(TwiceRow(one, mute))
        else:
            rows.append(TwiceRow(one))
    return TwiceReport(tuple(rows), tuple(muted), as_of)


def twice_notes(ws: Workspace, found: Iterable[BilledTwice], day: date) -> tuple[Reason, ...]:
    """What a plan says of it; nothing where there is none, or all of it is muted. A step of its own."""
    today = usage_day(ws.now(), ws.store.settings.get())
    report = _report(((day, one) for one in found), ws.store.mutes.in_force(), today)
    return (Reason.of("plan.billed_twice", items=report.items, lines=report.lines),) if report.rows else ()


def _known(ws: Workspace) -> TwiceReport:
    with ws.store.reading():
        today = usage_day(ws.now(), ws.store.settings.get())
        report = _report(ws.store.billed_twice.newest(), ws.store.mutes.in_force(), today)
        plans = ws.store.plans.list(limit=1)
        return replace(report, plan=plans[0].plan.id if plans else None)


async def twice(ws: Workspace) -> TwiceReport:
    """What the newest plan found to be billed by more than one line, with what persons said of it. Reads the store
    only, and no items."""
    return await ws.step(_known, ws)


def _items(ws: Workspace, key: str) -> tuple[ItemTwice, ...]:
    with ws.store.reading():
        kept = {one.key: (day, one) for day, one in ws.store.billed_twice.newest()}
        if key and key not in kept:
            raise failed("unbilled.unknown_twice", key=key)
        if not kept:
            return ()
        day = next(iter(kept.values()))[0]
        claims, names = Claims(ws, day), PsaNames(ws)
        places = {
            (one.connection, one.organization.key): one.organization.name for one in ws.store.usage.organizations()
        }
        lines: dict[int, tuple[Billers, tuple[BillingLine, ...]]] = {}
        found: list[ItemTwice] = []
        for (connection, stream), item, billers in claims.twice():
            if key and key_of(claims.kinds[connection], stream, billers.services) != key:
                continue
            if id(billers) not in lines:
                lines[id(billers)] = billers, tuple(_line(names, *one) for one in billers.lines)
            place = places.get((connection, item.organization), item.organization)
            name = item.name or item.key
            found.append(ItemTwice(connection, stream, item.key, name, place, lines[id(billers)][1]))
    return tuple(sorted(found, key=lambda one: (one.organization, one.name, one.connection, one.stream, one.key)))


def _line(names: PsaNames, line_id: str, metrics: tuple[str, ...]) -> BillingLine:
    line = names.lines[line_id]
    contract = names.contracts[line.contract_id]
    return BillingLine(
        line_id,
        names.customer(contract.customer_id),
        contract.name,
        line.service_id,
        names.service(line.service_id),
        metrics,
    )


async def items_twice(ws: Workspace, key: str = "") -> tuple[ItemTwice, ...]:
    """The items behind a row, or all, by organization and name: as they were on the day of the newest plan, with what
    rules and customers say now. Raises UseCaseError `unbilled.unknown_twice`."""
    return await ws.step(_items, ws, key)


def _save(ws: Workspace, row: TwiceRow, mute: Mute) -> None:
    with ws.store.writing():
        ws.store.mutes.save(mute, now=ws.now())
        detail = Reason.of(
            "audit.twice_muted",
            key=mute.key,
            services=", ".join(row.found.service_names),
            lines=row.found.lines,
            until=mute.until,
            reason=mute.reason,
        )
        ws.store.audit.add(ws.actor, "twice.muted", detail, now=ws.now())


async def mute_twice(ws: Workspace, key: str, reason: str, until: date | None = None) -> TwiceRow:
    """Let a row be silent until a day, as long as no further line joins it. Raises UseCaseError
    `unbilled.reason_needed` (exit 2), `unbilled.past_day` (exit 2), `unbilled.unknown_twice`."""
    if not reason.strip():
        raise UseCaseError(Reason.of("unbilled.reason_needed"), Exit.USAGE)
    today = usage_day(ws.now(), await ws.step(ws.store.settings.get))
    if until is not None and until < today:
        raise UseCaseError(Reason.of("unbilled.past_day", day=until, today=today), Exit.USAGE)
    report = await twice(ws)
    for row in (*report.rows, *report.muted):
        if row.found.key == key:
            mute = Mute(key, row.found.quantity, reason.strip(), ws.actor, until)
            await ws.step(_save, ws, row, mute)
            return replace(row, mute=mute)
    raise failed("unbilled.unknown_twice", key=key)
