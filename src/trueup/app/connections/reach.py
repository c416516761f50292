"""Where the connections and receivers of a tenant may lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.store.tenant_store import TenantStore

if TYPE_CHECKING:
    from trueup.trust import Reach


def reach_of(store: TenantStore) -> Reach:
    """What the environment says; else to the internet only where several share the installation or somebody operates
    it, and to one's own network too where an MSP has it for itself."""
    from trueup.trust import Reach, reach_said  # noqa: PLC0415 - half of the commands call nobody

    said = reach_said()
    if said is not None:
        return said
    return Reach.PUBLIC if store.shares_installation() else Reach.PRIVATE
