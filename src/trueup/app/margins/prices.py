"""Vendor prices and minimum quantities: set by hand or by a price list, never overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from trueup.app.counting.vocabulary import Vocabulary, vocabulary
from trueup.app.errors import Exit, UseCaseError, failed, refused
from trueup.app.usage.importing import bytes_of
from trueup.app.workspace import Workspace
from trueup.core.margins.prices import Commitment, VendorPrice, overlapping
from trueup.core.reason import Param, Reason
from trueup.modules.files.invoice_file import PriceList, read_prices
from trueup.modules.files.refusing import FileRefusedError

_CODE = 3


def _wrong(code: str, **params: Param) -> UseCaseError:
    return UseCaseError(Reason.of(code, **params), Exit.USAGE)


def _check_days(one: VendorPrice | Commitment, known: Vocabulary) -> None:
    counted = one.metric in known.types or (one.metric in known.metrics and known.metrics[one.metric].over_items)
    if not counted:
        raise _wrong("price.unknown_metric", metric=one.metric)
    if one.last is not None and one.last < one.first:
        raise _wrong("price.days", metric=one.metric, first=one.first, last=one.last)


def _check_price(price: VendorPrice, known: Vocabulary, others: Iterable[VendorPrice]) -> None:
    _check_days(price, known)
    if not (len(price.currency) == _CODE and price.currency.isascii() and price.currency.isupper()):
        raise _wrong("price.currency", metric=price.metric, currency=price.currency)
    levels = [tier.above for tier in price.tiers]
    if not levels or levels[0] != 0 or sorted(set(levels)) != levels:
        raise _wrong("price.tiers", metric=price.metric)
    if any(tier.price < 0 for tier in price.tiers):
        raise _wrong("price.negative", metric=price.metric)
    there = overlapping(price, others)
    if there is not None:
        raise refused("price.overlaps", metric=price.metric, price=there.id, first=there.first, last=there.last)


def _check_commitment(one: Commitment, known: Vocabulary, others: Iterable[Commitment]) -> None:
    _check_days(one, known)
    if one.quantity <= 0:
        raise _wrong("price.no_minimum", metric=one.metric)
    there = overlapping(one, others)
    if there is not None:
        raise refused("price.minimum_overlaps", metric=one.metric, number=there.id, first=there.first, last=there.last)


def _save(ws: Workspace, given: PriceList) -> PriceList:
    store = ws.store
    with store.writing():
        known = vocabulary(ws)
        prices, commitments = list(store.vendors.prices()), list(store.vendors.commitments())
        new_prices: list[VendorPrice] = []
        new_commitments: list[Commitment] = []
        for price in given[0]:
            if any(replace(one, id=0) == price for one in prices):
                continue  # the same list twice changes nothing
            _check_price(price, known, prices)
            kept = replace(price, id=store.vendors.add_price(price, ws.actor, now=ws.now()))
            prices.append(kept)
            new_prices.append(kept)
            detail = Reason.of(
                "audit.price_saved",
                metric=price.metric,
                price=price.tiers[0].price,
                currency=price.currency,
                first=price.first,
            )
            store.audit.add(ws.actor, "price.saved", detail, now=ws.now())
        for one in given[1]:
            if any(replace(each, id=0) == one for each in commitments):
                continue
            _check_commitment(one, known, commitments)
            saved = replace(one, id=store.vendors.add_commitment(one, ws.actor, now=ws.now()))
            commitments.append(saved)
            new_commitments.append(saved)
            told = Reason.of("audit.commitment_saved", metric=one.metric, quantity=one.quantity, first=one.first)
            store.audit.add(ws.actor, "commitment.saved", told, now=ws.now())
        return tuple(new_prices), tuple(new_commitments)


async def save_prices(
    ws: Workspace, prices: Iterable[VendorPrice], commitments: Iterable[Commitment] = ()
) -> PriceList:
    """Save prices and minimum quantities, all of them or none; gives those that are new.

    Raises UseCaseError with exit code 2: `price.unknown_metric`, `price.days`, `price.currency`, `price.tiers`,
    `price.negative`, `price.no_minimum`; with exit code 4 `price.overlaps`, `price.minimum_overlaps`.
    """
    return await ws.step(_save, ws, (tuple(prices), tuple(commitments)))


async def import_prices(ws: Workspace, path: Path) -> PriceList:
    """Save a price list. Raises as `save_prices` does; UseCaseError with the file and the line where it is not read."""
    data = await ws.step(bytes_of, path)
    try:
        prices, commitments = await ws.step(read_prices, data)
    except FileRefusedError as error:
        raise refusal_of(error, path.name) from None
    return await save_prices(ws, prices, commitments)


def refusal_of(error: FileRefusedError, file: str) -> UseCaseError:
    """Why a file was not taken, with its name."""
    params = {**error.failure.reason.as_dict(), "file": file}
    return UseCaseError(Reason.of(error.failure.reason.code, **params))


def _end(ws: Workspace, number: int, last: date) -> VendorPrice:
    store = ws.store
    with store.writing():
        price = next((one for one in store.vendors.prices() if one.id == number), None)
        if price is None:
            raise failed("price.unknown_price", price=number)
        if last < price.first:
            raise _wrong("price.days", metric=price.metric, first=price.first, last=last)
        store.vendors.remove_price(number, ws.actor, now=ws.now())
        ended = replace(price, last=last, id=0)
        there = overlapping(ended, store.vendors.prices())
        if there is not None:
            raise refused("price.overlaps", metric=price.metric, price=there.id, first=there.first, last=there.last)
        number = store.vendors.add_price(ended, ws.actor, now=ws.now())
        detail = Reason.of("audit.price_ended", metric=price.metric, first=price.first, last=last)
        store.audit.add(ws.actor, "price.ended", detail, now=ws.now())
    return replace(ended, id=number)


async def end_price(ws: Workspace, number: int, last: date) -> VendorPrice:
    """Let a price hold until a day, inclusive; the one without that end stays on record.

    Raises UseCaseError `price.unknown_price`, `price.days`, `price.overlaps`."""
    return await ws.step(_end, ws, number, last)


def _remove(ws: Workspace, number: int, *, minimum: bool) -> None:
    store = ws.store
    with store.writing():
        remove = store.vendors.remove_commitment if minimum else store.vendors.remove_price
        if not remove(number, ws.actor, now=ws.now()):
            raise failed("price.unknown_minimum" if minimum else "price.unknown_price", price=number)
        code = "audit.commitment_removed" if minimum else "audit.price_removed"
        store.audit.add(ws.actor, "price.removed", Reason.of(code, number=number), now=ws.now())


async def remove_price(ws: Workspace, number: int) -> None:
    """Take a price away that should never have been. Raises UseCaseError `price.unknown_price`."""
    await ws.step(_remove, ws, number, minimum=False)


async def remove_commitment(ws: Workspace, number: int) -> None:
    """Take a minimum quantity away. Raises UseCaseError `price.unknown_minimum`."""
    await ws.step(_remove, ws, number, minimum=True)


async def list_prices(ws: Workspace) -> PriceList:
    """Every price and every minimum quantity."""
    return await ws.step(lambda: (ws.store.vendors.prices(), ws.store.vendors.commitments()))
