"""`trueup margins`: what vendors bill beside what customers are billed."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import decimal_from, month_from
from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def margins(
    ctx: typer.Context,
    month: Annotated[str | None, typer.Option("--month", metavar="YYYY-MM", help="margins.month")] = None,
    tolerance: Annotated[str, typer.Option("--tolerance", metavar="PERCENT", help="margins.tolerance")] = "1",
    customers: Annotated[bool, typer.Option("--customers", help="margins.customers")] = False,
    costs: Annotated[bool, typer.Option("--costs", help="margins.costs")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Reads the store only."""
    day = month_from(month, "--month")
    share = (decimal_from(tolerance, "--tolerance") or 0) / 100
    from decimal import Decimal

    from trueup.app.margins.costs import unit_costs
    from trueup.app.margins.reckoning import margins_of
    from trueup.cli.console import out
    from trueup.cli.rendering.margins import costs_plain, report_plain, write_costs, write_report
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        if costs:
            found = waited(unit_costs, ws, day)
            write_json(costs_plain(found, said)) if as_json else write_costs(out(), found, said)
            return 0
        report = waited(margins_of, ws, day, Decimal(share))
    if as_json:
        write_json(report_plain(report, said))
    else:
        write_report(out(), report, said, with_customers=customers)
    return 0
