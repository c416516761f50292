"""`trueup contested`: lines that something else keeps changing, and whose they are."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()


@app.callback(cls=SpokenGroup)
def contested() -> None:
    """Lines that something else keeps changing."""


@app.command("list", cls=SpokenCommand)
def list_all(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Exit code 3 where a line waits for a person's word."""
    from trueup.app.beside import contests
    from trueup.cli.console import out
    from trueup.cli.rendering.compare import contested_plain, write_contested
    from trueup.cli.rendering.plain import Plain, write_json
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        found = waited(contests.listing, ws)
    if as_json:
        told: list[Plain] = [contested_plain(one) for one in found]
        write_json({"contested": told})
    else:
        write_contested(out(), found, words())
    return 3 if found else 0


@app.command("claim", cls=SpokenCommand)
def claim(
    ctx: typer.Context,
    line: Annotated[str, typer.Argument(metavar="LINE", help="contested.line")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="contested.reason")] = "",
) -> int:
    """The line is Trueup's again."""
    from trueup.app.beside import contests
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        waited(contests.claim, ws, line, reason)
    paragraph(out(), words().text("cli.contested.claimed", line=line))
    return 0
