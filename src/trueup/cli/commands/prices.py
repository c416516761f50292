"""`trueup prices`: what vendors ask, and the least that they bill."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault, day_from, decimal_from, one_of, pairs_from, whole
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

_Json = Annotated[bool, typer.Option("--json", help="json")]
_RULES = ("volume", "graduated")


@app.callback(cls=SpokenGroup)
def prices() -> None:
    """Vendor prices."""


@app.command("set", cls=SpokenCommand)
def set_price(
    ctx: typer.Context,
    metric: Annotated[str, typer.Argument(metavar="BILLING-TYPE", help="prices.metric")],
    price: Annotated[str, typer.Argument(metavar="PRICE", help="prices.price")],
    currency: Annotated[str, typer.Option("--currency", metavar="CODE", help="prices.currency")],
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="prices.first")],
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="prices.last")] = None,
    tier: Annotated[list[str] | None, typer.Option("--tier", metavar="ABOVE=PRICE", help="prices.tier")] = None,
    tiers: Annotated[str, typer.Option("--tiers", metavar="RULE", help="prices.tiers")] = "volume",
    minimum: Annotated[str | None, typer.Option("--minimum", metavar="NUMBER", help="prices.minimum")] = None,
    as_json: _Json = False,
) -> int:
    """Save a price."""
    one_of(tiers, _RULES, "--tiers")
    begins, ends = day_from(first, "--from"), day_from(last, "--to")
    amount, least = decimal_from(price, "PRICE"), decimal_from(minimum, "--minimum")
    steps = [
        (decimal_from(above, "--tier"), decimal_from(of, "--tier"))
        for above, of in pairs_from(tier or (), "--tier").items()
    ]
    from decimal import Decimal

    from trueup.app.margins import prices as use
    from trueup.cli.console import out
    from trueup.cli.rendering.margins import prices_plain, write_prices
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace
    from trueup.core.margins.prices import Commitment, Tier, TierRule, VendorPrice

    if begins is None or amount is None:
        raise UsageFault("usage.missing_option", option="--from")
    levels = [Tier(Decimal(0), amount), *(Tier(above or Decimal(0), of or Decimal(0)) for above, of in steps)]
    new = VendorPrice(metric, currency.upper(), begins, ends, tuple(levels), TierRule(tiers))
    commitments = [Commitment(metric, least, begins, ends)] if least is not None else []
    with workspace(ctx) as ws:
        saved = waited(use.save_prices, ws, (new,), commitments)
    write_json(prices_plain(saved)) if as_json else write_prices(out(), saved, words())
    return 0


@app.command("commit", cls=SpokenCommand)
def commit(
    ctx: typer.Context,
    metric: Annotated[str, typer.Argument(metavar="BILLING-TYPE", help="prices.metric")],
    quantity: Annotated[str, typer.Argument(metavar="NUMBER", help="prices.minimum")],
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="prices.first")],
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="prices.last")] = None,
    as_json: _Json = False,
) -> int:
    """Save a minimum quantity."""
    begins, ends, least = day_from(first, "--from"), day_from(last, "--to"), decimal_from(quantity, "NUMBER")
    from trueup.app.margins import prices as use
    from trueup.cli.console import out
    from trueup.cli.rendering.margins import prices_plain, write_prices
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace
    from trueup.core.margins.prices import Commitment

    if begins is None or least is None:
        raise UsageFault("usage.missing_option", option="--from")
    with workspace(ctx) as ws:
        saved = waited(use.save_prices, ws, (), (Commitment(metric, least, begins, ends),))
    write_json(prices_plain(saved)) if as_json else write_prices(out(), saved, words())
    return 0


@app.command("import", cls=SpokenCommand)
def import_prices(
    ctx: typer.Context, file: Annotated[str, typer.Argument(metavar="FILE", help="prices.file")], as_json: _Json = False
) -> int:
    """Save a price list."""
    from trueup.app.margins import prices as use
    from trueup.cli.console import out
    from trueup.cli.rendering.margins import prices_plain, write_prices
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        saved = waited(use.import_prices, ws, Path(file))
    write_json(prices_plain(saved)) if as_json else write_prices(out(), saved, words())
    return 0


@app.command("list", cls=SpokenCommand)
def list_prices(ctx: typer.Context, as_json: _Json = False) -> int:
    """Show prices and minimum quantities."""
    from trueup.app.margins import prices as use
    from trueup.cli.console import out
    from trueup.cli.rendering.margins import prices_plain, write_prices
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        found = waited(use.list_prices, ws)
    write_json(prices_plain(found)) if as_json else write_prices(out(), found, words())
    return 0


@app.command("end", cls=SpokenCommand)
def end(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="prices.number")],
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="prices.last")],
    as_json: _Json = False,
) -> int:
    """Let a price end."""
    wanted = whole(number, "NUMBER")
    day = day_from(last, "--to")
    from trueup.app.margins import prices as use
    from trueup.cli.console import out
    from trueup.cli.rendering.margins import prices_plain, write_prices
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    if day is None:
        raise UsageFault("usage.missing_option", option="--to")
    with workspace(ctx) as ws:
        ended = waited(use.end_price, ws, wanted, day)
    found = ((ended,), ())
    write_json(prices_plain(found)) if as_json else write_prices(out(), found, words())
    return 0


@app.command("remove", cls=SpokenCommand)
def remove(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="prices.number")],
    minimum: Annotated[bool, typer.Option("--minimum", help="prices.remove_minimum")] = False,
) -> int:
    """Take a price or a minimum away."""
    wanted = whole(number, "NUMBER")
    from trueup.app.margins import prices as use
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        waited(use.remove_commitment if minimum else use.remove_price, ws, wanted)
    paragraph(out(), words().text("cli.prices.removed", number=wanted))
    return 0
