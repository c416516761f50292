"""Customers that are being taken on: until a day, their rises are held by no rail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from trueup.app.clock import usage_day
from trueup.app.connections.known_psa import asked_again, catalogue_known
from trueup.app.counting.item_metrics import wrong
from trueup.app.errors import failed
from trueup.app.workspace import Workspace
from trueup.core.naming import plain
from trueup.core.reason import Reason


@dataclass(frozen=True, slots=True)
class Onboarding:
    """A customer that is being taken on, and the last usage day on which that counts."""

    customer_id: str
    name: str
    until: date


def _customer(ws: Workspace, wanted: str) -> tuple[str, str]:
    customers = ws.store.psa.customers()
    found = [one for one in customers if one.id == wanted] or [
        one for one in customers if plain(one.name) == plain(wanted)
    ]
    if len(found) > 1:
        ids = ", ".join(sorted(one.id for one in found))
        raise wrong("rules.ambiguous_name", what="customer", name=wanted, ids=ids)
    if not found:
        raise failed("customers.unknown_customer", customer=wanted)
    return found[0].id, found[0].name


def _set(ws: Workspace, wanted: str, until: date | None) -> Onboarding | None:
    store = ws.store
    with store.writing():
        customer, name = _customer(ws, wanted)
        settings = store.settings.get()
        today = usage_day(ws.now(), settings)
        if until is not None and until < today:
            raise wrong("customers.onboarding_over", until=until, today=today)
        others = tuple(one for one in settings.onboarding if one[0] != customer)
        mine = () if until is None else ((customer, until),)
        store.settings.save(replace(settings, onboarding=tuple(sorted((*others, *mine)))), ws.actor, now=ws.now())
        detail = Reason.of("audit.onboarding", customer=customer, name=name, until=until)
        store.audit.add(ws.actor, "customer.onboarding", detail, now=ws.now())
    return None if until is None else Onboarding(customer, name, until)


async def set_onboarding(ws: Workspace, customer: str, until: date | None) -> Onboarding | None:
    """Say until when a customer is being taken on; None ends it.

    Raises UseCaseError `customers.unknown_customer`, `rules.ambiguous_name`, `customers.onboarding_over`.
    """
    await catalogue_known(ws)
    return await asked_again(
        lambda: ws.step(_set, ws, customer, until),
        ("customers.unknown_customer",),
        lambda: catalogue_known(ws, again=True),
    )
