"""Network rules of the tenant, over the API: who may come in with a browser or a token, and which modules may push."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query, Request
from pydantic import Field

from trueup.app.access.networks import allow_network, list_networks, remove_network
from trueup.core.access.networks import Purpose
from trueup.store.networks import AllowedNetwork
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, Asked, Name
from trueup.web.asking import AdministratorHere, RecentAdministratorHere, site_of
from trueup.web.origin import source_of

router = api_router("networks", "/networks")


class NetworkShown(Answer):
    """A network of a list."""

    purpose: Purpose
    network: str
    note: str
    added_by: str
    added_at: datetime

    @classmethod
    def of(cls, one: AllowedNetwork) -> NetworkShown:
        """Out of what the store holds."""
        return cls(
            purpose=one.purpose, network=str(one.network), note=one.note, added_by=one.added_by, added_at=one.added_at
        )


class NetworksShown(Answer):
    """Both lists; an empty one lets everybody. `own` is the address that this call came from."""

    own: str | None
    networks: list[NetworkShown]


class NetworkToAllow(Asked):
    """A network for a list."""

    purpose: Purpose
    network: Name
    note: str = Field("", max_length=200)


@router.get("", operation_id="listNetworks")
async def networks(request: Request, here: AdministratorHere) -> NetworksShown:
    """Both lists."""
    own = source_of(request, site_of(request))
    found = [NetworkShown.of(one) for one in await list_networks(here.ws)]
    return NetworksShown(own=None if own is None else str(own), networks=found)


@router.post("", operation_id="allowNetwork", status_code=201)
async def allow(request: Request, here: RecentAdministratorHere, new: NetworkToAllow) -> NetworkShown:
    """Add a network. The first of a list closes it for everybody else; nobody locks themselves out."""
    own = source_of(request, site_of(request))
    return NetworkShown.of(await allow_network(here.ws, new.purpose, new.network, new.note, own=own))


@router.delete("/{purpose}", operation_id="removeNetwork", status_code=204)
async def remove(
    request: Request, here: RecentAdministratorHere, purpose: Purpose, network: Annotated[Name, Query()]
) -> None:
    """Take a network off a list."""
    await remove_network(here.ws, purpose, network, own=source_of(request, site_of(request)))
