"""Kinds of receivers: what each of them takes, and what is refused before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from trueup.app.errors import Exit, UseCaseError
from trueup.app.notices.chat import usable
from trueup.app.notices.conditions import KINDS
from trueup.app.notices.email import DEFAULT_PORTS, LOOPBACK
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
LONGEST_NAME: Final = 100
LONGEST_REMINDER: Final = 366


def needed_by(kind: str) -> tuple[str, ...]:
    """Names of the settings that a receiver of this kind cannot do without."""
    return _NEEDED[kind]


def secrets_of(kind: str, settings: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the secrets that a receiver needs: the address of a chat tool is one, because it holds its token."""
    if kind == "email":
        return ("password",) if settings.get("user") else ()
    return {"webhook": ("secret",), "chat": ("address",)}.get(kind, ())


def _wrong(code: str, **params: Param) -> UseCaseError:
    return UseCaseError(Reason.of(code, **params), Exit.USAGE)


def check_receiver(given: Receiver, secret: Mapping[str, str]) -> None:
    """Whether it can be used. Raises UseCaseError `notify.*` with exit code 2."""
    if not given.name.strip() or len(given.name) > LONGEST_NAME or not given.name.isprintable():
        raise _wrong("notify.name", most=LONGEST_NAME)
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
    if given.remind_days is not None and not 1 <= given.remind_days <= LONGEST_REMINDER:
        raise _wrong("notify.remind_days", value=given.remind_days, most=LONGEST_REMINDER)
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
