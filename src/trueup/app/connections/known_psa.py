"""The PSA as it was last read; read now, and kept, where nothing was read yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from typing import TypeVar

from trueup.app.clock import usage_day
from trueup.app.errors import UseCaseError
from trueup.app.workspace import Workspace
from trueup.core.contract import Contract, Customer, Line, Service

T = TypeVar("T")


async def catalogue_known(ws: Workspace, *, again: bool = False) -> None:
    """Make sure that customers and services are known; `again` reads them anew. Two calls of the PSA's lists.

    Raises UseCaseError `setup.no_psa`, PsaReadError.
    """
    known = await ws.step(ws.store.psa.customers)
    if known and not again:
        return
    async with ws.psa() as psa:
        snapshot = await psa.read_catalogue()
    await ws.step(ws.store.psa.save_snapshot, snapshot, catalogue_only=True)


async def lines_known(ws: Workspace, *, again: bool = False) -> None:
    """Make sure that contracts and lines are known; `again` reads everything anew.

    Raises UseCaseError `setup.no_psa`, PsaReadError.
    """
    read_at = await ws.step(ws.store.psa.read_at)
    if read_at is not None and not again:
        return
    from trueup.app.plans.assembling import plan_days  # noqa: PLC0415 - the whole of planning

    settings = await ws.step(ws.store.settings.get)
    days = plan_days(usage_day(ws.now(), settings), settings, ())
    async with ws.psa() as psa:
        snapshot = await psa.read(days.first, days.last)
    await ws.step(ws.store.psa.save_snapshot, replace(snapshot, read_at=ws.now()))


async def asked_again(
    attempt: Callable[[], Awaitable[T]], unknown: Collection[str], read: Callable[[], Awaitable[None]]
) -> T:
    """Try once more after the PSA was read anew, where the first try met something unknown: it may be new there.

    `unknown` are the codes of a UseCaseError that mean this. A PSA that cannot be read leaves the first error.
    """
    try:
        return await attempt()
    except UseCaseError as error:
        if error.reason.code not in unknown:
            raise
        from trueup.psa.port import PsaReadError  # noqa: PLC0415 - rare

        try:
            await read()
        except PsaReadError:
            raise error from None
    return await attempt()


class PsaNames:
    """Names of what the PSA holds, also of what is gone from it. Reads the store once, when it is made."""

    def __init__(self, ws: Workspace) -> None:
        psa = ws.store.psa
        with ws.store.reading():
            self.customers: dict[str, Customer] = {found.id: found for found in psa.customers(with_gone=True)}
            self.services: dict[str, Service] = {found.id: found for found in psa.services(with_gone=True)}
            self.contracts: dict[str, Contract] = {found.id: found for found in psa.contracts(with_gone=True)}
            self.lines: dict[str, Line] = {found.id: found for found in psa.lines(with_gone=True)}

    def customer(self, customer_id: str) -> str:
        """A customer's name; its id where it was never seen."""
        found = self.customers.get(customer_id)
        return found.name if found else customer_id

    def service(self, service_id: str) -> str:
        """A service's name; its id where it was never seen."""
        found = self.services.get(service_id)
        return found.name if found else service_id

    def contract(self, contract_id: str) -> str:
        """A contract's name; its id where it was never seen."""
        found = self.contracts.get(contract_id)
        return found.name if found else contract_id
