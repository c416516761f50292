"""Agreement by service, and contested lines, as a person and as a program read them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from trueup.app.beside.agreeing import Compared, first_due
from trueup.app.beside.contests import ContestedLine
from trueup.cli.rendering.plain import Plain, reason_plain, value_plain
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.core.beside.agreement import ServiceAgreement
from trueup.core.beside.comparison import Judgement
from trueup.messages.sentences import Sentences, harmless

_SHOWN = 20
"""So many differences of a service are shown, the newest first; --json has them all."""


def write_compared(console: Console, found: Compared, said: Sentences) -> None:
    """Each service: the share, the causes, every difference, and whether it is ready."""
    due, wait = first_due(found), found.beside.wait_days
    if not found.services or due is None:
        paragraph(console, said.text("cli.compare.none", days=wait))
        return
    for service in found.services:
        _write_service(console, service, found, said)
        console.print()
    paragraph(console, said.text("cli.compare.until", days=wait, day=due), style="dim")


def _write_service(console: Console, one: ServiceAgreement, found: Compared, said: Sentences) -> None:
    name = harmless(found.service_names.get(one.service_id, one.service_id))
    share = said.text("cli.compare.service", service=name, id=one.service_id, share=one.share)
    console.print(Text(share, style="bold"))
    total = one.agreed + one.differing + one.undecided
    parts = [
        said.text(
            "cli.compare.numbers", agreed=one.agreed, total=total, lines=one.lines, first=one.first, last=one.last
        )
    ]
    if one.late:
        parts.append(said.text("cli.compare.late", late=one.late))
    if one.undecided:
        parts.append(said.text("cli.compare.undecided", undecided=one.undecided))
    paragraph(console, "; ".join(parts), 2)
    if one.differences:
        rows = [_row(difference, found, said) for difference in one.differences[:_SHOWN]]
        titles = [
            said.text(key)
            for key in (
                "cli.compare.line",
                "cli.compare.customer",
                "cli.compare.days",
                "cli.compare.trueup",
                "cli.compare.psa",
                "cli.compare.monthly",
                "cli.compare.why",
            )
        ]
        write_table(console, titles, rows, right=(3, 4, 5))
        if len(one.differences) > _SHOWN:
            paragraph(console, said.text("cli.more", count=len(one.differences) - _SHOWN), 2)
        for cure in dict.fromkeys(_cure(difference, said) for difference in one.differences[:_SHOWN]):
            paragraph(console, cure, 2, "dim")
    for currency, monthly in sorted(one.monthly.items(), key=lambda entry: entry[0] or ""):
        told = said.text("cli.compare.standing", monthly=monthly, currency=currency or found.currency)
        paragraph(console, told, 2)
    paragraph(console, said.say(one.verdict), 2, "" if one.ready else "yellow")
    back = said.cure(one.verdict)
    if back:
        paragraph(console, back, 2, "dim")


def _cure(one: Judgement, said: Sentences) -> str:
    return (said.cure(one.reason) if one.reason is not None else None) or ""


def _row(one: Judgement, found: Compared, said: Sentences) -> tuple[str, ...]:
    currency = one.currency or found.currency
    days = said.day(one.first)
    if one.last != one.first:
        days = said.text("cli.compare.span", first=one.first, last=one.last)
    return (
        one.line_id,
        found.lines.get(one.line_id, ""),
        days,
        "-" if one.wanted is None else said.number(one.wanted),
        said.number(one.found),
        "-" if one.monthly is None else said.signed_money(one.monthly, currency),
        "" if one.reason is None else said.say(one.reason, currency),
    )


def _judgement_plain(one: Judgement, found: Compared, said: Sentences) -> dict[str, Plain]:
    currency = one.currency or found.currency
    return {
        "line": one.line_id,
        "customer": one.customer_id,
        "customer_name": found.lines.get(one.line_id),
        "first": one.first.isoformat(),
        "last": one.last.isoformat(),
        "days": one.days,
        "verdict": one.verdict.value,
        "trueup_units": one.wanted,
        "psa_units": one.found,
        "amount_per_month": value_plain(one.monthly),
        "currency": currency,
        "reason": None if one.reason is None else reason_plain(one.reason, said, currency),
    }


def _service_plain(one: ServiceAgreement, found: Compared, said: Sentences) -> dict[str, Plain]:
    amounts: list[Plain] = [
        {"currency": currency or found.currency, "amount_per_month": value_plain(monthly)}
        for currency, monthly in sorted(one.monthly.items(), key=lambda entry: entry[0] or "")
    ]
    causes: list[Plain] = [
        {
            "code": cause.code,
            "line_days": cause.line_days,
            "lines": cause.lines,
            "amounts": [
                {"currency": currency or found.currency, "amount_per_month": value_plain(monthly)}
                for currency, monthly in sorted(cause.monthly.items(), key=lambda entry: entry[0] or "")
            ],
        }
        for cause in one.causes
    ]
    return {
        "service": one.service_id,
        "service_name": found.service_names.get(one.service_id),
        "lines": one.lines,
        "first": one.first.isoformat(),
        "last": one.last.isoformat(),
        "days": one.days,
        "agreed": one.agreed,
        "late": one.late,
        "differing": one.differing,
        "undecided": one.undecided,
        "share": value_plain(one.share),
        "ready": one.ready,
        "verdict": reason_plain(one.verdict, said),
        "causes": causes,
        "standing": amounts,
        "differences": [_judgement_plain(difference, found, said) for difference in one.differences],
    }


def compared_document(found: Compared, said: Sentences) -> dict[str, Plain]:
    """Agreement as JSON."""
    return {
        "wait_days": found.beside.wait_days,
        "judged_until": value_plain(first_due(found)),
        "services": [_service_plain(one, found, said) for one in found.services],
    }


def write_contested(console: Console, found: Sequence[ContestedLine], said: Sentences) -> None:
    """Each contested line with its nights, and what a person may say."""
    if not found:
        paragraph(console, said.text("cli.contested.none"))
        return
    paragraph(console, said.text("cli.contested.title", lines=len(found)))
    for one in found:
        head = said.text(
            "cli.contested.line",
            line=one.line_id,
            customer=one.customer_name,
            service=one.service_name,
            since=one.contest.since,
        )
        console.print(Text(harmless(head), style="bold"))
        for night in one.contest.departures:
            told = said.text(
                "cli.contested.night", night=night.night, day=night.day, found=night.found, known=night.known
            )
            paragraph(console, told, 2)
        if one.counted is not None:
            paragraph(console, said.text("cli.contested.counted", counted=one.counted), 2)
        paragraph(console, said.text("cli.contested.cure", line=one.line_id), 2, "dim")


def contested_plain(one: ContestedLine) -> dict[str, Plain]:
    """A contested line as JSON."""
    nights: list[Plain] = [
        {
            "night": night.night.isoformat(),
            "day": night.day.isoformat(),
            "agreed_units": night.known,
            "psa_units": night.found,
            "counted": night.counted,
        }
        for night in one.contest.departures
    ]
    return {
        "line": one.line_id,
        "customer_name": one.customer_name,
        "service_name": one.service_name,
        "since": value_plain(one.contest.since),
        "counted": one.counted,
        "nights": nights,
    }
