"""Receivers: added with everything checked, listed without secrets, changed, switched off, removed for good."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from trueup.app.errors import refused
from trueup.app.notices.receiver_kinds import check_receiver, secrets_of
from trueup.app.workspace import Workspace
from trueup.core.digest import digest
from trueup.core.reason import Reason
from trueup.store.receivers import Receiver

_PLACE_OF_PASSWORD: Final = ("host", "port", "tls", "user")
"""Where a mail server's password goes: one that is kept never goes to another place than the one it was given for."""


@dataclass(frozen=True, slots=True)
class AddedReceiver:
    """A new receiver. `secret` is a webhook's secret that was made here, told this once only."""

    receiver: Receiver
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ReceiverChoices:
    """All that a receiver says, but for its kind and its secrets. `only` names kinds of notices (empty: all);
    `remind_days` repeats what is still open."""

    name: str
    settings: Mapping[str, str]
    language: str = "en"
    only: Sequence[str] = ()
    remind_days: int | None = None

    def of(self, before: Receiver) -> Receiver:
        """The receiver with these choices."""
        said = {"name": self.name.strip(), "settings": dict(self.settings), "language": self.language}
        return replace(before, **said, only=tuple(self.only), remind_days=self.remind_days)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Change:
    """A receiver before and after, and the secrets that are new; checked, and not yet stored."""

    before: Receiver
    after: Receiver
    secret: Mapping[str, str] = field(repr=False)


def receiver_version(receiver: Receiver) -> str:
    """Sixteen characters that stand for what a receiver says; they change with any of it."""
    settings = [part for pair in sorted(receiver.settings.items()) for part in pair]
    said = (receiver.name, receiver.language, receiver.only, receiver.remind_days, receiver.is_on)
    return digest(receiver.id, *said, settings)[:16]


def _signing_secret() -> str:
    return secrets.token_urlsafe(32)


def _add(ws: Workspace, given: Receiver, secret: Mapping[str, str]) -> Receiver:
    with ws.store.writing():
        added = ws.store.receivers.add(given, secret, ws.actor, now=ws.now())
        detail = Reason.of("audit.receiver_added", receiver=given.name, kind=given.kind)
        ws.store.audit.add(ws.actor, "receiver.added", detail, now=ws.now())
        return added


async def add_receiver(ws: Workspace, kind: str, choices: ReceiverChoices, secret: Mapping[str, str]) -> AddedReceiver:
    """Add somebody who is told. A webhook without a secret gets one here. Raises UseCaseError `notify.*` for what
    cannot be used, StoreError `store.receiver_exists`, `store.key_missing`."""
    given = choices.of(Receiver(0, "", kind, {}, ""))
    made = _signing_secret() if kind == "webhook" and not secret.get("secret") else None
    kept = dict(secret) if made is None else {"secret": made}
    await ws.step(check_receiver, given, kept)
    return AddedReceiver(await ws.step(_add, ws, given, kept), made)


def _checked(ws: Workspace, number: int, choices: ReceiverChoices, given: Mapping[str, str]) -> Change:
    before = ws.store.receivers.get(number)
    after = choices.of(before)
    needed = secrets_of(after.kind, after.settings)
    new = {name: text for name, text in given.items() if name in needed and text.strip()}
    moved = any(before.settings.get(name) != after.settings.get(name) for name in _PLACE_OF_PASSWORD)
    kept = {} if moved else ws.store.receivers.secret(number)
    check_receiver(after, {**kept, **new})
    return Change(before, after, new)


def _change(ws: Workspace, change: Change) -> Receiver:
    before, after = change.before, change.after
    with ws.store.writing():
        if ws.store.receivers.get(before.id) != before:
            raise refused("notify.changed_meanwhile", receiver=before.name)
        if after != before or change.secret:
            ws.store.receivers.change(after, change.secret, now=ws.now())
            detail = Reason.of("audit.receiver_changed", receiver=after.name, before=before.name)
            ws.store.audit.add(ws.actor, "receiver.changed", detail, now=ws.now())
    return after


async def change_receiver(
    ws: Workspace,
    number: int,
    choices: ReceiverChoices,
    secret: Mapping[str, str] | None = None,
    expected: str | None = None,
) -> Receiver:
    """Replace what a receiver says; secrets that are not given stay, unless they would go to another mail server.
    `expected` is the version (`receiver_version`) that the person saw.

    Raises UseCaseError as `add_receiver` does, and `notify.changed_meanwhile` with exit code 4; StoreError
    `store.unknown_receiver`, `store.receiver_exists`, `store.key_missing`.
    """
    change = await ws.step(_checked, ws, number, choices, secret or {})
    if expected is not None and expected != receiver_version(change.before):
        raise refused("notify.changed_meanwhile", receiver=change.before.name)
    return await ws.step(_change, ws, change)


def _switch(ws: Workspace, number: int, on: bool) -> Receiver:
    with ws.store.writing():
        before = ws.store.receivers.get(number)
        after = replace(before, is_on=on)
        if after != before:
            ws.store.receivers.change(after, {}, now=ws.now())
            detail = Reason.of("audit.receiver_on" if on else "audit.receiver_off", receiver=after.name)
            ws.store.audit.add(ws.actor, "receiver.on" if on else "receiver.off", detail, now=ws.now())
        return after


async def switch_receiver(ws: Workspace, number: int, *, on: bool) -> Receiver:
    """Let a receiver hear nothing for a while, or hear again what is open then. Raises StoreError
    `store.unknown_receiver`."""
    return await ws.step(_switch, ws, number, on)


def _renew(ws: Workspace, number: int, secret: str) -> None:
    with ws.store.writing():
        receiver = ws.store.receivers.get(number)
        if receiver.kind != "webhook":
            raise refused("notify.no_signature", receiver=receiver.name)
        ws.store.receivers.change(receiver, {"secret": secret}, now=ws.now())
        detail = Reason.of("audit.receiver_secret", receiver=receiver.name)
        ws.store.audit.add(ws.actor, "receiver.secret_renewed", detail, now=ws.now())


async def renew_secret(ws: Workspace, number: int) -> str:
    """A new secret for a webhook, told this once; the one before signs nothing any more. Raises UseCaseError
    `notify.no_signature` for receivers of another kind, StoreError `store.unknown_receiver`, `store.key_missing`."""
    secret = _signing_secret()
    await ws.step(_renew, ws, number, secret)
    return secret


def _remove(ws: Workspace, number: int) -> None:
    with ws.store.writing():
        name = ws.store.receivers.get(number).name
        ws.store.receivers.remove(number, ws.actor, now=ws.now())
        detail = Reason.of("audit.receiver_removed", receiver=name)
        ws.store.audit.add(ws.actor, "receiver.removed", detail, now=ws.now())


async def remove_receiver(ws: Workspace, number: int) -> None:
    """Take somebody off. Raises StoreError `store.unknown_receiver`."""
    await ws.step(_remove, ws, number)
