"""The sign-in's addresses. They need no role; forms that come without a session prove their origin instead."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.background import BackgroundTask

from trueup.app.errors import UseCaseError, failed
from trueup.app.people import links, sessions, signing_in
from trueup.web.asking import Asker, asker_of, caller_of, site_of
from trueup.web.doing import only_in_browsers
from trueup.web.kept import carried
from trueup.web.pages.sign_in.alone import alone
from trueup.web.pages.sign_in.form import sent_again, sign_in_form, signed_in
from trueup.web.same_origin import from_our_pages
from trueup.web.session_cookie import forget, may_be_kept, secret_in

router = APIRouter(include_in_schema=False, dependencies=[Depends(from_our_pages)])

Text = Annotated[str, Form()]
WELCOME = "sign_in/welcome.html"


@router.get("/sign-in")
@only_in_browsers("a token needs no sign-in")
async def sign_in_page(request: Request, to: str = "/") -> HTMLResponse:
    """The form; where nobody is there yet, how to begin."""
    return await sign_in_form(request, to=to)


@router.get("/confirm")
@only_in_browsers("a token needs no new proof")
async def confirm_page(request: Request, asker: Annotated[Asker, Depends(asker_of)], to: str = "/") -> HTMLResponse:
    """The form once more, for who is signed in and has to prove it. Signing in again begins a new session."""
    return await sign_in_form(request, to=to, name=asker.name, again=True)


@router.get("/passkey")
@only_in_browsers("a passkey is made by a browser")
async def first_passkey(request: Request, asker: Annotated[Asker, Depends(asker_of)]) -> Response:
    """Where a second factor is required: the first passkey of who came by a password or a link alone."""
    found, house = asker.signed_in, site_of(request).installation
    if found is None or found.is_enough:
        return RedirectResponse("/", 303)
    keys = await house.step(house.people.passkeys.of, found.person.id)
    tenant = next(iter(asker.tenants))
    return alone(request, "sign_in/first_passkey.html", csrf=asker.csrf, tenant=tenant, has_passkey=bool(keys))


@router.post("/sign-in")
@only_in_browsers("it begins a session")
async def sign_in(request: Request, name: Text = "", password: Text = "", to: Text = "/", kept: Text = "") -> Response:
    """Begin a session under a new id, and show again what was typed before it was needed."""
    form = carried(kept)
    house, caller = site_of(request).installation, caller_of(request)
    try:
        may_be_kept(request)
        begun = await signing_in.sign_in(house, name, password, caller, secret_in(request))
    except UseCaseError as error:
        answer = await sign_in_form(request, error, to=to, name=name, kept=form)
        if error.reason.code == "access.wrong":
            answer.background = BackgroundTask(signing_in.note_failure, house, name, caller)
        return answer
    return signed_in(request, begun, to, form)


@router.post("/again")
@only_in_browsers("it shows what was typed into a page; a program repeats its call")
async def again(request: Request, kept: Text = "") -> Response:
    """What was typed before the sign-in, for those who signed in without this page's form. It changes nothing."""
    house, secret, form = site_of(request).installation, secret_in(request), carried(kept)
    known = None if secret is None else await house.step(sessions.whose, house, secret)
    if secret is None or known is None:
        return await sign_in_form(request, failed("access.sign_in"), kept=form)
    return RedirectResponse("/", 303) if form is None else sent_again(request, form, secret)


@router.post("/sign-out")
@only_in_browsers("it ends a session")
async def sign_out(request: Request, asker: Annotated[Asker, Depends(asker_of)]) -> Response:
    """End this session."""
    house = site_of(request).installation
    if asker.signed_in is not None:
        await house.step(sessions.sign_out, house, asker.signed_in)
    answer = RedirectResponse("/sign-in", 303)
    forget(answer)
    return answer


@router.get("/welcome/{secret}")
@only_in_browsers("a password is chosen by a person")
async def welcome(request: Request, secret: str) -> HTMLResponse:
    """What a link is for. It is used up by its form only, so that programs that look at links first spoil nothing."""
    house = site_of(request).installation
    invited = await house.step(links.invitation, house, secret)
    return alone(request, WELCOME, invited=invited, secret=secret, name="")


@router.post("/welcome/{secret}")
@only_in_browsers("it begins a session")
async def use_link(request: Request, secret: str, name: Text = "", password: Text = "", again: Text = "") -> Response:
    """Choose a password, become the first person, or come in."""
    house, caller, before = site_of(request).installation, caller_of(request), secret_in(request)
    invited = await house.step(links.invitation, house, secret)
    try:
        may_be_kept(request)
        if invited.kind != "sign_in" and password != again:
            raise failed("password.again")
        if invited.kind == "first":
            begun = await links.make_first(house, secret, name, password, caller, before)
        elif invited.kind == "set_up":
            begun = await links.choose_password(house, secret, password, caller, before)
        else:
            begun = await links.come_in(house, secret, caller, before)
    except UseCaseError as error:
        return alone(request, WELCOME, error, invited=invited, secret=secret, name=name)
    return signed_in(request, begun, "/")
