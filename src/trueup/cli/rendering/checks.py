"""Cross-source checks as a person reads them: what was found by customer, then who could not be judged and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.console import Console

from trueup.app.checks.counting import CountedCheck
from trueup.app.checks.saving import ListedCheck
from trueup.app.checks.working_out import NamedResult
from trueup.cli.rendering.plain import Plain, reason_plain, value_plain
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.core.checks.cross_check import CrossCheck
from trueup.messages.sentences import Sentences
from trueup.store.checks import CheckCount


def check_plain(check: CrossCheck) -> dict[str, Plain]:
    """A definition as JSON."""
    return {"check": check.key, "expression": check.expression, "items": check.over, "tell": check.tell}


def _count_plain(count: CheckCount | None) -> Plain:
    if count is None:
        return None
    numbers: dict[str, Plain] = {"found": count.found, "judged": count.judged, "left_out": count.left_out}
    return {"day": count.day.isoformat(), **numbers}


def listed_plain(listed: ListedCheck) -> dict[str, Plain]:
    """A check with its counts as JSON."""
    return {**check_plain(listed.check), "counts": [_count_plain(one) for one in listed.counts]}


def counted_plain(counted: CountedCheck, said: Sentences) -> dict[str, Plain]:
    """A check with the count of its day as JSON."""
    problem = reason_plain(counted.problem, said) if counted.problem else None
    return {**check_plain(counted.check), "count": _count_plain(counted.count), "problem": problem}


def result_plain(named: NamedResult, said: Sentences) -> dict[str, Plain]:
    """What a check finds as JSON, all of it."""
    result = named.result
    return {
        "day": result.day.isoformat(),
        "judged": result.judged,
        "unmapped": result.unmapped,
        "found": [
            {
                "customer": one.customer_id,
                "customer_name": named.customers[one.customer_id],
                "connection": one.place[0] if one.place else None,
                "organization": one.place[1] if one.place else None,
                "item": one.item_key,
                "name": one.name,
                "counts": {name: value_plain(value) for name, value in one.counts},
            }
            for one in result.found
        ],
        "left_out": [
            {
                "customer": one.customer_id,
                "customer_name": named.customers[one.customer_id],
                "reason": reason_plain(one.reason, said),
            }
            for one in result.left_out
        ],
    }


def write_checks(console: Console, found: Iterable[ListedCheck], said: Sentences) -> None:
    """Every check with its newest count."""
    rows = [
        (
            one.check.key,
            said.number(one.last.found) if one.last else "-",
            said.day(one.last.day) if one.last else "-",
            said.text("cli.checks.of_items", items=one.check.over, expression=one.check.expression)
            if one.check.over
            else one.check.expression,
        )
        for one in found
    ]
    if not rows:
        paragraph(console, said.text("cli.checks.none"))
        return
    write_table(
        console, [said.text(f"cli.checks.{name}") for name in ("name", "found", "day", "what")], rows, right=(1,)
    )


def write_counted(console: Console, found: Iterable[CountedCheck], said: Sentences) -> None:
    """What was counted, check by check."""
    for one in found:
        if one.problem is not None:
            paragraph(console, f"{one.check.key}: {said.say(one.problem)}", style="red")
        elif one.count is not None:
            told = said.text("cli.checks.counted", key=one.check.key, found=one.count.found, day=one.count.day)
            paragraph(console, told)


def write_result(console: Console, named: NamedResult, said: Sentences) -> None:
    """What was found, by customer, and who was left out."""
    result = named.result
    head = said.text("cli.checks.head", found=len(result.found), judged=result.judged, day=result.day)
    paragraph(console, head, style="bold")
    rows = [
        (
            named.customers[one.customer_id],
            one.name or ", ".join(f"{name} {said.number(value)}" for name, value in one.counts),
            named.organizations.get(one.place, one.place[1]) if one.place else "",
        )
        for one in result.found
    ]
    if rows:
        write_table(console, [said.text(f"cli.checks.{name}") for name in ("customer", "item", "organization")], rows)
    for reason, customers in Counter(one.reason for one in result.left_out).items():
        paragraph(console, said.text("cli.checks.left_out", customers=customers, why=said.say(reason)))
    if result.unmapped:
        paragraph(console, said.text("cli.checks.unmapped", items=result.unmapped))
