"""`trueup unbilled`: usage that no line bills, with what it is worth."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault, day_from
from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def unbilled(
    ctx: typer.Context,
    muted: Annotated[bool, typer.Option("--muted", help="unbilled.muted")] = False,
    mute: Annotated[str | None, typer.Option("--mute", metavar="KEY", help="unbilled.mute")] = None,
    unmute: Annotated[str | None, typer.Option("--unmute", metavar="KEY", help="unbilled.unmute")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="unbilled.reason")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DAY", help="unbilled.until")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Costs no call: it works on what was collected and read last."""
    if mute is not None and unmute is not None:
        raise UsageFault("usage.not_together", option="--mute", other="--unmute")
    last = day_from(until, "--until")
    from trueup.app.unbilled import finding, muting
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.unbilled import report_document, row_document, write_muted, write_report
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        if mute is not None:
            row = waited(muting.mute, ws, mute, reason or "", last)
            write_json(row_document(row)) if as_json else write_muted(out(), row, said)
            return 0
        if unmute is not None:
            waited(muting.unmute, ws, unmute)
        report = waited(finding.unbilled, ws)
    if as_json:
        write_json(report_document(report))
    else:
        write_report(out(), report, said, with_muted=muted)
    return 0
