"""`trueup explain`: where a line's units come from."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def explain(
    ctx: typer.Context,
    line: Annotated[str, typer.Argument(metavar="LINE", help="explain.line")],
    all_items: Annotated[bool, typer.Option("--all-items", help="explain.items")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """The whole chain from items to units and money."""
    from dataclasses import replace

    from trueup.app.plans import explaining
    from trueup.cli.console import out
    from trueup.cli.rendering.explanation import ITEMS_SHOWN, explanation_plain, write_explanation
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        found = waited(explaining.explain, ws, line)
        settings = ws.store.settings.get()
    found = replace(found, currency=found.currency or settings.currency)
    if as_json:
        write_json(explanation_plain(found, said))
    else:
        write_explanation(out(), found, said, settings, most=None if all_items else ITEMS_SHOWN)
    return 0
