"""What the plan's pages show beside the use cases' own words: addresses, columns, the time bar of a line's units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import quote_plus

from trueup.app.plans.browsing import Choice, PlanQuestion
from trueup.app.plans.room import PlanRoom
from trueup.core.contract import UnitRow
from trueup.core.outcome import Adjustment
from trueup.core.roles import Role
from trueup.messages.sentences import Sentences
from trueup.store.plan_projection import Part
from trueup.store.plan_totals import PlanTotal
from trueup.web.asking import Here
from trueup.web.pages.addresses import with_query

_quoted = lru_cache(maxsize=8192)(quote_plus)

WIDTH: Final = 480
"""Width of the time bar in its own units."""


def room_of(here: Here) -> str:
    """The address of the room."""
    return f"/t/{here.tenant}/plan"


@dataclass(frozen=True, slots=True)
class Table:
    """Addresses of one table: of its tabs, its orders, its pages and its rows."""

    base: str
    asked: PlanQuestion

    def at(self, asked: PlanQuestion) -> str:
        """The address of a question."""
        return with_query(
            self.base,
            show=asked.show if asked.show != "todo" else None,
            group=asked.group if asked.group != "customer" else None,
            sort=asked.sort,
            falling=int(asked.falling),
            customer=asked.customer,
            service=asked.service,
            reason=asked.reason,
            q=asked.text,
            after=asked.after,
            month=f"{asked.month:%Y-%m}" if asked.month else None,
        )

    def show(self, what: str) -> str:
        """The same filters over another part."""
        return self.at(replace(self.asked, show=what, after=""))  # type: ignore[arg-type]

    def sorted_by(self, what: str) -> str:
        """Ordered by a figure; the largest first, then the smallest, then by groups again."""
        if self.asked.sort != what:
            return self.at(replace(self.asked, sort=what, falling=True, after=""))  # type: ignore[arg-type]
        if self.asked.falling:
            return self.at(replace(self.asked, falling=False, after=""))
        return self.at(replace(self.asked, sort="", falling=False, after=""))

    def order(self, what: str) -> str:
        """The order as `aria-sort` says it."""
        if self.asked.sort != what:
            return "none"
        return "descending" if self.asked.falling else "ascending"

    def of_month(self, first: date) -> str:
        """The same lines; ready to post is said of another month."""
        return self.at(replace(self.asked, month=first))

    def following(self, after: str) -> str:
        """The next page."""
        return self.at(replace(self.asked, after=after))

    def first(self) -> Table:
        """The table of the first page, which has the same tabs, filters and columns."""
        return replace(self, asked=replace(self.asked, after="")) if self.asked.after else self

    def cleared(self) -> str:
        """Without filters."""
        return self.at(replace(self.asked, customer="", service="", reason="", text="", after=""))

    def of_customers(self) -> Callable[[str], str]:
        """Only one customer's lines, by the customer's id; all but the id is put together once."""
        rest = self.at(replace(self.asked, customer="", after=""))
        start = f"{rest}{'&' if '?' in rest else '?'}customer="
        return lambda customer: start + _quoted(customer)


@dataclass(frozen=True, slots=True)
class PartSum:
    """One part of the plan: lines, and what they would change, by currency."""

    part: Part
    lines: int
    sums: tuple[PlanTotal, ...]


def parts_of(totals: Sequence[PlanTotal]) -> dict[str, PartSum]:
    """The parts by their names on the page."""
    names = {"waits": Part.WAITS, "changes": Part.CHANGES, "later": Part.LATER, "right": Part.RIGHT}
    found: dict[str, PartSum] = {}
    for name, part in names.items():
        mine = tuple(total for total in totals if total.part is part)
        found[name] = PartSum(part, sum(total.lines for total in mine), tuple(one for one in mine if one.moving))
    return found


@lru_cache(maxsize=512)  # the same on all pages of a plan
def sums_told(said: Sentences, totals: tuple[PlanTotal, ...], currency: str | None) -> str:
    """What one part would change a month and now, by currency; `currency` is of lines whose contract names none."""
    told = []
    for one in totals:
        monthly, now = (said.signed_money(value, one.currency or currency) for value in (one.monthly, one.amount))
        texts = said.text("page.plan.sum.monthly", amount=monthly), said.text("page.plan.sum.now", amount=now)
        told.append(", ".join(texts))
    return " · ".join(told)


class Counts(NamedTuple):
    """Lines by tab."""

    todo: int
    waits: int
    changes: int
    later: int
    right: int
    all: int


def counts_of(parts: dict[str, PartSum]) -> Counts:
    """Lines by tab."""
    counts = {name: one.lines for name, one in parts.items()}
    return Counts(todo=counts["waits"] + counts["changes"], all=sum(counts.values()), **counts)


class Tabs(NamedTuple):
    """What the tabs of the table show."""

    table: Table
    counts: Counts


class Filters(NamedTuple):
    """What the form above the table shows: what can be filtered by, and is."""

    table: Table
    services: tuple[Choice, ...]
    reasons: tuple[Choice, ...]
    short: Callable[[Sentences, str], str]


class Columns(NamedTuple):
    """What the head of the table shows."""

    table: Table
    choosing: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of units on the time bar: where it begins and how wide it is, as parts of `WIDTH`."""

    start: date
    end: date
    units: int
    posted: bool
    x: int
    width: int
    height: int


def bars_of(rows: Sequence[UnitRow]) -> tuple[Bar, ...]:
    """The PSA's unit rows side by side in time, their heights by their units."""
    if not rows:
        return ()
    first, last = min(row.start for row in rows), max(row.end for row in rows)
    days = (last - first).days + 1
    most = max(row.units for row in rows) or 1
    found: list[Bar] = []
    for row in sorted(rows, key=lambda one: one.start):
        x = WIDTH * (row.start - first).days // days
        end = WIDTH * ((row.end - first).days + 1) // days
        height = 4 + 28 * max(row.units, 0) // most
        found.append(Bar(row.start, row.end, row.units, row.posted is not None, x, max(end - x - 1, 1), height))
    return tuple(found)


def today_on(bars: Sequence[Bar], adjustments: Sequence[Adjustment]) -> int | None:
    """Where the first change stands on the time bar; None where there is none, or it lies outside."""
    if not bars or not adjustments:
        return None
    first, last, day = bars[0].start, max(bar.end for bar in bars), adjustments[0].day
    return WIDTH * (day - first).days // ((last - first).days + 1) if first <= day <= last else None


def may_approve(here: Here) -> bool:
    """Whether the asker may approve, release, write and take back."""
    return here.role.includes(Role.APPROVER)


def may_plan(here: Here) -> bool:
    """Whether the asker may make plans and set rules."""
    return here.role.includes(Role.BILLING)


def approvable(found: PlanRoom) -> int:
    """How many lines an approval of the whole plan would add to the PSA."""
    return sum(one.writable for one in found.left if one.part is Part.CHANGES) if found.listing.head.is_open else 0
