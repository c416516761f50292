"""`trueup collect`: usage from every connected module."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import day_from
from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def collect(
    ctx: typer.Context,
    day: Annotated[str | None, typer.Option("--day", metavar="DAY", help="collect.day")] = None,
    module: Annotated[list[str] | None, typer.Option("--module", metavar="NAME", help="collect.module")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Exit code 1 where a module failed (the others are collected all the same), 3 where another run is at one."""
    wanted = day_from(day, "--day")
    from trueup.app.usage import collecting
    from trueup.cli.console import out, watched
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.runs import collect_document, write_collected
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws, watched(quiet=as_json) as report:
        results = waited(collecting.collect, ws, wanted, report, module or None)
    if as_json:
        write_json(collect_document(results, said))
    else:
        write_collected(out(), results, said)
    if any(result.failure is not None for result in results):
        return 1
    return 3 if any(result.recorded is None for result in results) else 0
