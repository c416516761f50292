"""Receivers: added with everything checked, listed without secrets, removed for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from trueup.app.errors import Exit, UseCaseError
from trueup.app.notices.chat import usable
from trueup.app.notices.conditions import KINDS
from trueup.app.notices.email import DEFAULT_PORTS, LOOPBACK
from trueup.app.workspace import Workspace
from trueup.core.reason import Param, Reason
from trueup.store.receivers import Receiver

SETTINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "email": ("to", "from", "host", "port", "tls", "user"),
    "webhook": ("url",),
    "chat": (),
}
"""What each kind of receiver takes."""
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {"email": ("to", "from", "host"), "webhook": ("url",), "chat": ()}
LANGUAGES: Final = ("en", "fr")


def secrets_of(kind: str, settings: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the secrets that a receiver needs: the address of a chat tool is one, because it holds its token."""
    if kind == "email":
        return ("password",) if settings.get("user") else ()
    return {"webhook": ("secret",), "chat": ("address",)}.get(kind, ())


def _wrong(code: str, **params: Param) -> UseCaseError:
    return UseCaseError(Reason.of(code, **params), Exit.USAGE)


def _check(given: Receiver, secret: Mapping[str, str]) -> None:
    if given.kind not in SETTINGS:
        raise _wrong("notify.unknown_kind", kind=given.kind, known=", ".join(SETTINGS))
    for name in given.settings:
        if name not in SETTINGS[given.kind]:
            raise _wrong("notify.setting", setting=name, known=", ".join(SETTINGS[given.kind]))
    for name in (*_NEEDED[given.kind], *secrets_of(given.kind, given.settings)):
        if not {**given.settings, **secret}.get(name, "").strip():
            raise _wrong("notify.missing", setting=name, kind=given.kind)
    for kind in given.only:
        if kind not in KINDS:
            raise _wrong("notify.unknown_notice", kind=kind, known=", ".join(KINDS))
    if given.language not in LANGUAGES:
        raise _wrong("notify.language", language=given.language)
    {"email": _check_email, "webhook": _check_webhook, "chat": _check_chat}[given.kind](given.settings, secret)


def _check_webhook(settings: Mapping[str, str], secret: Mapping[str, str]) -> None:
    del secret
    parts = urlsplit(settings["url"])
    local = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or (parts.scheme != "https" and not local) or parts.username:
        raise _wrong("notify.not_encrypted", setting="url")


def _check_chat(settings: Mapping[str, str], secret: Mapping[str, str]) -> None:
    del settings
    if not usable(secret["address"]):
        raise _wrong("notify.chat_address")


def _check_email(settings: Mapping[str, str], secret: Mapping[str, str]) -> None:
    del secret
    tls, port = settings.get("tls", "starttls"), settings.get("port", "25")
    if tls not in DEFAULT_PORTS:
        raise _wrong("notify.setting_value", setting="tls", value=tls, known=", ".join(DEFAULT_PORTS))
    if tls == "none" and settings["host"] not in LOOPBACK:
        raise _wrong("notify.not_encrypted", setting="tls")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise _wrong("notify.setting_value", setting="port", value=port, known="1-65535")
    for name in ("to", "from"):
        if "@" not in settings[name] or any(sign in settings[name] for sign in "\r\n"):
            raise _wrong("notify.setting_value", setting=name, value=settings[name], known="name@example.org")


def _add(ws: Workspace, given: Receiver, secret: Mapping[str, str]) -> Receiver:
    with ws.store.writing():
        added = ws.store.receivers.add(given, secret, ws.actor, now=ws.now())
        detail = Reason.of("audit.receiver_added", receiver=given.name, kind=given.kind)
        ws.store.audit.add(ws.actor, "receiver.added", detail, now=ws.now())
        return added


async def add_receiver(
    ws: Workspace,
    name: str,
    kind: str,
    settings: Mapping[str, str],
    secret: Mapping[str, str],
    *,
    language: str = "en",
    only: Sequence[str] = (),
    remind_days: int | None = None,
) -> Receiver:
    """Add somebody who is told. Raises UseCaseError `notify.*` for what cannot be used, StoreError
    `store.receiver_exists`, `store.key_missing`."""
    given = Receiver(0, name, kind, dict(settings), language, tuple(only), remind_days)
    _check(given, secret)
    return await ws.step(_add, ws, given, secret)


def _remove(ws: Workspace, name: str) -> None:
    with ws.store.writing():
        ws.store.receivers.remove(name, ws.actor, now=ws.now())
        detail = Reason.of("audit.receiver_removed", receiver=name)
        ws.store.audit.add(ws.actor, "receiver.removed", detail, now=ws.now())


async def remove_receiver(ws: Workspace, name: str) -> None:
    """Take somebody off. Raises StoreError `store.unknown_receiver`."""
    await ws.step(_remove, ws, name)
