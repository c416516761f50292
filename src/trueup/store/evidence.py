"""The items behind planned units, kept by their digest: the same list is kept once, whoever counts it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from trueup.core.counting.evidence import FrozenEvidence
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.errors import StoreError
from trueup.store.tables.history import evidence as table

SEEN_AGAIN: Final = timedelta(days=28)
"""How long a list may be unused before its use is noted again: `kept_at` says, to that precision, when a plan last had
it."""


class EvidenceBook:
    """A tenant's evidence. A list is added and never changed, but for personal data that were asked to be forgotten."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def keep(self, lists: Iterable[FrozenEvidence], *, now: datetime) -> None:
        """Keep lists; those that are there already stay as they are."""
        new = {one.digest: one for one in lists}
        with self._binding.writing() as connection:
            for digest, one in new.items():
                kept_at = connection.execute(sa.select(table.c.kept_at).where(*self._called(digest))).scalar()
                if kept_at is None:
                    values = {"digest": digest, "body": _packed(one), "kept_at": now}
                    connection.execute(sa.insert(table).values(tenant=self._binding.tenant, **values))
                elif now - kept_at > SEEN_AGAIN:
                    connection.execute(sa.update(table).where(*self._called(digest)).values(kept_at=now))

    def get(self, digest: str) -> FrozenEvidence:
        """The list of that digest. Raises StoreError `store.evidence_lost` where it is not there, or is another one by
        now."""
        with self._binding.reading() as connection:
            body = connection.execute(sa.select(table.c.body).where(*self._called(digest))).scalar()
        found = None if body is None else _unpacked(body)
        if found is None or found.digest != digest:
            raise StoreError("store.evidence_lost", digest=digest[:12])
        return found

    def all(self) -> Iterator[tuple[str, FrozenEvidence]]:
        """Every list with its digest."""
        query = sa.select(table.c.digest, table.c.body).where(table.c.tenant == self._binding.tenant)
        with self._binding.reading() as connection:
            for digest, body in connection.execute(query).all():
                yield digest, _unpacked(body)

    def replace(self, digest: str, body: FrozenEvidence) -> None:
        """Put the list without personal data in the place of the one that had them; both have the same digest.

        Raises StoreError `store.evidence_differs` when they have not."""
        if body.digest != digest:
            raise StoreError("store.evidence_differs", digest=digest[:12])
        change = sa.update(table).where(*self._called(digest)).values(body=_packed(body))
        with self._binding.writing() as connection:
            connection.execute(change)

    def _called(self, digest: str) -> tuple[sa.ColumnElement[bool], ...]:
        return (table.c.tenant == self._binding.tenant, table.c.digest == digest)


def _packed(one: FrozenEvidence) -> bytes:
    return zlib.compress(encode(one).encode(), level=6)


def _unpacked(body: bytes) -> FrozenEvidence:
    try:
        text = zlib.decompress(body).decode()
    except (zlib.error, UnicodeDecodeError) as error:
        raise StoreError("store.unreadable", kind="FrozenEvidence", detail=str(error)) from None
    return decode(text, FrozenEvidence)
