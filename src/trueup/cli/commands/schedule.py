"""`trueup schedule`: when each module is collected."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

_Json = Annotated[bool, typer.Option("--json", help="json")]


@app.callback(cls=SpokenGroup)
def schedule() -> None:
    """When each module is collected."""


@app.command("show", cls=SpokenCommand)
def show(ctx: typer.Context, as_json: _Json = False) -> int:
    """Every module with its time and its next attempt."""
    from trueup.app.schedule.timetable import timetable
    from trueup.cli.console import out
    from trueup.cli.rendering.modules import timetable_document, write_timetable
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        found = waited(timetable, ws)
        settings = ws.store.settings.get()
    if as_json:
        write_json(timetable_document(found, said))
    else:
        write_timetable(out(), found, said, settings)
    return 0


@app.command("set", cls=SpokenCommand)
def set_time(
    ctx: typer.Context,
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="schedule.connection")],
    at: Annotated[str | None, typer.Option("--at", metavar="HH:MM", help="schedule.at")] = None,
    zone: Annotated[str | None, typer.Option("--zone", metavar="ZONE", help="schedule.zone")] = None,
    off: Annotated[bool, typer.Option("--off", help="schedule.off")] = False,
    as_json: _Json = False,
) -> int:
    """Exit code 2 for a time or a zone that does not exist."""
    if off and (at is not None or zone is not None):
        raise UsageFault("usage.not_together", option="--off", other="--at" if at is not None else "--zone")
    from trueup.app.schedule import timetable as use
    from trueup.cli.console import out
    from trueup.cli.rendering.modules import timetable_document, write_timetable
    from trueup.cli.rendering.plain import reasons_plain, write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        found, notes = waited(use.set_time, ws, connection, at, zone, on=not off)
        settings = ws.store.settings.get()
    if as_json:
        write_json({**timetable_document((found,), said), "notes": reasons_plain(notes, said)})
        return 0
    console = out()
    write_timetable(console, (found,), said, settings)
    for note in notes:
        paragraph(console, said.say(note), style="yellow")
    return 0
