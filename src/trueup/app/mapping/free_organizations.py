"""Organizations of one connection that may be given to a customer, by their names."""

from __future__ import annotations

from dataclasses import dataclass

from trueup.app.mapping.customers_view import OFFERED
from trueup.app.mapping.matching import CustomerNames
from trueup.app.mapping.versions import version_of
from trueup.app.workspace import Workspace
from trueup.core.naming import plain
from trueup.core.usage import ModuleOrganization


@dataclass(frozen=True, slots=True)
class FreeOrganization:
    """An organization that nobody has decided on. `score` is how well it fits the customer, 0 where nothing speaks for
    it; `version` stands for its decisions."""

    connection: str
    organization: ModuleOrganization
    version: str
    score: int


def _free(ws: Workspace, connection: str, customer_id: str, text: str) -> tuple[FreeOrganization, ...]:
    store = ws.store
    words = plain(text).split() if text.strip() else []
    with store.reading():
        names = CustomerNames(store.psa.customers())
        waiting = [one for one in store.customers.unmapped() if one.connection == connection and one.gone_since is None]
    version = version_of(())
    found: list[FreeOrganization] = []
    for one in waiting:
        if all(word in plain(one.organization.name) for word in words):
            fits = (s.score for s in names.suggest(one.organization) if s.customer.id == customer_id)
            found.append(FreeOrganization(connection, one.organization, version, max(fits, default=0)))
    found.sort(key=lambda one: (-one.score, one.organization.name.casefold()))
    return tuple(found[:OFFERED])


async def free_organizations(
    ws: Workspace, connection: str, customer_id: str, text: str = ""
) -> tuple[FreeOrganization, ...]:
    """Those whose names hold these words, the ones that fit the customer best first."""
    return await ws.step(_free, ws, connection, customer_id, text)
