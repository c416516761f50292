"""The numbers of the guard rails: what holds where, and who set it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from trueup.app.rulebook.rail_settings import RailsSaved, RailsShown
from trueup.app.workspace import Workspace
from trueup.cli.console import out
from trueup.cli.rendering.plain import Plain, value_plain, write_json
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.cli.session import words
from trueup.core.rails.thresholds import ThresholdLevel
from trueup.messages.sentences import Sentences, harmless


def _title(shown: RailsShown, said: Sentences) -> str:
    if shown.level is ThresholdLevel.TENANT:
        return said.text("cli.rails.tenant")
    key = "cli.rails.service" if shown.level is ThresholdLevel.SERVICE else "cli.rails.line"
    return said.text(key, target=shown.target, name=shown.name or None)


def write_rails(console: Console, shown: Iterable[RailsShown], zone: tzinfo, said: Sentences) -> None:
    """One table a place. Of a service or line only what differs from the tenant's is worth a line."""
    titles = tuple(said.text(key) for key in ("cli.rails.number", "cli.rails.value", "cli.rails.origin"))
    for one in shown:
        console.print(Text(harmless(_title(one, said)), style="bold"))
        rows = [(number.name, number.value, said.word("rail_origin", number.origin)) for number in one.numbers]
        write_table(console, titles, rows, right=(1,))
        if one.saved_by is not None and one.saved_at is not None:
            moment = said.moment(one.saved_at.astimezone(zone))
            text = said.text("cli.rails.saved_by", version=one.version, person=one.saved_by, at=moment)
            paragraph(console, text, style="dim")
        console.print()


def rails_plain(shown: RailsShown) -> dict[str, Plain]:
    """The numbers of one place as JSON, exact, as text."""
    return {
        "level": shown.level.value,
        "target": shown.target,
        "name": shown.name,
        "version": shown.version,
        "saved_by": shown.saved_by,
        "saved_at": value_plain(shown.saved_at),
        "numbers": {one.name: {"value": one.value, "origin": one.origin} for one in shown.numbers},
    }


def write_saved(saved: RailsSaved, ws: Workspace, *, as_json: bool) -> None:
    """What holds after a change."""
    if as_json:
        write_json({**rails_plain(saved.shown), "changed": saved.changed})
        return
    said, console = words(), out()
    paragraph(console, said.text("cli.rails.saved" if saved.changed else "cli.rails.unchanged"))
    write_rails(console, (saved.shown,), ZoneInfo(ws.store.settings.get().time_zone), said)
