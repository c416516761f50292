"""Billing types, metrics, and what an expression comes to."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from trueup.app.counting.metrics import Defined, MetricsListed
from trueup.app.counting.trying import TriedExpression, TriedValue
from trueup.cli.rendering.plain import Plain, reason_plain, value_plain
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.messages.sentences import Sentences
from trueup.store.metrics import DefinedMetric


def write_metrics(console: Console, listed: MetricsListed, said: Sentences) -> None:
    """Two tables: what modules count, and what a person defined."""
    titles = [said.text(f"cli.metrics.{name}") for name in ("name", "label", "kind", "total")]
    rows = [
        (
            one.type.key,
            one.type.label,
            said.word("kind", one.type.kind.value),
            said.number(one.total) if one.total is not None else "-",
        )
        for one in listed.types
    ]
    write_table(console, titles, rows, right=(3,))
    console.print()
    if not listed.metrics:
        paragraph(console, said.text("cli.metrics.none_defined"))
        return
    titles = [said.text(f"cli.metrics.{name}") for name in ("name", "expression", "kind", "total")]
    own = [
        (
            one.metric.key,
            _definition(one.metric, said),
            said.word("kind", one.metric.kind.value),
            said.number(one.total) if one.total is not None else "-",
        )
        for one in listed.metrics
    ]
    write_table(console, titles, own, right=(3,))


def _definition(metric: DefinedMetric, said: Sentences) -> str:
    if not metric.same_by:
        return metric.expression
    return f"{metric.expression}; {said.text('cli.metrics.same_by', attributes=', '.join(metric.same_by))}"


def metrics_plain(listed: MetricsListed) -> dict[str, Plain]:
    """The same as JSON."""
    return {
        "billing_types": [
            {
                "key": one.type.key,
                "label": one.type.label,
                "kind": one.type.kind.value,
                "unit": one.type.unit,
                "certainty": one.type.certainty.value,
                "total": value_plain(one.total),
                "coverage": one.coverage.value,
                "day": value_plain(one.day),
            }
            for one in listed.types
        ],
        "metrics": [
            {
                "key": one.metric.key,
                "expression": one.metric.expression,
                "kind": one.metric.kind.value,
                "over_items": one.over_items,
                "version": one.metric.version,
                "same_by": list(one.metric.same_by),
                "used_by": list(one.used_by),
                "total": value_plain(one.total),
                "day": value_plain(one.day),
            }
            for one in listed.metrics
        ],
    }


def write_defined(console: Console, defined: Defined, said: Sentences) -> None:
    """What was saved, and how many it counts now."""
    paragraph(console, said.text("cli.metrics.defined", key=defined.metric.key, version=defined.metric.version))
    for counted in defined.counted:
        told = said.text("cli.metrics.counted", connection=counted.connection, day=counted.day, total=counted.total)
        console.print(Text(told))


def _rows(values: Iterable[TriedValue], said: Sentences) -> list[tuple[str, str, str]]:
    return [
        (
            value.name,
            said.number(value.value) if value.value is not None else "-",
            said.say(value.problem) if value.problem else said.word("coverage", value.coverage.value),
        )
        for value in values
    ]


def write_tried(console: Console, tried: TriedExpression, said: Sentences, *, most: int) -> None:
    """By customer where some are mapped, else by organization; the largest first."""
    shown = tried.customers or tried.organizations
    key = "cli.metrics.by_customer" if tried.customers else "cli.metrics.by_organization"
    paragraph(console, said.text(key, day=tried.day, count=len(shown)), style="bold")
    titles = ["", said.text("cli.metrics.value"), ""]
    write_table(console, titles, _rows(shown[:most], said), right=(1,))
    if len(shown) > most:
        paragraph(console, said.text("cli.more", count=len(shown) - most))


def _value_plain(value: TriedValue, said: Sentences) -> Plain:
    return {
        "connection": value.connection,
        "key": value.key,
        "name": value.name,
        "customer": value.customer_id,
        "value": value_plain(value.value),
        "coverage": value.coverage.value,
        "metrics": {name: value_plain(number) for name, number in value.metrics},
        "problem": reason_plain(value.problem, said) if value.problem else None,
    }


def tried_plain(tried: TriedExpression, said: Sentences) -> dict[str, Plain]:
    """The same as JSON, all of it."""
    return {
        "expression": tried.expression,
        "over_items": tried.over_items,
        "day": tried.day.isoformat(),
        "organizations": [_value_plain(value, said) for value in tried.organizations],
        "customers": [_value_plain(value, said) for value in tried.customers],
    }
