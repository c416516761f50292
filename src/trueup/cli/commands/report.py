"""`trueup report`: amounts and units over time, changes since last month, what each run corrected."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.cli.arguments import day_from, month_from, one_of
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

if TYPE_CHECKING:
    from trueup.app.exports.tables import Table

app = new_app()

_Json = Annotated[bool, typer.Option("--json", help="json")]
_Out = Annotated[str | None, typer.Option("--out", metavar="FILE", help="report.out")]
_By = Annotated[str, typer.Option("--by", metavar="WHAT", help="report.by")]
_First = Annotated[str | None, typer.Option("--from", metavar="YYYY-MM", help="report.first")]
_Last = Annotated[str | None, typer.Option("--to", metavar="YYYY-MM", help="report.last")]
_BY = ("service", "module", "customer")


@app.callback(cls=SpokenGroup)
def report() -> None:
    """Reports."""


def _shown(table: Table, out: str | None, as_json: bool) -> int:
    from trueup.cli.rendering.reports import write_file, write_report
    from trueup.cli.session import words

    if out is not None:
        write_file(table, Path(out), words())
    else:
        write_report(table, words(), as_json=as_json)
    return 0


def _over_time(ctx: typer.Context, figure: str, by: str, first: str | None, last: str | None) -> Table:
    one_of(by, _BY, "--by")
    begins, ends = month_from(first, "--from"), month_from(last, "--to")
    from trueup.app.reports import over_time as use
    from trueup.cli.session import waited, workspace

    with workspace(ctx) as ws:
        return waited(use.over_time, ws, use.Figure(figure), use.By(by), use.Span(begins, ends))


@app.command("recurring", cls=SpokenCommand)
def recurring(
    ctx: typer.Context,
    by: _By = "service",
    first: _First = None,
    last: _Last = None,
    out: _Out = None,
    as_json: _Json = False,
) -> int:
    """Amounts month by month."""
    return _shown(_over_time(ctx, "recurring", by, first, last), out, as_json)


@app.command("units", cls=SpokenCommand)
def units(
    ctx: typer.Context,
    by: _By = "service",
    first: _First = None,
    last: _Last = None,
    out: _Out = None,
    as_json: _Json = False,
) -> int:
    """Units month by month."""
    return _shown(_over_time(ctx, "units", by, first, last), out, as_json)


@app.command("changes", cls=SpokenCommand)
def changes(
    ctx: typer.Context,
    month: Annotated[str | None, typer.Option("--month", metavar="YYYY-MM", help="report.month")] = None,
    out: _Out = None,
    as_json: _Json = False,
) -> int:
    """What changed since last month."""
    day = month_from(month, "--month")
    from trueup.app.reports import changes as use
    from trueup.cli.session import waited, workspace

    with workspace(ctx) as ws:
        table = waited(use.changes, ws, day)
    return _shown(table, out, as_json)


@app.command("corrections", cls=SpokenCommand)
def corrections(
    ctx: typer.Context,
    first: Annotated[str | None, typer.Option("--since", metavar="DAY", help="report.since")] = None,
    last: Annotated[str | None, typer.Option("--until", metavar="DAY", help="report.until")] = None,
    out: _Out = None,
    as_json: _Json = False,
) -> int:
    """How much each run corrected."""
    begins, ends = day_from(first, "--since"), day_from(last, "--until")
    from trueup.app.reports import corrections as use
    from trueup.cli.session import waited, workspace

    with workspace(ctx) as ws:
        table = waited(use.corrections, ws, begins, ends)
    return _shown(table, out, as_json)
