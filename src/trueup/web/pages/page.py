"""A page inside the frame: navigation on the left, tenant and search on top."""

from __future__ import annotations

from typing import Final, NamedTuple

from fastapi import Request
from fastapi.responses import HTMLResponse

from trueup.web.asking import Here
from trueup.web.rendering import piece, rendered

ROOMS: Final = ("overview", "plan", "money", "customers", "services", "metrics", "modules", "activity")
"""The words on the left, in their order; each is the last part of its address."""


class Rooms(NamedTuple):
    """What the words on the left say: of which tenant, in which room a person is, how many lines wait for them."""

    tenant: str
    room: str
    waiting: int
    rooms: tuple[str, ...] = ROOMS


def page(
    request: Request, here: Here, template: str, /, *, room: str, status: int = 200, **shown: object
) -> HTMLResponse:
    """A whole page, or its part alone where the browser asked for a part (htmx says so in a header)."""
    part = request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"
    text = rendered(
        template,
        here.said,
        frame="frame/part.html" if part else "frame/page.html",
        here=here,
        room=room,
        rooms=piece("frame/rooms.html", here.said, Rooms(here.tenant, room, here.waiting)),
        **shown,
    )
    return HTMLResponse(text, status, headers={"Vary": "HX-Request"})
