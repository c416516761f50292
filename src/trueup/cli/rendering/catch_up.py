"""Catch-up entries: days, units billed and called for, the difference, and why."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from trueup.cli.rendering.plain import Plain, reasons_plain, value_plain
from trueup.cli.rendering.tables import paragraph
from trueup.core.money import sum_by_currency
from trueup.core.settings import TenantSettings
from trueup.messages.sentences import Sentences, harmless
from trueup.store.catch_up import CatchUp

_CAUSES = 5


def write_entry(console: Console, entry: CatchUp, said: Sentences, settings: TenantSettings, left: int = 0) -> None:
    """One entry as a paragraph."""
    owed, currency = entry.owed, entry.of.currency or settings.currency
    name = f"{harmless(entry.of.customer_name)} - {harmless(entry.of.service_name)}"
    state = said.word("catch_up", entry.state)
    head = said.text(
        "cli.catch_up.head",
        entry=entry.id,
        name=name,
        period_start=owed.period_start,
        period_end=owed.period_end,
        state=state,
    )
    console.print(Text(" " * left + head, style="bold yellow" if entry.waits else "bold"), soft_wrap=True)
    for span in owed.spans:
        text = said.text(
            "cli.catch_up.span", first=span.first, last=span.last, billed=span.billed, called_for=span.called_for
        )
        paragraph(console, text, left + 4)
    amount = entry.amount
    shown = said.text("cli.catch_up.unpriced")
    if amount is not None:
        shown = said.text("cli.catch_up.amount", amount=said.signed_money(amount, currency))
    paragraph(console, shown, left + 4)
    for cause in owed.causes[:_CAUSES]:
        paragraph(console, f"- {said.say(cause, currency)}", left + 4)
    if len(owed.causes) > _CAUSES:
        paragraph(console, said.text("cli.more", count=len(owed.causes) - _CAUSES), left + 4)
    if entry.superseded_by is not None:
        paragraph(console, said.text("cli.catch_up.replaced", entry=entry.superseded_by), left + 4)
    if entry.person is not None:
        at = said.moment(entry.state_at.astimezone(ZoneInfo(settings.time_zone)))
        told = said.text("cli.catch_up.settled", person=entry.person, at=at, reason=entry.reason)
        paragraph(console, told, left + 4)


def write_entries(
    console: Console, entries: Sequence[CatchUp], said: Sentences, settings: TenantSettings, state: str
) -> None:
    """Entries, then the sum of those that wait, one a currency."""
    if not entries:
        word = said.word("catch_up", state) if state not in ("waiting", "all") else None
        paragraph(console, said.text("cli.catch_up.none", state=word))
    for entry in entries:
        write_entry(console, entry, said, settings)
    waiting = [entry for entry in entries if entry.waits]
    for currency, total in _totals(waiting, settings.currency).items():
        count = sum(1 for entry in waiting if (entry.of.currency or settings.currency) == currency)
        text = said.text("cli.catch_up.total", entries=count, amount=said.signed_money(total, currency))
        paragraph(console, text, style="bold")
    if waiting:
        paragraph(console, said.text("cli.catch_up.next"))


def _totals(entries: Sequence[CatchUp], currency: str | None) -> dict[str | None, Decimal]:
    return dict(sum_by_currency((one.of.currency or currency, one.amount or Decimal(0)) for one in entries))


def entry_plain(entry: CatchUp, said: Sentences, currency: str | None) -> dict[str, Plain]:
    """One entry as JSON."""
    owed, currency = entry.owed, entry.of.currency or currency
    return {
        "entry": entry.id,
        "line": entry.of.line_id,
        "customer_name": entry.of.customer_name,
        "contract_name": entry.of.contract_name,
        "service_name": entry.of.service_name,
        "period_start": owed.period_start.isoformat(),
        "period_end": owed.period_end.isoformat(),
        "state": entry.state,
        "revision": entry.revision,
        "currency": currency,
        "amount": value_plain(entry.amount),
        "unit_days": owed.unit_days,
        "days": [
            {
                "first": span.first.isoformat(),
                "last": span.last.isoformat(),
                "billed": span.billed,
                "called_for": span.called_for,
                "price": value_plain(span.price),
            }
            for span in owed.spans
        ],
        "causes": reasons_plain(owed.causes, said, currency),
        "made_at": entry.made_at.isoformat(),
        "state_at": entry.state_at.isoformat(),
        "superseded_by": entry.superseded_by,
        "settled_by": entry.person,
        "reason": entry.reason,
    }


def entries_document(entries: Sequence[CatchUp], said: Sentences, currency: str | None) -> dict[str, Plain]:
    """Entries as JSON, with the sums of those that wait."""
    totals = _totals([entry for entry in entries if entry.waits], currency)
    return {
        "entries": [entry_plain(entry, said, currency) for entry in entries],
        "waiting": [{"currency": name, "amount": value_plain(total)} for name, total in totals.items()],
    }
