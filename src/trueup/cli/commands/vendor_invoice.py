"""`trueup vendor-invoice`: invoices of vendors, read by the vendor's profile."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault, month_from, pairs_from, whole
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

_Json = Annotated[bool, typer.Option("--json", help="json")]
_Vendor = Annotated[str, typer.Option("--vendor", metavar="NAME", help="vendor-invoice.vendor")]


@app.callback(cls=SpokenGroup)
def vendor_invoice() -> None:
    """Invoices of vendors."""


@app.command("profile", cls=SpokenCommand)
def profile(
    ctx: typer.Context,
    vendor: Annotated[str | None, typer.Argument(metavar="NAME", help="vendor-invoice.vendor")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="vendor-invoice.set")] = None,
    as_json: _Json = False,
) -> int:
    """Save what the columns of a vendor's invoices mean, or show it."""
    pairs = pairs_from(settings or (), "--set")
    from trueup.app.margins import invoices
    from trueup.cli.console import out
    from trueup.cli.rendering.margins import write_vendors
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        if vendor is not None and pairs:
            found = {vendor: waited(invoices.save_vendor, ws, vendor, pairs)}
        else:
            found = {name: one for name, one in waited(invoices.list_vendors, ws).items() if vendor in (None, name)}
    if as_json:
        write_json({"vendors": {name: dict(one) for name, one in found.items()}})
    else:
        write_vendors(out(), found, words())
    return 0


@app.command("import", cls=SpokenCommand)
def import_invoice(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="vendor-invoice.file")],
    vendor: _Vendor,
    month: Annotated[str, typer.Option("--month", metavar="YYYY-MM", help="vendor-invoice.month")],
    number: Annotated[str | None, typer.Option("--number", metavar="NUMBER", help="vendor-invoice.number")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="vendor-invoice.preview")] = False,
    as_json: _Json = False,
) -> int:
    """Take an invoice, whole or not at all."""
    day = month_from(month, "--month")
    if day is None:
        raise UsageFault("usage.missing_option", option="--month")
    from trueup.app.margins import invoices
    from trueup.cli.console import out
    from trueup.cli.rendering.margins import import_plain, write_import
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    asked = invoices.InvoiceAsked(vendor, day, number, preview)
    with workspace(ctx) as ws:
        found = waited(invoices.import_invoice, ws, Path(file), asked)
    write_json(import_plain(found)) if as_json else write_import(out(), found, words())
    return 0


@app.command("list", cls=SpokenCommand)
def list_invoices(ctx: typer.Context, as_json: _Json = False) -> int:
    """Show every invoice."""
    from trueup.app.margins import invoices
    from trueup.cli.console import out
    from trueup.cli.rendering.margins import invoices_plain, write_invoices
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        found = waited(invoices.list_invoices, ws)
    write_json({"invoices": invoices_plain(found)}) if as_json else write_invoices(out(), found, words())
    return 0


@app.command("remove", cls=SpokenCommand)
def remove(
    ctx: typer.Context, number: Annotated[str, typer.Argument(metavar="NUMBER", help="vendor-invoice.id")]
) -> int:
    """Take an invoice away."""
    wanted = whole(number, "NUMBER")
    from trueup.app.margins import invoices
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        waited(invoices.remove_invoice, ws, wanted)
    paragraph(out(), words().text("cli.vendor-invoice.removed", number=wanted))
    return 0
