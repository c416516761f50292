"""Who asks, and what a request works with: the tenant's workspace and the sentences of the person's language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Annotated, Final, Protocol, cast

import anyio.to_thread
from fastapi import Depends, Request

from trueup.app.access.networks import lets_in
from trueup.app.errors import failed
from trueup.app.people.membership import By
from trueup.app.people.sessions import Caller, SignedIn
from trueup.app.platform.operators import is_operator
from trueup.app.workspace import Workspace
from trueup.core.access.networks import Purpose
from trueup.core.roles import Role
from trueup.messages.language import LANGUAGES, language_of
from trueup.messages.sentences import Sentences
from trueup.web.background import Background
from trueup.web.origin import source_of
from trueup.web.session_cookie import LANGUAGE
from trueup.web.site import Site


@dataclass(frozen=True, slots=True)
class Asker:
    """A person who is signed in, or a token that stands for one: a role in each tenant that is theirs.

    `language` is None where none was chosen; `csrf` is what the forms of a session carry; `signed_in` the session, None
    for a token; `person` the id of the person, None for a token of the operator's.
    """

    name: str
    roles: Mapping[str, Role]
    language: str | None = None
    csrf: str = ""
    signed_in: SignedIn | None = None
    person: str | None = None

    @property
    def by(self) -> By:
        """Who acts, for use cases of people."""
        return By(self.name, self.roles)

    @property
    def tenants(self) -> tuple[str, ...]:
        """The tenants that are theirs, sorted."""
        return tuple(sorted(self.roles))

    @property
    def operates(self) -> bool:
        """Whether pages lead them to all tenants of the installation; `NeedsOperator` lets them in."""
        return self.signed_in is not None and self.signed_in.is_operator


class Door(Protocol):
    """Lets people in."""

    async def asker(self, request: Request) -> Asker:
        """Who asks. Raises UseCaseError `access.sign_in` for nobody."""


@dataclass(frozen=True, slots=True)
class Here:
    """One request of somebody who was let in: their tenant at work, and the language to answer in. `waiting` is how
    many lines wait for a person, which pages tell beside the room of the plan."""

    ws: Workspace
    asker: Asker
    said: Sentences
    tenant: str
    role: Role
    waiting: int = 0


def site_of(request: Request) -> Site:
    """The site that the application serves."""
    return cast("Site", request.app.state.site)


def background_of(request: Request) -> Background:
    """What the application has under way."""
    return cast("Background", request.app.state.background)


def caller_of(request: Request) -> Caller:
    """Where the call comes from, for throttling and for the record."""
    address = source_of(request, site_of(request))
    return Caller(str(address or ""), request.headers.get("user-agent", ""))


def language_asked(request: Request) -> str:
    """The language that the browser's person chose, else the first of its list that is spoken here, else English."""
    chosen = language_of(request.cookies.get(LANGUAGE))
    if chosen is not None:
        return chosen
    for part in request.headers.get("accept-language", "").split(","):
        known = language_of(part.partition(";")[0])
        if known is not None:
            return known
    return LANGUAGES[0]


async def asker_of(request: Request) -> Asker:
    """Who asks, by the application's door. Raises UseCaseError `access.sign_in`."""
    return await cast("Door", request.app.state.door).asker(request)


TENANT_HEADER: Final = "trueup-tenant"
"""Says which tenant a call of the API means, for people of several; without it their first one."""


Entrance = Callable[[], AbstractContextManager[Here]]
"""The step that opens the tenant for somebody whose role is enough, unless it is closed to the network they come from.
What is asked inside of it is of the same moment."""


def _entrance(request: Request, asker: Asker, role: Role, *, one_factor: bool = False) -> Entrance:
    """The tenant in the address, else in the header, else the asker's first. A tenant that is not theirs is unknown,
    whether it exists or not; one that is theirs may still be closed to the network they come from. A session by one
    factor gets nowhere where two are required, unless `one_factor` says that it may."""
    if asker.signed_in is not None and not asker.signed_in.is_enough and not one_factor:
        raise failed("access.second_factor")
    named = request.path_params.get("tenant") or request.headers.get(TENANT_HEADER)
    tenant = named or next(iter(asker.tenants), "")
    if tenant not in asker.roles:
        raise failed("access.unknown_tenant", tenant=tenant)
    own = asker.roles[tenant]
    if not own.includes(role):
        raise failed("access.role", role=role.value, own=own.value)
    site, counts = site_of(request), "tenant" in request.path_params
    address = source_of(request, site)
    said = Sentences.for_pages(asker.language or language_asked(request))

    @contextmanager
    def opened() -> Iterator[Here]:
        with site.visiting(tenant, asker.name) as workspace:
            if not lets_in(workspace, Purpose.PEOPLE, address):
                raise failed("access.network", address=str(address or ""))
            waiting = workspace.store.plan_totals.waiting() if counts else 0
            yield Here(workspace, asker, said, tenant, own, waiting)

    return opened


def _entered(entrance: Entrance) -> Here:
    with entrance() as here:
        return here


async def _here(request: Request, asker: Asker, role: Role, *, one_factor: bool = False) -> Here:
    return await anyio.to_thread.run_sync(_entered, _entrance(request, asker, role, one_factor=one_factor))


class Needs:
    """The dependency of a route that a role, and those above it, may call; `role` is read by the table of rights.

    Raises UseCaseError `access.sign_in`, `access.unknown_tenant`, `access.role`.
    """

    def __init__(self, role: Role) -> None:
        self.role = role

    async def __call__(self, request: Request, asker: Annotated[Asker, Depends(asker_of)]) -> Here:
        """The request's workspace."""
        return await _here(request, asker, self.role)


class NeedsRecent(Needs):
    """The same for acts that a browser left open must not allow: the person proved who they are a moment ago.

    Raises UseCaseError `access.confirm` too. A token has no browser and needs no such proof.
    """

    async def __call__(self, request: Request, asker: Annotated[Asker, Depends(asker_of)]) -> Here:
        """The request's workspace."""
        here = await _here(request, asker, self.role)
        if asker.signed_in is not None and not asker.signed_in.is_recent:
            raise failed("access.confirm")
        return here


class NeedsFirstPasskey(NeedsRecent):
    """The same for making a passkey. Where two factors are required, who came by one of them may make the first one,
    and no more. Raises UseCaseError `access.second_factor` too."""

    async def __call__(self, request: Request, asker: Annotated[Asker, Depends(asker_of)]) -> Here:
        """The request's workspace."""
        found = asker.signed_in
        if found is None or found.is_enough:
            return await super().__call__(request, asker)
        house = site_of(request).installation
        if not found.is_recent:
            raise failed("access.confirm")
        if await house.step(house.people.passkeys.of, found.person.id):
            raise failed("access.second_factor")
        return await _here(request, asker, self.role, one_factor=True)


class NeedsOperator(Needs):
    """The dependency of what only operators of the installation may call, whatever their role in the tenant they come
    from. A token does so only where its scope is the administrator's: one that was made to read deletes no tenant.

    Raises UseCaseError `access.operator` too.
    """

    def __init__(self) -> None:
        super().__init__(Role.VIEWER)

    async def __call__(self, request: Request, asker: Annotated[Asker, Depends(asker_of)]) -> Here:
        """The request's workspace."""
        here = await _here(request, asker, self.role)
        house = site_of(request).installation
        enough = asker.signed_in is not None or here.role is Role.ADMINISTRATOR
        if asker.person is None or not enough or not await house.step(is_operator, house, asker.person):
            raise failed("access.operator")
        return here


class NeedsRecentOperator(NeedsOperator):
    """The same for what changes a tenant. Raises UseCaseError `access.confirm` too."""

    async def __call__(self, request: Request, asker: Annotated[Asker, Depends(asker_of)]) -> Here:
        """The request's workspace."""
        here = await super().__call__(request, asker)
        if asker.signed_in is not None and not asker.signed_in.is_recent:
            raise failed("access.confirm")
        return here


class EntersWith(Needs):
    """The same for a page that opens the tenant in the step in which it reads it: one thread instead of two. It gives
    the way in, which raises UseCaseError `access.network` when it is taken."""

    async def __call__(self, request: Request, asker: Annotated[Asker, Depends(asker_of)]) -> Entrance:  # type: ignore[override]
        """The way into the request's workspace."""
        return _entrance(request, asker, self.role)


ViewerEntrance = Annotated[Entrance, Depends(EntersWith(Role.VIEWER))]
OperatorHere = Annotated[Here, Depends(NeedsOperator())]
RecentOperatorHere = Annotated[Here, Depends(NeedsRecentOperator())]
RecentViewerHere = Annotated[Here, Depends(NeedsRecent(Role.VIEWER))]
PasskeyMakerHere = Annotated[Here, Depends(NeedsFirstPasskey(Role.VIEWER))]
ViewerHere = Annotated[Here, Depends(Needs(Role.VIEWER))]
BillingHere = Annotated[Here, Depends(Needs(Role.BILLING))]
ApproverHere = Annotated[Here, Depends(Needs(Role.APPROVER))]
AdministratorHere = Annotated[Here, Depends(Needs(Role.ADMINISTRATOR))]
RecentAdministratorHere = Annotated[Here, Depends(NeedsRecent(Role.ADMINISTRATOR))]
