"""Settings: who is told when something is the matter, what is the matter now, and what became of each message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from trueup.app.errors import UseCaseError
from trueup.app.notices import receivers as use
from trueup.app.notices.conditions import KINDS
from trueup.app.notices.email import DEFAULT_PORTS
from trueup.app.notices.receiver_kinds import LANGUAGES, SETTINGS, needed_by
from trueup.app.notices.telling import send_test
from trueup.core.reason import Reason
from trueup.store.errors import StoreError
from trueup.store.receivers import Receiver
from trueup.web.asking import Here, RecentAdministratorHere
from trueup.web.doing import does, shows
from trueup.web.pages.page import page
from trueup.web.pages.settings.tabs import Refusal, settings_page

router = APIRouter(include_in_schema=False, prefix="/t/{tenant}/settings/notices")

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]

SECRETS: Final[Mapping[str, tuple[str, ...]]] = {"email": ("password",), "webhook": ("secret",), "chat": ("address",)}
"""Secrets that each kind may be given."""

MESSAGES: Final = 50
"""So many of the last messages are shown."""

_FIELD_OF: Final = {
    "notify.name": "name",
    "store.receiver_exists": "name",
    "notify.chat_address": "secret.address",
    "notify.remind_days": "remind_days",
}


@dataclass(frozen=True, slots=True)
class Form:
    """What a person typed of a receiver. `values` are settings by name, never secrets."""

    kind: str
    name: str = ""
    values: Mapping[str, str] | None = None
    language: str = LANGUAGES[0]
    only: tuple[str, ...] = ()
    remind_days: str = ""
    version: str = ""

    @classmethod
    def of(cls, receiver: Receiver) -> Form:
        """What a receiver says now."""
        remind = "" if receiver.remind_days is None else str(receiver.remind_days)
        version = use.receiver_version(receiver)
        said = (receiver.settings, receiver.language, receiver.only, remind, version)
        return cls(receiver.kind, receiver.name, *said)

    @classmethod
    def sent(cls, form: FormData, kind: str) -> Form:
        """What a browser sent."""
        values = {name: _text(form, f"setting.{name}") for name in SETTINGS[kind]}
        only = tuple(str(one) for one in form.getlist("only"))
        said = (values, _text(form, "language"), only, _text(form, "remind_days"), _text(form, "version"))
        return cls(kind, _text(form, "name"), *said)

    @property
    def choices(self) -> use.ReceiverChoices:
        """As the use case takes it; a number of days that is none is refused there."""
        settings = {name: text for name, text in (self.values or {}).items() if text}
        typed = self.remind_days
        days = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else -1
        return use.ReceiverChoices(self.name, settings, self.language, self.only, days if typed else None)


def _text(form: FormData, name: str) -> str:
    return str(form.get(name, "")).strip()


def _secret(form: FormData, kind: str) -> dict[str, str]:
    given = {name: _text(form, f"secret.{name}") for name in SECRETS[kind]}
    return {name: text for name, text in given.items() if text}


def _known(kind: str) -> str:
    return kind if kind in SETTINGS else "email"


def _field(reason: Reason | None) -> str:
    """The field beside which a refusal stands."""
    if reason is None:
        return ""
    name = str(reason.get("setting") or "")
    kind = "secret" if any(name in names for names in SECRETS.values()) else "setting"
    return f"{kind}.{name}" if name else _FIELD_OF.get(reason.code, "")


def _of_form(form: Form, error: Refusal | None) -> dict[str, Any]:
    return {
        "form": form,
        "asked": SETTINGS[form.kind],
        "needed": needed_by(form.kind),
        "secrets": SECRETS[form.kind],
        "encryptions": tuple(DEFAULT_PORTS),
        "languages": LANGUAGES,
        "notice_kinds": KINDS,
        "at": _field(error.reason if error else None),
    }


async def _empty(here: Here, kind: str) -> Form:
    return Form(kind, language=(await here.ws.step(here.ws.store.settings.get)).language)


async def _all(
    request: Request,
    here: Here,
    error: Refusal | None = None,
    *,
    form: Form | None = None,
    shown_once: tuple[str, str] | None = None,
    tested: tuple[int, Reason | None] | None = None,
) -> HTMLResponse:
    store = here.ws.store
    receivers = await here.ws.step(store.receivers.list)
    names = await here.ws.step(store.receivers.names)
    messages = await here.ws.step(store.notices.messages, limit=MESSAGES)
    last: dict[int, object] = {}
    for one in messages:
        if one.tries:
            last.setdefault(one.receiver, one)
    return settings_page(
        request,
        here,
        "notices",
        error,
        receivers=receivers,
        names=names,
        messages=messages,
        last=last,
        open=await here.ws.step(store.notices.list, only_open=True),
        zone=ZoneInfo((await here.ws.step(store.settings.get)).time_zone),
        kinds=tuple(SETTINGS),
        shown_once=shown_once,
        tested=tested,
        **_of_form(form or await _empty(here, "email"), error),
    )


@router.get("")
@shows("listReceivers", "listNotices", "listNoticeMessages")
async def notices_page(
    request: Request, here: RecentAdministratorHere, kind: Annotated[str, Query(max_length=20)] = "email"
) -> HTMLResponse:
    """Receivers, what is open, the last messages, and a form for another receiver."""
    return await _all(request, here, form=await _empty(here, _known(kind)))


@router.post("")
@does("addReceiver")
async def add(request: Request, here: RecentAdministratorHere) -> HTMLResponse:
    """Tell somebody from now on; a secret that was made is shown this once."""
    given = await request.form()
    kind = _known(_text(given, "kind"))
    form = Form.sent(given, kind)
    try:
        added = await use.add_receiver(here.ws, kind, form.choices, _secret(given, kind))
    except (UseCaseError, StoreError) as error:
        return await _all(request, here, error, form=form)
    once = None if added.secret is None else (added.receiver.name, added.secret)
    return await _all(request, here, form=await _empty(here, kind), shown_once=once)


async def _one(
    request: Request, here: Here, number: int, error: Refusal | None = None, form: Form | None = None
) -> HTMLResponse:
    receiver = await here.ws.step(here.ws.store.receivers.get, number)
    parts = _of_form(form or Form.of(receiver), error)
    return settings_page(request, here, "notices", error, template="settings/receiver.html", receiver=receiver, **parts)


@router.get("/{number}")
@shows("getReceiver")
async def receiver_page(request: Request, here: RecentAdministratorHere, number: Number) -> HTMLResponse:
    """One receiver, to be changed."""
    return await _one(request, here, number)


@router.post("/{number}")
@does("changeReceiver")
async def change(request: Request, here: RecentAdministratorHere, number: Number) -> Response:
    """Change what it says; a secret that is left empty stays."""
    given = await request.form()
    kind = (await here.ws.step(here.ws.store.receivers.get, number)).kind
    form = Form.sent(given, kind)
    try:
        await use.change_receiver(here.ws, number, form.choices, _secret(given, kind), form.version or None)
    except (UseCaseError, StoreError) as error:
        return await _one(request, here, number, error, form)
    return _back(here)


@router.post("/{number}/test")
@does("testReceiver")
async def test(request: Request, here: RecentAdministratorHere, number: Number) -> HTMLResponse:
    """Send a test now, and show whether it arrived."""
    failure = await send_test(here.ws, number)
    if request.headers.get("hx-request") == "true":
        return page(request, here, "settings/tested.html", room="settings", tested=(number, failure))
    return await _all(request, here, tested=(number, failure))


@router.post("/{number}/enable")
@does("enableReceiver")
async def enable(here: RecentAdministratorHere, number: Number) -> Response:
    """Let it hear again."""
    await use.switch_receiver(here.ws, number, on=True)
    return _back(here)


@router.post("/{number}/disable")
@does("disableReceiver")
async def disable(here: RecentAdministratorHere, number: Number) -> Response:
    """Let it hear nothing for a while."""
    await use.switch_receiver(here.ws, number, on=False)
    return _back(here)


@router.post("/{number}/secret")
@does("renewReceiverSecret")
async def renew(request: Request, here: RecentAdministratorHere, number: Number) -> HTMLResponse:
    """A new secret for a webhook, shown this once."""
    try:
        secret = await use.renew_secret(here.ws, number)
    except UseCaseError as error:
        return await _all(request, here, error)
    name = (await here.ws.step(here.ws.store.receivers.get, number)).name
    return await _all(request, here, shown_once=(name, secret))


@router.post("/{number}/remove")
@does("removeReceiver")
async def remove(here: RecentAdministratorHere, number: Number) -> Response:
    """Tell it nothing any more."""
    await use.remove_receiver(here.ws, number)
    return _back(here)


def _back(here: Here) -> Response:
    return RedirectResponse(f"/t/{here.tenant}/settings/notices", 303)
