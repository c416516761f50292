"""Keys with which a module pushes: made for one connection, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from trueup.app.connections.connecting import is_delivered
from trueup.app.errors import failed
from trueup.app.workspace import Workspace
from trueup.core.reason import Reason
from trueup.modules.files.profile import is_file_source
from trueup.store.connections import Connection
from trueup.store.pushes import PushKey

PREFIX: Final = "tup_"
"""How a key begins, so that scanners for leaked secrets can know it."""

_SHOWN: Final = len(PREFIX) + 6


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key; `secret` is told this once only."""

    key: PushKey
    secret: str


def hash_of_key(secret: str) -> str:
    """What is kept of a key. 256 random bits cannot be guessed, so that a plain SHA-256 is enough and checking is cheap
    (OWASP: slow hashes are for what people choose)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def takes_pushes(connection: Connection) -> bool:
    """Whether usage of this connection is delivered to us, and not collected by us."""
    return connection.role == "module" and (is_delivered(connection.kind) or is_file_source(connection.settings))


def _create(ws: Workspace, connection_name: str, note: str) -> MadeKey:
    store = ws.store
    with store.writing():
        connection = store.connections.get(connection_name)
        if not takes_pushes(connection):
            raise failed("push.collected", connection=connection_name, kind=connection.kind)
        secret = PREFIX + secrets.token_urlsafe(32)
        prefix = secret[:_SHOWN]
        number = store.pushes.add_key(connection_name, prefix, hash_of_key(secret), note, ws.actor, now=ws.now())
        detail = Reason.of("audit.push_key_made", connection=connection_name, key=prefix, number=number)
        store.audit.add(ws.actor, "push_key.made", detail, now=ws.now())
    return MadeKey(PushKey(number, connection_name, prefix, note, ws.actor, ws.now()), secret)


async def create_key(ws: Workspace, connection: str, note: str = "") -> MadeKey:
    """A key for a connection whose usage is delivered. Raises UseCaseError `push.collected`; StoreError
    `store.unknown_connection`."""
    return await ws.step(_create, ws, connection, note.strip())


async def list_keys(ws: Workspace, connection: str | None = None) -> tuple[PushKey, ...]:
    """Keys that are valid, without their secrets."""
    return await ws.step(ws.store.pushes.keys, connection)


def _revoke(ws: Workspace, number: int) -> None:
    with ws.store.writing():
        if not ws.store.pushes.revoke_key(number, ws.actor, now=ws.now()):
            raise failed("push.unknown_key", number=number)
        ws.store.audit.add(
            ws.actor, "push_key.revoked", Reason.of("audit.push_key_revoked", number=number), now=ws.now()
        )


async def revoke_key(ws: Workspace, number: int) -> None:
    """Let a key open nothing any more, at once. Raises UseCaseError `push.unknown_key`."""
    await ws.step(_revoke, ws, number)
