"""`trueup billed-twice`: items that more than one line bills."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault, day_from
from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command("billed-twice", cls=SpokenCommand)
def billed_twice(
    ctx: typer.Context,
    items: Annotated[bool, typer.Option("--items", help="billed_twice.items")] = False,
    muted: Annotated[bool, typer.Option("--muted", help="billed_twice.muted")] = False,
    mute: Annotated[str | None, typer.Option("--mute", metavar="KEY", help="billed_twice.mute")] = None,
    unmute: Annotated[str | None, typer.Option("--unmute", metavar="KEY", help="unbilled.unmute")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="unbilled.reason")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DAY", help="unbilled.until")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Costs no call: each plan counts them, and the items are those of its day."""
    if mute is not None and unmute is not None:
        raise UsageFault("usage.not_together", option="--mute", other="--unmute")
    last = day_from(until, "--until")
    from trueup.app.items import twice
    from trueup.app.unbilled import muting
    from trueup.cli.console import out
    from trueup.cli.rendering.billed_twice import row_document, twice_document, write_muted, write_twice
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        if mute is not None:
            row = waited(twice.mute_twice, ws, mute, reason or "", last)
            write_json(row_document(row)) if as_json else write_muted(out(), row, said)
            return 0
        if unmute is not None:
            waited(muting.unmute, ws, unmute)
        report = waited(twice.twice, ws)
        found = waited(twice.items_twice, ws) if items else ()
    if as_json:
        write_json(twice_document(report, found if items else None))
    else:
        write_twice(out(), report, found, said, with_muted=muted)
    return 0
