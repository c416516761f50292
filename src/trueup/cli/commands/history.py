"""`trueup history`: what was done when, by whom; what was on a past day; how a line's units came to be."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault, day_from, whole_from
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

_Json = Annotated[bool, typer.Option("--json", help="json")]


@app.callback(cls=SpokenGroup, invoke_without_command=True)
def history(
    ctx: typer.Context,
    limit: Annotated[str, typer.Option("--limit", metavar="N", help="history.limit")] = "20",
    day: Annotated[str | None, typer.Option("--day", metavar="DAY", help="history.day")] = None,
    customer: Annotated[str | None, typer.Option("--customer", metavar="ID", help="history.customer")] = None,
    metric: Annotated[str | None, typer.Option("--metric", metavar="NAME", help="history.metric")] = None,
    as_json: _Json = False,
) -> int:
    """Runs, newest first, each with its steps; or the state on a past day."""
    if ctx.invoked_subcommand is not None:
        return 0
    on = day_from(day, "--day")
    number = whole_from(limit, "--limit") or 0
    if number < 1:
        raise UsageFault("usage.not_a_whole_number", option="--limit", value=limit)
    if on is not None:
        return _past_day(ctx, on, customer, metric, as_json=as_json)
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


def _past_day(ctx: typer.Context, day: date, customer: str | None, metric: str | None, *, as_json: bool) -> int:
    from trueup.app.history.past_day import past_day
    from trueup.cli.console import out
    from trueup.cli.rendering.past import past_day_plain, write_past_day
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        found = waited(past_day, ws, day, customer_id=customer, metric=metric)
    if as_json:
        write_json(past_day_plain(found, words()))
    else:
        write_past_day(out(), found, words())
    return 0


@app.command("line", cls=SpokenCommand)
def line(
    ctx: typer.Context,
    line: Annotated[str, typer.Argument(metavar="LINE", help="explain.line")],
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="history.from")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="history.to")] = None,
    as_json: _Json = False,
) -> int:
    """How a line's units came to be."""
    since, until = day_from(first, "--from"), day_from(last, "--to")
    from trueup.app.history.line_history import line_history
    from trueup.cli.console import out
    from trueup.cli.rendering.past import line_plain, write_line
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        found = waited(line_history, ws, line, since, until)
    if as_json:
        write_json(line_plain(found, words()))
    else:
        write_line(out(), found, words())
    return 0


@app.command("verify", cls=SpokenCommand)
def verify(
    ctx: typer.Context,
    noted: Annotated[str | None, typer.Option("--noted", metavar="HEAD", help="history.noted")] = None,
    installation: Annotated[bool, typer.Option("--installation", help="history.installation")] = False,
    as_json: _Json = False,
) -> int:
    """Exit code 1 where an entry is missing or is not what it was."""
    from trueup.app.activity.verifying import installation_verified, verified
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, whole_installation, words, workspace

    if installation:
        with whole_installation(ctx) as house:
            found = waited(installation_verified, house, noted)
    else:
        with workspace(ctx) as ws:
            found = waited(verified, ws, noted)
    if as_json:
        write_json({"entries": found.entries, "head": found.head})
    else:
        paragraph(out(), words().text("history.chain_whole", entries=found.entries, head=found.head))
    return 0


@app.command("forget", cls=SpokenCommand)
def forget(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(metavar="NAME", help="history.name")],
) -> int:
    """Put a pseudonym in the place of a name."""
    from trueup.app.history import forgetting
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        done = waited(forgetting.forget, ws, text)
    numbers = {"items": done.items, "evidence": done.evidence, "records": done.records + done.answers}
    paragraph(out(), words().text("history.forgotten", pseudonym=done.pseudonym, **numbers))
    return 0


@app.command("prune", cls=SpokenCommand)
def prune(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="history.dry_run")] = False,
    as_json: _Json = False,
) -> int:
    """Delete what is older than its kind is kept."""
    from trueup.app.history import pruning
    from trueup.cli.console import out
    from trueup.cli.rendering.past import pruned_plain, write_pruned
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        found = waited(pruning.would_go if dry_run else pruning.prune, ws)
    if as_json:
        write_json([pruned_plain(one) for one in found])
    else:
        write_pruned(out(), found, words(), gone=not dry_run)
    return 0


@app.command("keep", cls=SpokenCommand)
def keep(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="history.kind")],
    months: Annotated[str, typer.Argument(metavar="MONTHS", help="history.months")],
) -> int:
    """Say how long a kind of data is kept."""
    from trueup.app.connections.setup import TenantChoices, change_settings
    from trueup.app.history.pruning import would_go
    from trueup.cli.console import out
    from trueup.cli.rendering.past import write_pruned
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        waited(change_settings, ws, TenantChoices(keep={kind: months}))
        found = waited(would_go, ws)
    write_pruned(out(), found, words(), gone=False)
    return 0
