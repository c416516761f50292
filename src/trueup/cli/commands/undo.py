"""`trueup undo`: plan the opposite of what a run wrote."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def undo(
    ctx: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="undo.run")],
    lines: Annotated[list[str] | None, typer.Option("--line", metavar="LINE", help="undo.line")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="undo.reason")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Exit code 3 where something can be taken back, 0 where nothing has to be, 4 where nothing is left."""
    from trueup.app.undo import planning
    from trueup.cli.console import out, watched
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.plan import changing, in_currency, plan_document, waiting, write_plan
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace
    from trueup.core.rule import Mode

    said = words()
    with workspace(ctx) as ws, watched(quiet=as_json) as report:
        made = waited(planning.plan_undo_of, ws, run, tuple(lines) if lines else None, reason, report)
        currency = ws.store.settings.get().currency
    made = in_currency(made, currency)
    if as_json:
        write_json({**plan_document(made, said), "undoes": run})
    else:
        console = out()
        write_plan(console, made, said)
        if changing(made):
            shown_only = all(outcome.mode == Mode.READ_ONLY.value for outcome in changing(made))
            key = "cli.plan.next_read_only" if shown_only else "cli.undo.next"
            paragraph(console, said.text(key, plan=made.id))
    return 3 if waiting(made) or changing(made) else 0
