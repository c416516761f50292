"""`trueup apply`: write an approved plan, each change once."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()

_FAILED = {"refused", "conflict"}


@app.command(cls=SpokenCommand)
def apply(
    ctx: typer.Context,
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="apply.plan")],
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Exit code 0 when every line is written, 1 when the PSA refused one, 3 when one was skipped or is unclear."""
    from trueup.app.writes import applying
    from trueup.cli.console import out, watched
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.runs import apply_document, write_lines
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws, watched(quiet=as_json) as report:
        result = waited(applying.apply, ws, plan, report)
    if as_json:
        write_json(apply_document(result, said))
    else:
        console = out()
        if result.settled:
            paragraph(console, said.text("cli.apply.settled"))
            write_lines(console, result.settled, said)
        paragraph(console, said.text("cli.apply.done", plan=plan, run=result.run_id))
        write_lines(console, result.lines, said)
        paragraph(console, said.text("cli.apply.next", run=result.run_id))
    states = {line.state for line in (*result.lines, *result.settled)}
    if states & _FAILED:
        return 1
    return 3 if states - {"done"} else 0
