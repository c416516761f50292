"""`trueup compare`: how often Trueup would have agreed with the PSA, and every difference with its cause."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import day_from
from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def compare(
    ctx: typer.Context,
    service: Annotated[str | None, typer.Option("--service", metavar="SERVICE", help="compare.service")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DAY", help="compare.since")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Service by service, from what the nights compared."""
    first = day_from(since, "--since")
    from trueup.app.beside import agreeing
    from trueup.cli.console import out
    from trueup.cli.rendering.compare import compared_document, write_compared
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        found = waited(agreeing.compared, ws, service, first)
    if as_json:
        write_json(compared_document(found, said))
    else:
        write_compared(out(), found, said)
    return 0
