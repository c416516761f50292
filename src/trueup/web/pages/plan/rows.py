"""Rows of the plan's table: what is said of a line, and the rows as a page has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from html import escape as _escape
from typing import Final, NamedTuple

from markupsafe import Markup

from trueup.app.plans.browsing import PlanGroup, PlanQuestion
from trueup.app.plans.deeds import PlanLine
from trueup.core.reason import Reason
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.messages.sentences import Sentences
from trueup.store.plan_projection import Part
from trueup.store.plan_rows import PlanRow

TOLD_BY_MARKS: Final = frozenset({"note.adoption", "note.second_approval"})
TOLD_BY_FIGURES: Final = frozenset({"change.increase", "change.decrease"})
_TOLD: Final = TOLD_BY_MARKS | TOLD_BY_FIGURES
_NOTHING: Final = "\N{EN DASH}"
_NONE: Final = f'<td class="n none">{_NOTHING}</td>'
_SIDES: Final = ("before", "after")
_FIGURES: Final = ("before", "after", "change", "day", "amount")
_WRITTEN: Final[Mapping[str, str]] = {"done": "mark good", "refused": "mark bad", "conflict": "mark bad"}


class Mark(NamedTuple):
    """A few words about a line, and the classes of its look."""

    look: str
    text: str


_KEPT: Final = 8192
escape = lru_cache(maxsize=_KEPT)(_escape)  # a page has the same names and figures over and over


def short(said: Sentences, code: str) -> str:
    """A reason in a few words, for choices and headings."""
    key = f"page.plan.short.{code}"
    return said.text(key) if said.knows(key) else said.text("page.plan.other_reason", code=code)


def why(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """The reasons that a row tells in words; what its figures and marks say already is left out."""
    return tuple(one for one in reasons if one.code not in _TOLD)


def marks_of(line: PlanLine, said: Sentences, settings: TenantSettings) -> tuple[Mark, ...]:
    """What was said and done about a line."""
    row, found = line.row, []
    if line.written:
        found.append(Mark(_WRITTEN.get(line.written, "mark warn"), said.word("line_state", line.written)))
    elif line.approved_by:
        found.append(Mark("mark good", said.text("page.plan.approved_by", persons=", ".join(line.approved_by))))
    elif row.part is Part.WAITS:
        found.append(Mark("mark warn", said.word("status", row.status)))
    if len(line.approved_by) < 2 and line.needs_two:
        found.append(Mark("mark warn", said.text("page.plan.needs_two")))
    if row.first_time and row.moves:
        found.append(Mark("mark", said.text("page.plan.first_time")))
    if row.mode == Mode.READ_ONLY and settings.mode is not Mode.READ_ONLY:
        found.append(Mark("mark", said.word("mode", row.mode)))
    return tuple(found)


class TableBody:
    """Writes the rows of one page of a plan, whose addresses begin with `base`. With `choosing` lines that can be
    approved have a box to tick; `of_customer` gives the address of a customer's lines.

    It writes HTML itself: a template takes three times as long for fifty rows, and they are half of the page. Whatever
    it puts between its own tags goes through `escape`.
    """

    def __init__(
        self,
        said: Sentences,
        settings: TenantSettings,
        asked: PlanQuestion,
        base: str,
        of_customer: Callable[[str], str],
        *,
        choosing: bool,
    ) -> None:
        self._said = said
        self._settings = settings
        self._asked = asked
        self._base = escape(base)
        self._of_customer = of_customer
        self._choosing = choosing
        self._columns = 8 if choosing else 7
        self._told: dict[tuple[int, str | None], str] = {}
        self._costs: dict[int, Reason | None] = {}
        self._marked: dict[tuple[object, ...], str] = {}
        self._label = {name: escape(said.text(f"page.plan.column.{name}")) for name in _FIGURES}

    def written(self, groups: Sequence[PlanGroup]) -> Markup:
        """The groups of a page, each a `tbody`; a heading stands before each part of the plan."""
        parts: list[str] = []
        part: Part | None = None
        for group in groups:
            parts.append("<tbody>\n")
            if group.part is not part:
                part = group.part
                parts.append(self._heading("heading", escape(self._said.text(f"page.plan.part.{part.value}"))))
            if group.name or self._is_catalogue(group):
                parts.append(self._heading("group", self._name(group)))
            parts += map(self._row, group.rows)
            parts.append("</tbody>\n")
        return Markup("".join(parts))  # noqa: S704 - every part of it was escaped here

    def _heading(self, look: str, inner: str) -> str:
        return f'<tr class="{look}"><th scope="rowgroup" colspan="{self._columns}">{inner}</th></tr>\n'

    def _is_catalogue(self, group: PlanGroup) -> bool:
        """Whether its rows are of no customer: entries of the catalogue."""
        return self._asked.group == "customer" and not self._asked.sort and not group.key

    def _name(self, group: PlanGroup) -> str:
        name = escape(group.name)
        if self._asked.group == "reason":
            name = escape(" + ".join(short(self._said, code) for code in group.name.split()))
        elif self._is_catalogue(group):
            name = escape(self._said.text("page.plan.catalogue"))
        elif self._asked.group == "customer":
            name = f'<a href="{escape(self._of_customer(group.key))}">{name}</a>'
        lines = "" if group.lines is None else _number(self._said, group.lines)
        return f'{name} <span class="quiet">{lines}</span>'

    def _row(self, line: PlanLine) -> str:
        row, asked = line.row, self._asked
        by_service = asked.group == "service" and not asked.sort
        name = escape(row.customer_name if by_service else row.service_name)
        under = ""
        if asked.sort or asked.group == "reason":
            under = f'<span class="small quiet">{escape(row.customer_name)}</span>'
        address = f"{self._base}/line/{escape(row.line_id)}"
        currency = row.currency or self._settings.currency
        return (
            f'<tr data-plan-row class="{row.status}">{self._box(line) if self._choosing else ""}'
            f'<td class="who"><a href="{address}" hx-get="{address}" hx-target="#panel" data-open>{name}</a>'
            f"{under}</td>"
            f"{self._figures(row, currency)}"
            f'<td class="why">{self._marks(line)}{self._why(row.why, currency)}</td></tr>\n'
        )

    def _why(self, reasons: tuple[Reason, ...], currency: str | None) -> str:
        # the store gives the same tuple to all rows whose reasons are written alike: they are put into words once
        place = id(reasons), currency
        if place not in self._told:
            told = [self._said.say(one, currency) for one in reasons if one.code not in _TOLD]
            self._told[place] = "".join([f"<span>{escape(text)}</span>" for text in told])
        return self._told[place]

    def _marks(self, line: PlanLine) -> str:
        row = line.row
        place = (*line[1:], id(row.why), row.part, row.status, row.first_time, row.moves, row.mode)  # all they tell of
        if place not in self._marked:
            marks = marks_of(line, self._said, self._settings)
            self._marked[place] = "".join([f'<span class="{one.look}">{escape(one.text)}</span>' for one in marks])
        return self._marked[place]

    def _box(self, line: PlanLine) -> str:
        row = line.row
        if row.part is not Part.CHANGES or row.mode == Mode.READ_ONLY or line.approved_by:
            return '<td class="pick"></td>'
        said = _choose(self._said, row.service_name, row.customer_name)
        box = f'<input type="checkbox" name="line" value="{escape(row.line_id)}" aria-label="{said}">'
        return f'<td class="pick">{box}</td>'

    def _cost(self, row: PlanRow) -> Reason | None:
        place = id(row.why)
        if place not in self._costs:
            self._costs[place] = row.cost
        return self._costs[place]

    def _price(self, cost: Reason, side: str) -> str:
        price, currency = cost.get(side), cost.get("currency")
        if not isinstance(price, Decimal):
            return _NOTHING
        return escape(self._said.price(price, None if currency is None else str(currency)))

    def _figures(self, row: PlanRow, currency: str | None) -> str:
        said, label = self._said, self._label
        cost = self._cost(row)
        if cost is not None:
            sides = [f'<td class="n" data-label="{label[side]}">{self._price(cost, side)}</td>' for side in _SIDES]
            return "".join(sides) + _NONE * 3
        before = _NOTHING if row.before is None else _number(said, row.before)
        first = f'<td class="n" data-label="{label["before"]}">{before}</td>'
        if not row.moves:
            return first + _NONE * 4
        after = _NOTHING if row.after is None else _number(said, row.after)
        day = _NOTHING if row.day is None else _day(said, row.day)
        amount = _NOTHING if row.monthly is None else _signed_money(said, row.monthly, currency)
        return (
            f"{first}"
            f'<td class="n" data-label="{label["after"]}">{after}</td>'
            f'<td class="n strong" data-label="{label["change"]}">{_signed(said, row.change or 0)}</td>'
            f'<td class="n" data-label="{label["day"]}">{day}</td>'
            f'<td class="n" data-label="{label["amount"]}">{amount}</td>'
        )


# Figures as they stand in a cell: pages have the same few hundred over and over, and they depend on nothing else.


@lru_cache(maxsize=_KEPT)
def _number(said: Sentences, value: int) -> str:
    return escape(said.number(value))


@lru_cache(maxsize=_KEPT)
def _signed(said: Sentences, value: int) -> str:
    return escape(said.signed(value))


@lru_cache(maxsize=_KEPT)
def _day(said: Sentences, day: date) -> str:
    return escape(said.day(day))


@lru_cache(maxsize=_KEPT)
def _signed_money(said: Sentences, amount: Decimal, currency: str | None) -> str:
    return escape(said.signed_money(amount, currency))


@lru_cache(maxsize=_KEPT)
def _choose(said: Sentences, service: str, customer: str) -> str:
    return escape(said.text("page.plan.choose_line", service=service, customer=customer))
