"""Answers to writes that programs send with a key, kept until they are forgotten."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from trueup.store.binding import Binding
from trueup.store.tables.answers import stored_answer as table


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A claimed key. `status` is None while its call is at work, else the answer's, with its headers and body."""

    digest: str
    claimed_at: datetime
    status: int | None
    headers: Mapping[str, str]
    body: bytes


class Answers:
    """A tenant's keys, each of one actor."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def get(self, actor: str, key: str) -> StoredAnswer | None:
        """What is known of a key; None for a free one."""
        with self._binding.reading() as connection:
            row = connection.execute(sa.select(table).where(*self._row(actor, key))).first()
        if row is None:
            return None
        headers = msgspec.json.decode(row.headers, type=dict[str, str]) if row.headers else {}
        body = zlib.decompress(row.body) if row.body else b""
        return StoredAnswer(row.digest, row.claimed_at, row.status, headers, body)

    def claim(self, actor: str, key: str, digest: str, *, now: datetime) -> None:
        """Take a free key."""
        row = {"actor": actor, "key": key, "digest": digest, "claimed_at": now}
        with self._binding.writing() as connection:
            connection.execute(sa.insert(table).values(tenant=self._binding.tenant, **row))

    def keep(self, actor: str, key: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Keep the answer of a claimed key."""
        text = msgspec.json.encode(dict(headers)).decode()
        values = {"status": status, "headers": text, "body": zlib.compress(body, level=1)}
        with self._binding.writing() as connection:
            connection.execute(sa.update(table).where(*self._row(actor, key)).values(**values))

    def free(self, actor: str, key: str) -> None:
        """Give a key free again."""
        with self._binding.writing() as connection:
            connection.execute(sa.delete(table).where(*self._row(actor, key)))

    def forget(self, *, before: datetime) -> None:
        """Forget every key that was claimed before."""
        mine = (table.c.tenant == self._binding.tenant, table.c.claimed_at < before)
        with self._binding.writing() as connection:
            connection.execute(sa.delete(table).where(*mine))

    def _row(self, actor: str, key: str) -> tuple[sa.ColumnElement[bool], ...]:
        return (table.c.tenant == self._binding.tenant, table.c.actor == actor, table.c.key == key)
