"""`trueup items`: one item across all modules, its days and the lines that bill it."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def items(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(metavar="NAME", help="items.wanted")],
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Exit code 1 where nothing is found."""
    from trueup.app.items.tracing import trace_items
    from trueup.cli.console import out
    from trueup.cli.rendering.items import items_document, write_items
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        found = waited(trace_items, ws, text)
    if as_json:
        write_json(items_document(found))
    else:
        write_items(out(), text, found, words())
    return 0 if found else 1
