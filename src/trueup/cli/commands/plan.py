"""`trueup plan`: what should change, shown before anything is written."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault, day_from
from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def plan(
    ctx: typer.Context,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="DAY", help="plan.as_of")] = None,
    to_file: Annotated[str | None, typer.Option("--out", metavar="FILE", help="plan.out")] = None,
    everything: Annotated[bool, typer.Option("--all", help="plan.all")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Exit code 3 where something waits or changes, 0 where every line is right."""
    from pathlib import Path

    day = day_from(as_of, "--as-of")
    from trueup.app.plans import planning
    from trueup.cli.console import out, watched
    from trueup.cli.rendering.plain import as_text, write_json
    from trueup.cli.rendering.plan import changing, in_currency, plan_document, waiting, write_plan
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace
    from trueup.core.rule import Mode

    said = words()
    with workspace(ctx) as ws, watched(quiet=as_json) as report:
        made = waited(planning.make_plan, ws, day, report)
        settings = ws.store.settings.get()
    made = in_currency(made, settings.currency)
    document = plan_document(made, said)
    if to_file is not None:
        try:
            Path(to_file).write_text(as_text(document) + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageFault("usage.file_unwritable", path=to_file, detail=error.strerror or "") from None
    if as_json:
        write_json(document)
    else:
        console = out()
        write_plan(console, made, said, everything=everything)
        if changing(made):
            shown_only = all(outcome.mode == Mode.READ_ONLY.value for outcome in changing(made))
            key = "cli.plan.next_read_only" if shown_only else "cli.plan.next"
            paragraph(console, said.text(key, plan=made.id))
    return 3 if waiting(made) or changing(made) else 0
