"""One search over customers, services, lines, organizations and items."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import AliasPath, BeforeValidator, Field

from trueup.app.search import search
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, told
from trueup.web.asking import ViewerHere

router = api_router("search", "/search")


class FoundCustomer(Answer):
    """A customer of the PSA."""

    customer: str = Field(validation_alias="id")
    name: str


class FoundService(Answer):
    """A service with so many lines."""

    service: str
    name: str
    lines: int


class FoundLineAnswer(Answer):
    """A contract line."""

    line: str = Field(validation_alias=AliasPath("line", "id"))
    contract: str = Field(validation_alias=AliasPath("contract", "id"))
    contract_name: str = Field(validation_alias=AliasPath("contract", "name"))
    customer_name: str
    service_name: str


class FoundOrganization(Answer):
    """An organization of a module."""

    connection: str
    organization: str = Field(validation_alias=AliasPath("organization", "key"))
    name: str = Field(validation_alias=AliasPath("organization", "name"))


class FoundItemAnswer(Answer):
    """An item of a module, with whose it is."""

    connection: str
    stream: str
    item: str = Field(validation_alias="key")
    name: str
    organization: str = Field(validation_alias="organization_key")
    organization_name: str = Field(validation_alias="organization")


def _services(found: object) -> object:
    pairs = list(found) if isinstance(found, tuple | list) else []
    return [{"service": service.id, "name": service.name, "lines": lines} for service, lines in pairs]


class FoundAnswer(Answer):
    """What was found of each kind, the best of it; `more` names the kinds of which there are more."""

    customers: list[FoundCustomer]
    services: Annotated[list[FoundService], BeforeValidator(_services)]
    lines: list[FoundLineAnswer]
    organizations: list[FoundOrganization]
    items: list[FoundItemAnswer]
    more: Annotated[list[str], BeforeValidator(sorted)]


@router.get("", operation_id="search")
async def search_all(
    here: ViewerHere, text: Annotated[str, Query(max_length=200, description="Words, in any order.")] = ""
) -> FoundAnswer:
    """Everything whose names hold the words; nothing for fewer than two letters."""
    return told(FoundAnswer, await search(here.ws, text), here.said)
