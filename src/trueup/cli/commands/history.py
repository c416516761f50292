"""`trueup history`: what was done when, by whom."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault, whole_from
from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def history(
    ctx: typer.Context,
    limit: Annotated[str, typer.Option("--limit", metavar="N", help="history.limit")] = "20",
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Runs, newest first, each with its steps."""
    number = whole_from(limit, "--limit") or 0
    if number < 1:
        raise UsageFault("usage.not_a_whole_number", option="--limit", value=limit)
    from zoneinfo import ZoneInfo

    from trueup.app.plans.said_by_persons import newest_releases
    from trueup.cli.console import out
    from trueup.cli.rendering.history import release_plain, run_plain, write_releases, write_runs
    from trueup.cli.rendering.plain import Plain, write_json
    from trueup.cli.session import words, workspace

    said = words()
    with workspace(ctx) as ws, ws.store.reading():
        runs = [ws.store.runs.get(run.id) for run in ws.store.runs.list(limit=number)]
        released = newest_releases(ws.store, number)
        zone = ZoneInfo(ws.store.settings.get().time_zone)
    if as_json:
        told: list[Plain] = [run_plain(run, said) for run in runs]
        write_json({"runs": told, "releases": [release_plain(one, said) for one in released]})
    else:
        write_runs(out(), runs, zone, said)
        write_releases(out(), released, said)
    return 0
