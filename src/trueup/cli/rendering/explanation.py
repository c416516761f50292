"""One line as a chain: whose usage, which items, the rule's steps, the units, the money; each step with a number."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from trueup.app.plans.explaining import Explanation
from trueup.app.usage.evidence import OrganizationShown
from trueup.cli.rendering.catch_up import entry_plain, write_entry
from trueup.cli.rendering.plain import Plain, adjustment_plain, cost_plain, reason_plain, reasons_plain, value_plain
from trueup.cli.rendering.rules import rule_plain
from trueup.cli.rendering.tables import paragraph
from trueup.core.counting.evidence import Count, MetricShown
from trueup.core.outcome import EntryKind
from trueup.core.settings import TenantSettings
from trueup.messages.rule_sentence import sentence_of
from trueup.messages.sentences import Sentences, harmless

ITEMS_SHOWN = 20
_USAGE_STEPS = ("step.metric", "step.expression", "step.adjustment")

Step = tuple[str, list[str]]
"""A heading and the lines below it."""


def _organization(one: OrganizationShown, said: Sentences) -> str:
    text = f"{harmless(one.name)} ({one.connection} {harmless(one.key)})"
    if one.gone_since is not None:
        text = f"{text}: {said.text('cli.explain.gone', day=one.gone_since)}"
    elif one.failure is not None:
        text = f"{text}: {said.say(one.failure)}"
    if one.shares:
        text = f"{text}, {said.text('cli.explain.share', filter=' / '.join(map(harmless, one.shares)))}"
    return text


def _names(count: Count, said: Sentences, most: int | None) -> str:
    items = count.items or ()
    shown = items if most is None else items[:most]
    names = [harmless(item.name) for item in shown]
    if len(items) > len(shown):
        names.append(said.text("cli.more", count=len(items) - len(shown)))
    return ", ".join(names)


def _metric(metric: MetricShown, said: Sentences, most: int | None) -> Step:
    value = said.number(metric.value) if metric.value is not None else "-"
    coverage = said.word("coverage", metric.coverage.value)
    head = said.text("cli.explain.metric", name=metric.name, label=metric.label, value=value, coverage=coverage)
    lines: list[str] = []
    if metric.expression:
        lines.append(said.text("cli.explain.made_of", expression=metric.expression))
    if metric.condition:
        lines.append(said.text("cli.explain.condition", condition=metric.condition))
    for count in metric.counts:
        figure = said.number(count.value) if count.value is not None else "-"
        names = _names(count, said, most)
        lines.append(f"{harmless(count.name)}: {figure}" + (f" ({names})" if names else ""))
        if count.problem is not None:
            lines.append(said.say(count.problem))
    return head, lines


def _rule(found: Explanation, said: Sentences) -> Step:
    if found.rule is None:
        return said.text("cli.explain.no_rule"), []
    rule = found.rule
    head = said.text("cli.explain.rule", rule=rule.rule.id, version=rule.rule.version, person=rule.saved_by)
    lines = [sentence_of(rule.rule, said)]
    if rule.latest_version != rule.rule.version:
        lines.append(said.text("cli.explain.rule_changed"))
    return head, lines


def _units(found: Explanation, said: Sentences) -> Step:
    lines = [said.say(step, found.currency) for step in found.steps if step.code not in _USAGE_STEPS]
    if found.quantity:
        value = said.number(found.value) if found.value is not None else "-"
        lines.insert(0, f"{found.quantity} = {value}")
    if found.after is None:
        return said.text("cli.explain.no_units"), lines
    return said.text("cli.explain.units", before=found.before, after=found.after), lines


def _money(found: Explanation, said: Sentences) -> Step:
    money = [said.say(step, found.currency) for step in found.steps if step.code == "step.adjustment"]
    price = said.price(found.price, found.currency) if found.price is not None else said.text("word.unknown")
    head = said.text("cli.explain.money", price=price)
    if found.recurring is not None:
        money.append(said.text("cli.explain.monthly", monthly=said.signed_money(found.recurring, found.currency)))
    return head, money


def _psa(found: Explanation, said: Sentences) -> Step:
    lines = [
        said.text(
            "cli.explain.row_posted" if row.posted else "cli.explain.row", start=row.start, end=row.end, units=row.units
        )
        for row in found.psa.rows
    ]
    if found.psa.problem is not None:
        lines.append(said.say(found.psa.problem))
    if found.psa.moved:
        lines.append(said.text("cli.explain.moved"))
    return said.text("cli.explain.psa"), lines


def _cost(found: Explanation, said: Sentences) -> Step:
    cost = found.cost
    if cost is None:
        return said.text("cli.explain.no_cost"), []
    before = said.price(cost.before, cost.currency) if cost.before is not None else said.text("word.nothing")
    return said.text("cli.explain.cost", before=before, after=said.price(cost.after, cost.currency)), []


def _steps(found: Explanation, said: Sentences, most: int | None) -> Iterator[Step]:
    if found.kind is EntryKind.UNIT_COST:
        yield _cost(found, said)
        return
    yield _rule(found, said)
    organizations = [_organization(one, said) for one in found.organizations]
    yield said.text("cli.explain.organizations", count=len(organizations)), organizations
    for metric in found.metrics:
        yield _metric(metric, said, most)
    yield _units(found, said)
    yield _money(found, said)
    yield _psa(found, said)


def write_explanation(
    console: Console, found: Explanation, said: Sentences, settings: TenantSettings, *, most: int | None
) -> None:
    """The chain as text; `most` bounds the items that are named, None names all."""
    title = f"{harmless(found.customer_name)} - {harmless(found.service_name)} ({harmless(found.contract_name)})"
    if found.kind is EntryKind.UNIT_COST:
        title = f"{said.text('cli.plan.catalogue')} - {harmless(found.service_name)}"
    console.print(Text(title, style="bold"))
    state = said.word("status", found.status) if found.status else said.text("cli.explain.not_in_plan")
    day = found.source_day or found.as_of
    paragraph(console, said.text("cli.explain.state", line=found.line_id, plan=found.plan_id, state=state, day=day))
    for reason in found.reasons:
        paragraph(console, said.say(reason, found.currency), 4, "yellow")
        cure = said.cure(reason, found.currency)
        if cure:
            paragraph(console, cure, 4, "dim")
    for number, (head, lines) in enumerate(_steps(found, said, most), start=1):
        console.print(Text(f"{number}. {head}", style="bold"))
        for line in lines:
            paragraph(console, line, 4)
    if found.evidence:
        paragraph(console, said.text("cli.explain.evidence", digest=found.evidence[:12]))
    for note in found.notes:
        paragraph(console, f"- {said.say(note)}")
    if found.catch_up:
        console.print(Text(said.text("cli.catch_up.explain"), style="bold"))
    for entry in found.catch_up:
        write_entry(console, entry, said, settings, 4)


def _metric_plain(metric: MetricShown, said: Sentences) -> Plain:
    return {
        "name": metric.name,
        "label": metric.label,
        "unit": metric.unit,
        "value": value_plain(metric.value),
        "coverage": metric.coverage.value,
        "condition": metric.condition,
        "expression": metric.expression,
        "parts": list(metric.parts),
        "organizations": [
            {
                "connection": count.connection,
                "key": count.organization,
                "name": count.name,
                "value": value_plain(count.value),
                "coverage": count.coverage.value,
                "items": None
                if count.items is None
                else [
                    {
                        "key": item.key,
                        "name": item.name,
                        "attributes": {name: value_plain(value) for name, value in item.attributes},
                    }
                    for item in count.items
                ],
                "problem": reason_plain(count.problem, said) if count.problem else None,
            }
            for count in metric.counts
        ],
    }


def explanation_plain(found: Explanation, said: Sentences) -> dict[str, Plain]:
    """The chain as JSON, every item included."""
    return {
        "line": found.line_id,
        "plan": found.plan_id,
        "plan_state": found.plan_state,
        "as_of": value_plain(found.as_of),
        "status": found.status,
        "customer": found.customer_id,
        "customer_name": found.customer_name,
        "contract": found.contract.id if found.contract else None,
        "contract_name": found.contract_name,
        "service": found.service_id,
        "service_name": found.service_name,
        "price": value_plain(found.price),
        "currency": found.currency,
        "rule": rule_plain(found.rule.rule, said) if found.rule else None,
        "source_day": value_plain(found.source_day),
        "organizations": [
            {
                "connection": one.connection,
                "key": one.key,
                "name": one.name,
                "delivered": one.delivered,
                "gone_since": value_plain(one.gone_since),
                "failure": reason_plain(one.failure, said) if one.failure else None,
                "shares": list(one.shares),
            }
            for one in found.organizations
        ],
        "metrics": [_metric_plain(metric, said) for metric in found.metrics],
        "evidence": found.evidence or None,
        "quantity": found.quantity,
        "value": value_plain(found.value),
        "steps": reasons_plain(found.steps, said, found.currency),
        "before": found.before,
        "after": found.after,
        "effective": value_plain(found.effective),
        "adjustments": [adjustment_plain(adjustment) for adjustment in found.adjustments],
        "amount_per_month": value_plain(found.recurring),
        "amount_now": value_plain(found.amount),
        "psa": {
            "moved": found.psa.moved,
            "problem": reason_plain(found.psa.problem, said) if found.psa.problem else None,
            "rows": [
                {
                    "start": row.start.isoformat(),
                    "end": row.end.isoformat(),
                    "units": row.units,
                    "posted": value_plain(row.posted),
                }
                for row in found.psa.rows
            ],
        },
        "reasons": reasons_plain(found.reasons, said, found.currency),
        "releasable": list(found.releasable),
        "notes": reasons_plain(found.notes, said),
        "unit_cost": cost_plain(found.cost),
        "catch_up": [entry_plain(entry, said, found.currency) for entry in found.catch_up],
    }
