"""Who asks, and what a request works with: the tenant's workspace and the sentences of the person's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Protocol, cast

import anyio.to_thread
from fastapi import Depends, Request

from trueup.app.errors import failed
from trueup.app.workspace import Workspace
from trueup.messages.language import LANGUAGES, language_of
from trueup.messages.sentences import Sentences
from trueup.web.site import Site


@dataclass(frozen=True, slots=True)
class Asker:
    """A person who is signed in, or a token that stands for one. `language` is None where none was chosen."""

    name: str
    tenants: tuple[str, ...]
    language: str | None = None


class Door(Protocol):
    """Lets people in."""

    async def asker(self, request: Request) -> Asker:
        """Who asks. Raises UseCaseError `access.sign_in` for nobody."""


class NobodyIn:
    """A closed door."""

    async def asker(self, request: Request) -> Asker:
        """Nobody. Raises UseCaseError `access.sign_in`."""
        del request
        raise failed("access.sign_in")


@dataclass(frozen=True, slots=True)
class Here:
    """One request of somebody who was let in: their tenant at work, and the language to answer in."""

    ws: Workspace
    asker: Asker
    said: Sentences
    tenant: str


def site_of(request: Request) -> Site:
    """The site that the application serves."""
    return cast("Site", request.app.state.site)


def language_asked(request: Request) -> str:
    """The first language of the browser's list that is spoken here, else English."""
    for part in request.headers.get("accept-language", "").split(","):
        known = language_of(part.partition(";")[0])
        if known is not None:
            return known
    return LANGUAGES[0]


async def asker_of(request: Request) -> Asker:
    """Who asks, by the application's door. Raises UseCaseError `access.sign_in`."""
    return await cast("Door", request.app.state.door).asker(request)


async def here(request: Request, asker: Annotated[Asker, Depends(asker_of)]) -> Here:
    """The request's workspace: the tenant in the address, else the asker's first.

    A tenant that is not the asker's is unknown, whether it exists or not. Raises UseCaseError `access.unknown_tenant`.
    """
    tenant = request.path_params.get("tenant") or (asker.tenants[0] if asker.tenants else "")
    if tenant not in asker.tenants:
        raise failed("access.unknown_tenant", tenant=tenant)
    workspace = await anyio.to_thread.run_sync(site_of(request).workspace, tenant, asker.name)
    language = asker.language or language_asked(request)
    return Here(workspace, asker, Sentences.for_pages(language), tenant)


HereDep = Annotated[Here, Depends(here)]
