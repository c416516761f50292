"""Money of the demonstration: what a vendor asks and bills, beside what customers are billed, and a check across two
modules. The vendor bills a few agents more than there are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from trueup.app.checks import counting, saving
from trueup.app.margins import invoices, prices
from trueup.app.usage.newest_usage import newest_usage
from trueup.app.workspace import Workspace
from trueup.core.checks.cross_check import CrossCheck
from trueup.core.margins.prices import Tier, VendorPrice

METRIC: Final = "huntress.agents"
PRICE: Final = Decimal("2.40")
VENDOR: Final = "huntress"
TOO_MANY: Final = 21
_PROFILE = {"product": "Product", "quantity": "Quantity", "amount": "Amount", f"name.{METRIC}": "Managed EDR"}
CHECK: Final = CrossCheck("more-devices-than-edr", "datto_rmm.desktop_laptop + datto_rmm.server > huntress.agents")


async def find_money(ws: Workspace, today: date, folder: Path) -> None:
    """Save a price, bring in an invoice of the present month, and count a check."""
    usage = await ws.step(newest_usage, ws.store)
    agents = sum(
        (one.value for figures in usage.figures.values() for one in figures if one.metric == METRIC), Decimal(0)
    )
    currency = (await ws.step(ws.store.settings.get)).currency
    if not agents or currency is None:
        return
    month = today.replace(day=1)
    await prices.save_prices(ws, [VendorPrice(METRIC, currency, month, None, (Tier(Decimal(0), PRICE),))])
    await invoices.save_vendor(ws, VENDOR, _PROFILE)
    billed = agents + TOO_MANY
    path = folder / "huntress.csv"
    path.write_text(f"Product,Quantity,Amount\nManaged EDR,{billed},{billed * PRICE}\n", encoding="utf-8", newline="")
    await invoices.import_invoice(ws, path, invoices.InvoiceAsked(VENDOR, month, f"H-{month:%Y-%m}"))
    await saving.define(ws, CHECK)
    await counting.count_all(ws)
