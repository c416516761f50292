"""A plan as people read it: filtered, grouped, ordered, a page at a time, with what became of each line so far."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Final, Literal, NamedTuple

from trueup.app.errors import failed
from trueup.app.plans.deeds import PlanDeeds, PlanLine
from trueup.app.plans.heads import PlanHead
from trueup.core.naming import plain
from trueup.store.plan_projection import Part
from trueup.store.plan_rows import COUNTED, Cursor, RowFilter
from trueup.store.plan_totals import PlanLines, PlanTotal
from trueup.store.tenant_store import TenantStore

Show = Literal["todo", "waits", "changes", "later", "right", "all"]
Group = Literal["customer", "service", "reason"]
Sort = Literal["", "change", "day", "amount"]

SHOWN: Final[Mapping[str, tuple[Part, ...]]] = {
    "todo": (Part.WAITS, Part.CHANGES),
    "waits": (Part.WAITS,),
    "changes": (Part.CHANGES,),
    "later": (Part.LATER,),
    "right": (Part.RIGHT,),
    "all": tuple(Part),
}
NAMES_SOUGHT: Final = 500
RARE: Final = 500
"""Fewer lines of a service or a reason than this are sorted when they are asked for."""
PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """What of a plan is asked for. `reason` is one code of those that decide an outcome; `text` a part of a customer's
    or a service's name, or a line's id; `sort` orders all rows by a figure and leaves the groups away; `after` is a
    page's `following`; `month` a day of the month that is to be posted (None: the present one)."""

    show: Show = "todo"
    group: Group = "customer"
    sort: Sort = ""
    falling: bool = False
    customer: str = ""
    service: str = ""
    reason: str = ""
    text: str = ""
    after: str = ""
    month: date | None = None
    limit: int = PAGE

    @property
    def order(self) -> str:
        """The order of the rows."""
        return self.sort or self.group

    @property
    def narrowed(self) -> bool:
        """Whether it asks for less than whole parts of the plan."""
        return bool(self.customer or self.service or self.reason or self.text)


@dataclass(frozen=True, slots=True)
class PlanGroup:
    """Rows that stand together. `lines` is how many there are in all, also on other pages; None for a flat list."""

    part: Part
    key: str
    name: str
    lines: int | None
    rows: tuple[PlanLine, ...]


class Choice(NamedTuple):
    """A value to filter by, with how many lines of the shown parts it has."""

    key: str
    name: str
    lines: int


@dataclass(frozen=True, slots=True)
class PlanListing:
    """One page of a plan. `matching` is how many rows fit (None: more than `COUNTED`), `following` where the next page
    begins (None: this is the last one)."""

    head: PlanHead
    question: PlanQuestion
    totals: tuple[PlanTotal, ...]
    groups: tuple[PlanGroup, ...]
    matching: int | None
    following: str | None
    services: tuple[Choice, ...]
    reasons: tuple[Choice, ...]
    customer: str | None


def _token(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(json.dumps(cursor, ensure_ascii=False).encode()).decode().rstrip("=")


def _cursor(token: str, order: str) -> Cursor | None:
    if not token:
        return None
    lengths = {"customer": 5, "service": 5, "reason": 4}
    try:
        found = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError):
        found = None
    if (
        not isinstance(found, list)
        or len(found) != lengths.get(order, 3)
        or not all(isinstance(part, str | int) and not isinstance(part, bool) for part in found)
        or not isinstance(found[0], int)
        or not isinstance(found[-1], int)
        or any(isinstance(part, int) and abs(part) >= 2**63 for part in found)
    ):
        raise failed("plan.unknown_page")
    return tuple(found)


class _Wanted(NamedTuple):
    """The question as the rows are filtered by it, and lines by part and key of the customers, services or reasons
    (`by`) that it asks for, where it asks for nothing else: totals know them."""

    rows: RowFilter
    by: Group | None = None
    lines: Mapping[tuple[Part, str], int] = {}


def _wanted(
    store: TenantStore,
    plan_id: str,
    asked: PlanQuestion,
    customers: Sequence[PlanTotal],
    services: Sequence[PlanTotal],
    reasons: Sequence[PlanTotal],
) -> _Wanted:
    """The rows that are asked for; `customers` are totals of the one that is asked for, the others are of all."""
    names: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    lines: tuple[str, ...] | None = None
    known: dict[Group, Sequence[PlanTotal | PlanLines]] = {}
    text = plain(asked.text)
    if text:
        line = asked.text.strip()
        if store.plan_rows.has_line(plan_id, line):
            lines = (line,)
        else:
            of_customers, of_services = (
                store.plan_totals.named(plan_id, what, text, NAMES_SOUGHT) for what in ("customer", "service")
            )
            names = _keys(of_customers), _keys(of_services)
            if not of_services:
                known["customer"] = of_customers
    combined = {total.key for total in reasons if asked.reason in total.key.split()} if asked.reason else None
    if asked.customer:
        known["customer"] = customers
    if asked.service:
        known["service"] = [one for one in services if one.key == asked.service]
    if combined is not None:
        known["reason"] = [one for one in reasons if one.key in combined]
    parts = SHOWN[asked.show]  # of these only the ones that have such a line at all: totals know without a look
    for totals in known.values():
        parts = _holding(parts, totals)
    rare = (
        min((sum(one.lines for one in known[by]) for by in ("service", "reason") if by in known), default=RARE) < RARE
    )
    rows = RowFilter(
        parts,
        asked.customer or None,
        asked.service or None,
        None if combined is None else tuple(sorted(combined)),
        names,
        lines,
        rare=rare,
    )
    filters = (asked.customer, asked.service, asked.reason, text)
    if len(known) != 1 or sum(map(bool, filters)) > 1:
        return _Wanted(rows)
    [(by, totals)] = known.items()
    found: dict[tuple[Part, str], int] = {}
    for one in totals:
        found[one.part, one.key] = found.get((one.part, one.key), 0) + one.lines
    return _Wanted(rows, by, found)


def _counted(wanted: _Wanted) -> int:
    return sum(lines for (part, _), lines in wanted.lines.items() if part in wanted.rows.parts)


def _keys(found: Iterable[PlanLines]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.key for one in found))


def _holding(parts: tuple[Part, ...], totals: Iterable[PlanTotal | PlanLines]) -> tuple[Part, ...]:
    """The parts in which there are lines of these totals."""
    held = {total.part for total in totals}
    return tuple(part for part in parts if part in held)


def _choices(totals: Sequence[PlanTotal], parts: tuple[Part, ...], *, codes: bool = False) -> tuple[Choice, ...]:
    lines: dict[str, int] = {}
    names: dict[str, str] = {}
    for total in totals:
        if total.part in parts:
            for key in total.key.split() if codes else (total.key,):
                lines[key] = lines.get(key, 0) + total.lines
                names[key] = key if codes else total.name
    return tuple(Choice(key, names[key], count) for key, count in lines.items())


_part = attrgetter("row.part")
_customer, _customer_name = attrgetter("row.customer_id"), attrgetter("row.customer_name")
_service, _service_name = attrgetter("row.service_id"), attrgetter("row.service_name")
_reason = attrgetter("row.reason")


def _grouped(
    store: TenantStore, plan_id: str, asked: PlanQuestion, wanted: _Wanted, lines: Sequence[PlanLine]
) -> tuple[PlanGroup, ...]:
    by = asked.group
    key_of = {"customer": _customer, "service": _service, "reason": _reason}[by]
    name_of = {"customer": _customer_name, "service": _service_name, "reason": _reason}[by]
    if asked.sort:
        return tuple(PlanGroup(part, "", "", None, tuple(rows)) for part, rows in groupby(lines, key=_part))
    found: list[PlanGroup] = []
    for part, of_part in groupby(lines, key=_part):
        groups = [(key, tuple(rows)) for key, rows in groupby(of_part, key=key_of)]
        on_page = {key for key, _ in groups}
        if wanted.by == by:
            counts = {key: wanted.lines[part, key] for key in on_page}
        elif asked.narrowed:
            counts = store.plan_rows.groups(plan_id, wanted.rows, by, on_page, part)
        else:
            counts = store.plan_totals.lines_of(plan_id, by, on_page, part)
        found += [PlanGroup(part, key, name_of(rows[0]), counts.get(key), rows) for key, rows in groups]
    return tuple(found)


def listing_of(store: TenantStore, head: PlanHead, deeds: PlanDeeds, asked: PlanQuestion) -> PlanListing:
    """One page of a plan whose rows are at hand; a part of a step. Raises UseCaseError `plan.unknown_page`."""
    after = _cursor(asked.after, asked.order)
    plan_id, rows_of, totals_of = head.plan.id, store.plan_rows, store.plan_totals.of
    totals, services, reasons = (totals_of(plan_id, what) for what in ("plan", "service", "reason"))
    customers = totals_of(plan_id, "customer", (asked.customer,)) if asked.customer else ()
    parts, wanted = SHOWN[asked.show], _wanted(store, plan_id, asked, customers, services, reasons)
    if not head.newest:  # lines of old plans may be gone, of which totals still know
        wanted = _Wanted(wanted.rows)
    rows = rows_of.page(
        plan_id, wanted.rows, order=asked.order, falling=asked.falling, after=after, limit=asked.limit + 1
    )
    more = len(rows) > asked.limit
    rows = rows[: asked.limit]
    following = _token(rows_of.cursor(plan_id, rows[-1], asked.order)) if more else None
    if asked.narrowed:
        counted = _counted(wanted) if wanted.by else rows_of.count(plan_id, wanted.rows)
        matching = counted if counted <= COUNTED else None
    else:
        matching = sum(total.lines for total in totals if total.part in parts)
    return PlanListing(
        head=head,
        question=asked,
        totals=totals,
        groups=_grouped(store, plan_id, asked, wanted, deeds.lines(rows)),
        matching=matching,
        following=following,
        services=_choices(services, parts),
        reasons=_choices(reasons, parts, codes=True),
        customer=customers[0].name if customers else asked.customer or None,
    )
