"""Margins, prices and invoices of vendors as a person reads them, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from rich.console import Console

from trueup.app.margins.costs import UnitCostList
from trueup.app.margins.invoices import InvoiceImport
from trueup.app.margins.reckoning import MarginReport
from trueup.cli.rendering.plain import Plain, reason_plain, value_plain
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.core.margins.invoice import VendorInvoice
from trueup.core.margins.margin import Amounts, CustomerFigures, Difference, MarginRow, MetricFigures
from trueup.core.margins.prices import VendorPrice
from trueup.messages.sentences import Sentences, harmless
from trueup.modules.files.invoice_file import PriceList
from trueup.store.vendors import StoredInvoice


def _amounts(found: Amounts, said: Sentences) -> str:
    return ", ".join(said.money(amount, currency) for currency, amount in sorted(found.items(), key=str)) or "-"


def _number(value: Decimal | None, said: Sentences) -> str:
    return "-" if value is None else said.number(value)


def _titles(said: Sentences, *names: str) -> list[str]:
    return [said.text(f"cli.margins.{name}") for name in names]


def _rows(row: MarginRow, report: MarginReport, said: Sentences) -> Iterable[tuple[str, ...]]:
    """One line a billing type; what belongs to all of them together stands on the first."""
    margin = "-" if row.margin is None else said.signed_money(row.margin, row.currency)
    for place, one in enumerate(row.metrics):
        cost = _amounts(one.cost, said) + (" *" if one.estimated else "")
        figures = (_number(one.committed, said), said.number(one.used), _number(one.invoiced, said), cost)
        own = (said.number(row.units), _amounts(row.billed, said), margin) if not place else ("", "", "")
        yield (report.labels.get(one.metric, one.metric), *figures, *own)


def write_report(console: Console, report: MarginReport, said: Sentences, *, with_customers: bool) -> None:
    """The rows, then every difference with its cause and what it is worth."""
    head = said.text("cli.margins.head", first=report.month.start, last=report.month.end, invoices=report.invoices)
    paragraph(console, head, style="bold")
    if not report.rows:
        paragraph(console, said.text("cli.margins.none"))
    else:
        titles = _titles(said, "type", "committed", "used", "invoiced", "cost", "billed", "billed_amount", "margin")
        rows = [cells for row in report.rows for cells in _rows(row, report, said)]
        write_table(console, titles, rows, right=(1, 2, 3, 4, 5, 6, 7))
    if any(row.estimated for row in report.rows):
        paragraph(console, said.text("cli.margins.estimated"), style="dim")
    for row in report.rows:
        for one in row.differences:
            worth = "" if one.amount is None else f" ({said.signed_money(one.amount, one.currency)})"
            paragraph(console, f"- {said.say(report.named(one.reason), one.currency)}{worth}")
    for unmatched in report.unmatched:
        told = said.text(
            "cli.margins.unmatched",
            vendor=unmatched.vendor,
            number=unmatched.number,
            line=unmatched.row.line,
            product=unmatched.row.product,
            amount=said.money(unmatched.row.amount, unmatched.currency),
        )
        paragraph(console, told)
    if report.nobody:
        paragraph(console, said.text("cli.margins.nobody", rows=report.nobody))
    if with_customers:
        _write_customers(console, report, said)


def _write_customers(console: Console, report: MarginReport, said: Sentences) -> None:
    for row in report.rows:
        console.print()
        services = ", ".join(report.services[one] for one in row.services) or said.text("word.nothing")
        paragraph(console, services, style="bold")
        rows = [
            (
                report.customers[one.customer_id],
                ", ".join(f"{report.labels.get(metric, metric)} {said.number(value)}" for metric, value in one.used),
                _amounts(one.cost, said),
                said.number(one.units),
                _amounts(one.billed, said),
            )
            for one in row.customers
        ]
        write_table(
            console, _titles(said, "customer", "used", "cost", "billed", "billed_amount"), rows, right=(2, 3, 4)
        )


def _amounts_plain(found: Amounts) -> list[Plain]:
    return [{"currency": currency, "amount": value_plain(amount)} for currency, amount in found.items()]


def _metric_plain(one: MetricFigures, report: MarginReport) -> dict[str, Plain]:
    expected = one.expected.amount if one.expected else None
    return {
        "metric": one.metric,
        "label": report.labels.get(one.metric, one.metric),
        "committed": value_plain(one.committed),
        "used": value_plain(one.used),
        "invoiced": value_plain(one.invoiced),
        "cost": _amounts_plain(one.cost),
        "estimated": one.estimated,
        "expected": value_plain(expected),
    }


def _difference_plain(one: Difference, said: Sentences) -> dict[str, Plain]:
    worth = {"amount": value_plain(one.amount), "currency": one.currency}
    return {"reason": reason_plain(one.reason, said, one.currency), **worth}


def _customer_plain(one: CustomerFigures, report: MarginReport) -> dict[str, Plain]:
    return {
        "customer": one.customer_id,
        "customer_name": report.customers[one.customer_id],
        "used": {metric: value_plain(value) for metric, value in one.used},
        "cost": _amounts_plain(one.cost),
        "units": one.units,
        "billed": _amounts_plain(one.billed),
        "is_billed": one.is_billed,
    }


def report_plain(report: MarginReport, said: Sentences) -> dict[str, Plain]:
    """The report as JSON, all of it."""
    return {
        "first": report.month.start.isoformat(),
        "last": report.month.end.isoformat(),
        "used_on": value_plain(report.used_on),
        "billed_on": value_plain(report.billed_on),
        "invoices": report.invoices,
        "rows": [
            {
                "services": [{"id": one, "name": report.services[one]} for one in row.services],
                "metrics": [_metric_plain(one, report) for one in row.metrics],
                "units": row.units,
                "billed": _amounts_plain(row.billed),
                "cost": _amounts_plain(row.cost),
                "margin": value_plain(row.margin),
                "currency": row.currency,
                "estimated": row.estimated,
                "differences": [_difference_plain(one, said) for one in row.differences],
                "customers": [_customer_plain(one, report) for one in row.customers],
            }
            for row in report.rows
        ],
        "unmatched": [
            {
                "vendor": one.vendor,
                "number": one.number,
                "line": one.row.line,
                "product": one.row.product,
                "quantity": value_plain(one.row.quantity),
                "amount": value_plain(one.row.amount),
                "currency": one.currency,
            }
            for one in report.unmatched
        ],
        "rows_of_unknown_customers": report.nobody,
    }


def _tiers(price: VendorPrice, said: Sentences) -> str:
    more = [
        said.text("cli.prices.above", above=tier.above, price=said.price(tier.price, price.currency))
        for tier in price.tiers[1:]
    ]
    return ", ".join([said.price(price.tiers[0].price, price.currency), *more])


def write_prices(console: Console, found: PriceList, said: Sentences) -> None:
    """Prices, then minimum quantities."""
    prices, commitments = found
    titles = [said.text(f"cli.prices.{name}") for name in ("number", "type", "price", "first", "last")]
    if prices:
        rows = [
            (str(one.id), one.metric, _tiers(one, said), said.day(one.first), said.day(one.last) if one.last else "-")
            for one in prices
        ]
        write_table(console, titles, rows, right=(0,))
    if commitments:
        titles[2] = said.text("cli.prices.minimum")
        rows = [
            (
                str(one.id),
                one.metric,
                said.number(one.quantity),
                said.day(one.first),
                said.day(one.last) if one.last else "-",
            )
            for one in commitments
        ]
        write_table(console, titles, rows, right=(0, 2))
    if not prices and not commitments:
        paragraph(console, said.text("cli.prices.none"))


def prices_plain(found: PriceList) -> dict[str, Plain]:
    """The same as JSON."""
    prices, commitments = found
    return {
        "prices": [
            {
                "number": one.id,
                "metric": one.metric,
                "currency": one.currency,
                "from": one.first.isoformat(),
                "to": value_plain(one.last),
                "tiers": [{"above": value_plain(t.above), "price": value_plain(t.price)} for t in one.tiers],
                "rule": one.rule.value,
            }
            for one in prices
        ],
        "minimums": [
            {
                "number": one.id,
                "metric": one.metric,
                "quantity": value_plain(one.quantity),
                "from": one.first.isoformat(),
                "to": value_plain(one.last),
            }
            for one in commitments
        ],
    }


def write_vendors(console: Console, found: Mapping[str, Mapping[str, str]], said: Sentences) -> None:
    """Vendors with their profiles."""
    for vendor, settings in found.items():
        paragraph(console, vendor, style="bold")
        for key, value in sorted(settings.items()):
            paragraph(console, f"{key}={value}", left=2)
    if not found:
        paragraph(console, said.text("cli.vendor-invoice.no_vendor"))


def _invoice_plain(invoice: VendorInvoice) -> dict[str, Plain]:
    return {
        "vendor": invoice.vendor,
        "number": invoice.number,
        "month": invoice.month.isoformat()[:7],
        "currency": invoice.currency,
        "rows": len(invoice.rows),
        "total": value_plain(invoice.total),
        "file": invoice.file,
    }


def import_plain(found: InvoiceImport) -> dict[str, Plain]:
    """What became of an invoice, as JSON."""
    return {"state": found.state.value, **_invoice_plain(found.invoice)}


def invoices_plain(found: Iterable[StoredInvoice]) -> list[Plain]:
    """Invoices as JSON."""
    return [{"id": one.id, **_invoice_plain(one.invoice), "saved_by": one.saved_by} for one in found]


def write_import(console: Console, found: InvoiceImport, said: Sentences) -> None:
    """What became of an invoice."""
    invoice = found.invoice
    total = said.money(invoice.total, invoice.currency)
    key = f"cli.vendor-invoice.{found.state.value}"
    told = said.text(key, vendor=invoice.vendor, number=invoice.number, rows=len(invoice.rows), total=total)
    paragraph(console, told)


def write_invoices(console: Console, found: Iterable[StoredInvoice], said: Sentences) -> None:
    """Invoices, the newest month first."""
    rows = [
        (
            str(one.id),
            one.invoice.vendor,
            one.invoice.number,
            one.invoice.month.isoformat()[:7],
            said.money(one.invoice.total, one.invoice.currency),
        )
        for one in found
    ]
    if not rows:
        paragraph(console, said.text("cli.vendor-invoice.none"))
        return
    titles = [said.text(f"cli.vendor-invoice.{name}") for name in ("id", "vendor", "number", "month", "total")]
    write_table(console, titles, rows, right=(0, 4))


def costs_plain(found: UnitCostList, said: Sentences) -> dict[str, Plain]:
    """Unit costs that are not what vendors ask, and services of which none can be said, as JSON."""
    costs: list[Plain] = [
        {
            "service": one.service_id,
            "service_name": one.service,
            "known": value_plain(one.known),
            "cost": value_plain(one.cost),
            "currency": one.currency,
            "metrics": list(one.metrics),
        }
        for one in found.costs
    ]
    without: list[Plain] = [
        {
            "service": one.service_id,
            "service_name": one.service,
            "known": value_plain(one.known),
            "reason": reason_plain(one.reason, said),
        }
        for one in found.without
    ]
    return {"costs": costs, "undecided": without}


def write_costs(console: Console, found: UnitCostList, said: Sentences) -> None:
    """Unit costs that the PSA's catalogue should have, and where none can be said."""
    rows = [
        (
            one.service,
            "-" if one.known is None else said.price(one.known, one.currency),
            said.price(one.cost, one.currency),
            ", ".join(one.metrics),
        )
        for one in found.costs
    ]
    if rows:
        paragraph(console, said.text("cli.margins.costs_head", services=len(rows)), style="bold")
        write_table(console, _titles(said, "service", "known_cost", "proposed_cost", "type"), rows, right=(1, 2))
    else:
        paragraph(console, said.text("cli.margins.costs_right"))
    if found.without:
        paragraph(console, said.text("cli.margins.costs_undecided", services=len(found.without)), style="bold")
    for one in found.without:
        paragraph(console, f"{harmless(one.service)}: {said.say(one.reason)}", 2)
        cure = said.cure(one.reason)
        if cure:
            paragraph(console, cure, 4, "dim")
