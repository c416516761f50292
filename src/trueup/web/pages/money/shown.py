"""Pages of the room, with its views on top."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse

from trueup.core.roles import Role
from trueup.web.asking import Here
from trueup.web.pages.page import page

VIEWS = ("unbilled", "twice", "margins", "checks", "reports")
"""The views of the room; the first is at its address."""


def money_page(
    request: Request, here: Here, view: str, template: str, /, *, status: int = 200, **shown: object
) -> HTMLResponse:
    """A page of the room. `may` says whether the person may decide here."""
    base = f"/t/{here.tenant}/money"
    may = here.role.includes(Role.BILLING)
    return page(
        request, here, template, room="money", status=status, views=VIEWS, view=view, base=base, may=may, **shown
    )
