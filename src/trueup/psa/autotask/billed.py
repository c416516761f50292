"""Posted billing items of lines: what Autotask billed, in bulk.

An item of a change carries the id of its adjustment, one of a period does not (Autotask REST, page on BillingItems, and
the recorded items of a client in production; docs/decisions/0082-what-the-psa-billed.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from trueup.psa.autotask import listings
from trueup.psa.autotask.ranges import Walker, as_it_is
from trueup.psa.autotask.rows import PostedItemRow
from trueup.psa.autotask.together import together
from trueup.psa.autotask.translation import BUNDLE, day_of, exact, is_bundle, number_of
from trueup.psa.port import BilledItem


def _item(row: PostedItemRow) -> BilledItem | None:
    if row.quantity is None or row.extended_price is None:
        return None
    bundle = row.contract_service_bundle_id
    line_id = str(row.contract_service_id) if bundle is None else f"{BUNDLE}{bundle}"
    change = row.contract_service_adjustment_id or row.contract_service_bundle_adjustment_id
    return BilledItem(
        str(row.id),
        line_id,
        day_of(row.item_date, "BillingItems", row.id, "itemDate"),
        exact(row.quantity) or row.quantity,
        row.extended_price,
        change is not None,
    )


async def billed_items(walker: Walker, line_ids: Sequence[str], first: date, last: date) -> tuple[BilledItem, ...]:
    """Items of some lines, by day. Raises PsaReadError."""
    services = [number_of(one) for one in line_ids if not is_bundle(one)]
    bundles = [number_of(one) for one in line_ids if is_bundle(one)]
    listing = listings.posted_items(first, last)
    async with together() as group:
        of_services = group.create_task(walker.by_ids(listing, "contractServiceID", services, as_it_is))
        of_bundles = group.create_task(walker.by_ids(listing, "contractServiceBundleID", bundles, as_it_is))
    found = [item for row in (*of_services.result(), *of_bundles.result()) if (item := _item(row)) is not None]
    return tuple(sorted(found, key=lambda item: (item.day, int(item.id))))
