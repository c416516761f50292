"""The sign-in's form wherever it is shown: asked for, after a mistake, or in place of what a form wanted."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from trueup.app.errors import UseCaseError
from trueup.app.people.provider import provider_of
from trueup.app.people.sessions import Begun, csrf_of, whose
from trueup.messages.sentences import Sentences
from trueup.web.asking import language_asked, site_of
from trueup.web.kept import Kept
from trueup.web.pages.sign_in.alone import alone, inside
from trueup.web.pages.sign_in.field_labels import labelled
from trueup.web.session_cookie import keep, secret_in

PAGE = "sign_in/page.html"


async def sign_in_form(
    request: Request,
    error: UseCaseError | None = None,
    *,
    to: str = "/",
    name: str = "",
    again: bool = False,
    kept: Kept | None = None,
) -> HTMLResponse:
    """The form. `again`: for somebody who is signed in and has to prove it; `kept` comes back after the sign-in."""
    house = site_of(request).installation
    provider = await provider_of(house)
    return alone(
        request,
        PAGE,
        error,
        name=name,
        to=inside(to),
        nobody=not await house.step(house.people.persons.any),
        again=again,
        provider=None if provider is None else provider.label,
        kept=kept,
    )


def sent_again(request: Request, kept: Kept, secret: str, *, status: int = 200) -> HTMLResponse:
    """What was typed, to be sent again by the session with this id."""
    typed = labelled(Sentences.for_pages(language_asked(request)), kept)
    answer = alone(request, "sign_in/again.html", kept=kept, typed=typed, to=inside(kept.to), csrf=csrf_of(secret))
    answer.status_code = status
    return answer


def signed_in(request: Request, begun: Begun, to: str, kept: Kept | None = None) -> Response:
    """Give the browser its session and send it on, or show what it had typed before."""
    answer = RedirectResponse(inside(to), 303) if kept is None else sent_again(request, kept, begun.secret)
    keep(request, answer, begun)
    return answer


async def form_that_failed(request: Request, error: UseCaseError, kept: Kept) -> Response | None:
    """The way on for a form that came without a session, without a recent proof, or from an earlier session; None for
    errors of other kinds."""
    house, secret = site_of(request).installation, secret_in(request)
    match error.reason.code:
        case "access.sign_in":
            return await sign_in_form(request, error, to=kept.to, kept=kept)
        case "access.confirm":
            signed_in = None if secret is None else await house.step(whose, house, secret)
            name = "" if signed_in is None else signed_in.person.name
            return await sign_in_form(request, error, to=kept.to, name=name, again=True, kept=kept)
        case "access.csrf" if secret is not None:
            return sent_again(request, kept, secret, status=403)
        case _:
            return None
