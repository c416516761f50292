"""A plan as a person reads it: what waits, what changes, what is right, what it is worth; grouped by customer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from trueup.cli.rendering.money import Total, total_plain, totals
from trueup.cli.rendering.plain import Plain, plan_plain
from trueup.cli.rendering.tables import paragraph
from trueup.core.naming import plain
from trueup.core.outcome import EntryKind, Outcome, OutcomeStatus, Plan
from trueup.messages.sentences import Sentences, harmless

WAITING = (OutcomeStatus.HELD, OutcomeStatus.DRIFT, OutcomeStatus.UNMAPPED)
_GAP = 2
_NARROWEST_NAME = 16
_NARROWEST_WHY = 36
_SHOWN_BY_FIGURES = frozenset({"change.increase", "change.decrease"})
_STYLES = {OutcomeStatus.CHANGE: "", OutcomeStatus.SCHEDULED: "dim", OutcomeStatus.NONE: "dim"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: its name, its five figures, and why."""

    customer: str
    name: str
    figures: tuple[str, str, str, str, str]
    why: tuple[str, ...]
    style: str


def waiting(plan: Plan) -> tuple[Outcome, ...]:
    """Outcomes that wait for a person."""
    return tuple(outcome for outcome in plan.outcomes if outcome.status in WAITING)


def changing(plan: Plan) -> tuple[Outcome, ...]:
    """Outcomes that would be written once approved."""
    return tuple(outcome for outcome in plan.outcomes if outcome.status is OutcomeStatus.CHANGE)


def usage_of(outcome: Outcome, said: Sentences) -> str:
    """The numbers that the change follows and how they moved, `desktop 8, laptop 5 (+2)`; empty where the plan looked
    at none."""
    numbers: dict[str, str] = {}
    for step in outcome.steps:
        value, change = step.get("value"), step.get("change")
        if step.code == "step.metric" and isinstance(value, Decimal):
            moved = f" ({said.signed(change)})" if isinstance(change, Decimal) else ""
            numbers[str(step.get("name"))] = f"{said.number(value)}{moved}"
    shown = ", ".join(f"{harmless(name.rpartition('.')[2])} {number}" for name, number in numbers.items())
    return said.text("cli.plan.usage", numbers=shown) if shown else ""


def in_currency(plan: Plan, currency: str | None) -> Plan:
    """The plan with the tenant's currency on outcomes whose contract names none."""
    outcomes = (
        outcome if outcome.currency or not currency else replace(outcome, currency=currency)
        for outcome in plan.outcomes
    )
    return replace(plan, outcomes=tuple(outcomes))


def row_of(outcome: Outcome, plan: str, said: Sentences) -> Row:
    """The row of one outcome."""
    moved = outcome.before is not None and outcome.after is not None and bool(outcome.adjustments)
    change = (outcome.after or 0) - (outcome.before or 0) if moved else None
    name = harmless(outcome.service_name or outcome.line_id)
    if outcome.kind is not EntryKind.LINE:
        name = said.text(f"cli.plan.{outcome.kind.value}", name=name)
    why = tuple(
        said.say(reason, outcome.currency) for reason in outcome.reasons if reason.code not in _SHOWN_BY_FIGURES
    )
    usage = usage_of(outcome, said)
    if usage and outcome.status in (OutcomeStatus.CHANGE, *WAITING):
        why = (usage, *why) if outcome.status is OutcomeStatus.CHANGE else (*why, usage)
    if outcome.status in WAITING and outcome.releasable:
        options = " ".join(f"--release {rail}" for rail in outcome.releasable)
        why = (*why, said.text("cli.plan.releasable", plan=plan, line=outcome.line_id, options=options))
    elif outcome.status in WAITING:
        why = (*why, *_cures(outcome, said))
    if outcome.kind is EntryKind.UNIT_COST:
        before = outcome.cost.before if outcome.cost else None
        now = said.price(before, outcome.currency) if before is not None else "-"
        new = said.price(outcome.cost.after, outcome.currency) if outcome.cost else "-"
        style = _STYLES.get(outcome.status, "yellow")
        return Row(said.text("cli.plan.catalogue"), name, (now, new, "-", "-", "-"), why, style)
    return Row(
        harmless(outcome.customer_name or outcome.customer_id),
        name,
        (
            said.number(outcome.before) if outcome.before is not None else "-",
            said.number(outcome.after) if outcome.after is not None else "-",
            said.signed(change) if change is not None else "-",
            said.day(outcome.effective) if outcome.effective is not None and moved else "-",
            said.signed_money(outcome.recurring, outcome.currency) if moved and outcome.recurring is not None else "-",
        ),
        why,
        _STYLES.get(outcome.status, "yellow"),
    )


def _cures(outcome: Outcome, said: Sentences) -> tuple[str, ...]:
    cures = (said.cure(reason, outcome.currency) for reason in outcome.reasons[:1])
    return tuple(cure for cure in cures if cure)


def _billed(outcomes: Iterable[Outcome]) -> Iterable[Outcome]:
    """Those that change what somebody is billed: a unit cost never does."""
    return (one for one in outcomes if one.kind is not EntryKind.UNIT_COST)


class Layout:
    """Column widths for all rows of one plan, so that its parts stand under each other."""

    def __init__(self, rows: Iterable[Row], width: int, said: Sentences) -> None:
        found = list(rows)
        self._titles = tuple(said.text(f"cli.plan.{name}") for name in ("now", "new", "change", "from", "monthly"))
        self._figures = [
            max(cell_len(text) for text in (title, *(row.figures[place] for row in found)))
            for place, title in enumerate(self._titles)
        ]
        self._name_title = said.text("cli.plan.customer_service")
        rest = width - 2 - sum(size + _GAP for size in self._figures)
        longest = max((cell_len(row.name) for row in found), default=0)
        self._name = max(min(max(longest, cell_len(self._name_title) - 2), rest), _NARROWEST_NAME)
        self._why = rest - self._name - _GAP
        self._beside = self._why >= _NARROWEST_WHY

    def head(self) -> Text:
        """The titles of the columns."""
        name = set_cell_size(self._name_title, self._name + 2)
        return Text(name + self._right(self._titles), style="dim")

    def _right(self, texts: Iterable[str]) -> str:
        return "".join(
            " " * (_GAP + size - cell_len(text)) + text for text, size in zip(texts, self._figures, strict=True)
        )

    def write(self, console: Console, row: Row) -> None:
        """One row: the figures, and why beside them or below."""
        name = row.name if cell_len(row.name) <= self._name else set_cell_size(row.name, self._name - 1) + "\u2026"
        text = Text(f"  {set_cell_size(name, self._name)}{self._right(row.figures)}", style=row.style)
        beside = self._beside and bool(row.why) and cell_len(row.why[0]) <= self._why
        left = cell_len(text.plain) + _GAP if beside else 6
        if beside:
            text.append(" " * _GAP + row.why[0], style="dim")
        console.print(text, soft_wrap=True)
        for why in row.why[1:] if beside else row.why:
            paragraph(console, why, left, "dim")


def _by_customer(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    ordered = sorted(rows, key=lambda row: (plain(row.customer), row.customer, plain(row.name)))
    for customer, group in groupby(ordered, key=lambda row: row.customer):
        yield customer, list(group)


def _write_part(console: Console, title: str, rows: list[Row], layout: Layout) -> None:
    console.print()
    console.print(Text(title, style="bold"))
    if not rows:
        return
    console.print(layout.head(), soft_wrap=True)
    for customer, group in _by_customer(rows):
        console.print(Text(f"{customer} ({len(group)})", style="bold"))
        for place, row in enumerate(group):
            told = place and row.why == group[place - 1].why
            layout.write(console, replace(row, why=()) if told else row)


def _write_totals(console: Console, found: Iterable[Total], key: str, said: Sentences) -> None:
    for total in found:
        monthly = said.signed_money(total.monthly, total.currency)
        now = said.signed_money(total.now, total.currency)
        paragraph(console, said.text(key, monthly=monthly, now=now, lines=total.lines))
        if total.unpriced:
            paragraph(console, said.text("cli.plan.unpriced", lines=total.unpriced), style="dim")


def write_plan(console: Console, plan: Plan, said: Sentences, *, everything: bool = False) -> None:
    """The whole plan as text."""
    parts = {
        "waits": waiting(plan),
        "changes": changing(plan),
        "later": tuple(one for one in plan.outcomes if one.status is OutcomeStatus.SCHEDULED),
        "right": tuple(one for one in plan.outcomes if one.status is OutcomeStatus.NONE),
    }
    rows = {name: [row_of(outcome, plan.id, said) for outcome in found] for name, found in parts.items()}
    layout = Layout([row for name in rows if name != "right" or everything for row in rows[name]], console.width, said)
    paragraph(console, said.text("cli.plan.title", plan=plan.id, day=plan.as_of), style="bold")
    for name, found in rows.items():
        if found or name == "right":
            shown = found if name != "right" or everything else []
            _write_part(console, said.text(f"cli.plan.{name}", lines=len(found)), shown, layout)
    console.print()
    _write_totals(console, totals(_billed(parts["changes"])), "cli.plan.total", said)
    _write_totals(console, totals(one for one in parts["waits"] if one.adjustments), "cli.plan.total_waiting", said)
    for note in plan.notes:
        paragraph(console, f"- {said.say(note)}")
        cure = said.cure(note)
        if cure:
            paragraph(console, cure, 2, "dim")


def plan_document(plan: Plan, said: Sentences) -> dict[str, Plain]:
    """The whole plan as JSON."""
    worth = [
        *(total_plain(total, "change") for total in totals(_billed(changing(plan)))),
        *(total_plain(total, "waiting") for total in totals(one for one in waiting(plan) if one.adjustments)),
    ]
    return plan_plain(plan, worth, said)
