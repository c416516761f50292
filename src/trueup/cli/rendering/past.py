"""A past day, and how a line's units came to be, as a person reads them and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from rich.console import Console
from rich.text import Text

from trueup.app.history.line_history import LineChange, LineHistory
from trueup.app.history.past_day import PastDay
from trueup.app.history.pruning import Pruned
from trueup.cli.rendering.plain import Plain, reason_plain, value_plain
from trueup.cli.rendering.rules import rule_plain
from trueup.cli.rendering.tables import paragraph
from trueup.messages.rule_sentence import sentence_of
from trueup.messages.sentences import Sentences, harmless

SHOWN = 40
"""So many of each kind are named; `--json` has all."""


def _figure(value: Decimal | int | None, said: Sentences) -> str:
    return said.text("cli.history.not_known") if value is None else said.number(value)


def _section(console: Console, title: str, lines: Iterable[str], said: Sentences) -> None:
    every = list(lines)
    console.print(Text(title, style="bold"))
    for line in every[:SHOWN]:
        paragraph(console, line, 4)
    if len(every) > SHOWN:
        paragraph(console, said.text("cli.more", count=len(every) - SHOWN), 4)


def write_line(console: Console, found: LineHistory, said: Sentences) -> None:
    """From the units of one day to those of another, by name and date."""
    title = f"{harmless(found.customer_name)} - {harmless(found.service_name)} ({harmless(found.contract_name)})"
    console.print(Text(title, style="bold"))
    days = {"first": found.first, "last": found.last}
    then, now = _figure(found.units_then, said), _figure(found.units_now, said)
    paragraph(console, said.text("history.units", then=then, now=now, **days))
    counted_then, counted_now = _figure(found.count_then, said), _figure(found.count_now, said)
    paragraph(console, said.text("history.counts", then=counted_then, now=counted_now, **days))
    for key, moved in (("cli.history.came", found.came), ("cli.history.left", found.left)):
        if moved:
            title = said.text(key, count=len(moved))
            _section(console, title, (_dated(one, said) for one in moved), said)
    others = [one for one in found.changes if one.kind != "item"]
    passing = [one for one in found.changes if one.kind == "item"]
    if others:
        _section(console, said.text("cli.history.else"), (_dated(one, said) for one in others), said)
    if len(passing) > len(found.came) + len(found.left):
        _section(console, said.text("cli.history.each"), (_dated(one, said) for one in passing), said)
    if not found.changes:
        paragraph(console, said.text("history.unchanged"))


def _dated(one: LineChange, said: Sentences) -> str:
    return f"{said.day(one.day)}  {said.say(one.reason)}"


def _change_plain(one: LineChange, said: Sentences) -> Plain:
    return {
        "day": one.day.isoformat(),
        "kind": one.kind,
        "reason": reason_plain(one.reason, said),
        "evidence": one.evidence or None,
    }


def line_plain(found: LineHistory, said: Sentences) -> dict[str, Plain]:
    """The same as JSON."""
    return {
        "line": found.line_id,
        "customer": found.customer_id,
        "customer_name": found.customer_name,
        "service_name": found.service_name,
        "contract_name": found.contract_name,
        "first": found.first.isoformat(),
        "last": found.last.isoformat(),
        "units_then": found.units_then,
        "units_now": found.units_now,
        "count_then": value_plain(found.count_then),
        "count_now": value_plain(found.count_now),
        "counts": [
            {"first": one.first.isoformat(), "last": one.last.isoformat(), "value": value_plain(one.value)}
            for one in found.counts
        ],
        "units": [
            {"first": one.first.isoformat(), "last": one.last.isoformat(), "units": one.units} for one in found.units
        ],
        "changes": [_change_plain(one, said) for one in found.changes],
        "came": [_change_plain(one, said) for one in found.came],
        "left": [_change_plain(one, said) for one in found.left],
    }


def write_past_day(console: Console, found: PastDay, said: Sentences) -> None:
    """What was in force on a day."""
    console.print(Text(said.text("history.day", day=found.day), style="bold"))
    if found.plan is None:
        paragraph(console, said.text("history.no_plan"))
    else:
        plan, state = found.plan, said.word("plan_state", found.plan.state)
        told = said.text("history.plan", plan=plan.plan_id, day=plan.as_of, lines=plan.lines, state=state)
        paragraph(console, told)
    rules = (f"{one.id}: {sentence_of(one, said)}" for one in found.rules)
    _section(console, said.text("cli.history.rules", count=len(found.rules)), rules, said)
    mapped = (
        said.text(
            "history.belonged", organization=one.organization, connection=one.connection, customer=one.customer_name
        )
        for one in found.mappings
    )
    _section(console, said.text("cli.history.mappings", count=len(found.mappings)), mapped, said)
    units = (
        f"{harmless(one.customer_name)} - {harmless(one.service_name)}: {said.number(one.units)}" for one in found.units
    )
    _section(console, said.text("cli.history.units", count=len(found.units)), units, said)
    readings = (
        f"{harmless(one.organization)} - {one.metric}: {said.number(one.value)}"
        f" ({said.word('coverage', one.coverage.value)})"
        for one in found.readings
    )
    _section(console, said.text("cli.history.readings", count=len(found.readings)), readings, said)


def past_day_plain(found: PastDay, said: Sentences) -> dict[str, Plain]:
    """The same as JSON, whole."""
    plan = found.plan
    return {
        "day": found.day.isoformat(),
        "plan": None
        if plan is None
        else {"plan": plan.plan_id, "as_of": plan.as_of.isoformat(), "state": plan.state, "lines": plan.lines},
        "rules": [rule_plain(one, said) for one in found.rules],
        "groups": [one.name for one in found.groups],
        "metrics": [{"key": one.key, "expression": one.expression, "version": one.version} for one in found.metrics],
        "mappings": [
            {
                "connection": one.connection,
                "organization": one.organization,
                "customer": one.customer_id,
                "customer_name": one.customer_name,
                "items": one.item_filter,
                "decided_by": one.decided_by,
            }
            for one in found.mappings
        ],
        "units": [
            {
                "line": one.line_id,
                "customer": one.customer_id,
                "customer_name": one.customer_name,
                "service_name": one.service_name,
                "units": one.units,
            }
            for one in found.units
        ],
        "readings": [
            {
                "connection": one.connection,
                "metric": one.metric,
                "organization": one.organization,
                "value": value_plain(one.value),
                "coverage": one.coverage.value,
            }
            for one in found.readings
        ],
    }


def pruned_plain(one: Pruned) -> dict[str, Plain]:
    """How long a kind is kept, and how many records went or would go."""
    oldest = None if one.oldest is None else one.oldest.isoformat()
    return {"kind": one.kind.value, "months": one.months, "oldest": oldest, "records": one.records}


def write_pruned(console: Console, found: Iterable[Pruned], said: Sentences, *, gone: bool) -> None:
    """A line each kind."""
    for one in found:
        if one.months is None or one.oldest is None:
            paragraph(console, said.text("history.kept_always", kind=one.kind.value))
            continue
        code = "history.kept_gone" if gone else "history.kept_for"
        numbers = {"months": one.months, "records": one.records}
        paragraph(console, said.text(code, kind=one.kind.value, oldest=one.oldest, **numbers))
