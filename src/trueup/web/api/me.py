"""Who asks, over the API."""

from __future__ import annotations

from typing import Literal

from fastapi import Request
from pydantic import Field

from trueup.app.errors import failed
from trueup.app.people import account
from trueup.core.roles import Role
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, Asked
from trueup.web.asking import ViewerHere, site_of

router = api_router("people", "/me")


class Me(Answer):
    """Who asks: the name that the record shows, the tenant at work, and the role in each tenant."""

    name: str
    tenant: str
    roles: dict[str, Role]
    language: str | None


class AccountChanges(Asked):
    """What is to change about one's own account."""

    language: Literal["en", "fr"] | None = Field(description="`en` or `fr`; null leaves it to the browser")


@router.get("", operation_id="showAccount")
async def me(here: ViewerHere) -> Me:
    """Who asks."""
    asker = here.asker
    return Me(name=asker.name, tenant=here.tenant, roles=dict(asker.roles), language=asker.language)


@router.patch("", operation_id="changeAccount", status_code=204)
async def change(request: Request, here: ViewerHere, changes: AccountChanges) -> None:
    """Change the language of the person who asks, or for whom the token acts."""
    if here.asker.person is None:
        raise failed("access.session_only")
    await account.set_language(site_of(request).installation, here.asker.person, changes.language)
