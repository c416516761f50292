"""The tenants of an installation, and archives, on the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from trueup.app.platform.standing import TenantStanding, TenantState
from trueup.cli.rendering.plain import Plain, reasons_plain
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.messages.sentences import Sentences

if TYPE_CHECKING:
    from trueup.store.archive import Manifest


def standings_document(found: Iterable[TenantStanding], said: Sentences) -> dict[str, Plain]:
    """How each stands, as JSON."""
    return {"tenants": [_plain(one, said) for one in found]}


def _plain(one: TenantStanding, said: Sentences) -> Plain:
    billed: list[Plain] = [{"currency": each.currency, "amount": str(each.amount)} for each in one.billed]
    return {
        "tenant": one.tenant,
        "name": one.name,
        "state": one.state.value,
        "suspended": one.suspended,
        "night": one.night.isoformat() if one.night else None,
        "night_failed": one.night_failed,
        "planned": one.planned.isoformat() if one.planned else None,
        "waiting": one.waiting,
        "billed": billed,
        "modules": one.modules,
        "modules_in_trouble": one.modules_in_trouble,
        "unsettled": one.unsettled,
        "trouble": reasons_plain((one.trouble,), said)[0] if one.trouble else None,
    }


def write_standings(console: Console, found: Iterable[TenantStanding], said: Sentences) -> None:
    """How each stands, one a row; what cannot be read is told below."""
    standings = list(found)
    titles = [said.text(f"cli.tenant.{name}") for name in ("tenant", "state", "night", "waits", "billed", "modules")]
    rows = [
        (
            one.tenant,
            said.text(f"cli.tenant.{_state(one)}"),
            one.night.strftime("%Y-%m-%d %H:%M UTC") if one.night else "-",
            said.number(one.waiting),
            ", ".join(said.money(each.amount, each.currency) for each in one.billed) or "-",
            f"{one.modules - one.modules_in_trouble}/{one.modules}",
        )
        for one in standings
    ]
    write_table(console, titles, rows, right=(3,))
    for one in standings:
        if one.trouble is not None:
            paragraph(console, f"{one.tenant}: {said.say(one.trouble)}", style="yellow")


def _state(one: TenantStanding) -> str:
    if one.trouble is not None:
        return "unreadable"
    if one.suspended:
        return "rests"
    if one.night_failed or one.unsettled:
        return "failed"
    return "begun" if one.state is TenantState.BEGUN else "works"


def write_archived(console: Console, found: Manifest, file: Path, said: Sentences) -> None:
    """What an archive holds."""
    tenants = len(found.tenants)
    paragraph(console, said.text("cli.backup.written", file=str(file), rows=found.rows, tenants=tenants))
