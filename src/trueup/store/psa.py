"""What the PSA showed when it was last read, and what its units were when we last agreed with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from trueup.core.contract import Contract, Customer, Line, PsaSnapshot, Service
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.tables.psa import known_line, psa_entry, psa_read

if TYPE_CHECKING:
    from trueup.core.by_hand.drift import KnownUnits

Entry = TypeVar("Entry", Customer, Contract, Service, Line)

CHUNK = 500
"""How many ids go into one question."""


class PsaMemory:
    """A tenant's PSA, as last read."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def save_snapshot(self, snapshot: PsaSnapshot, *, catalogue_only: bool = False) -> int:
        """Keep customers, services, contracts and lines (not the unit rows); gives how many entries changed.

        An entry that the snapshot lacks is marked as gone and kept, so that history can still name it.
        `catalogue_only` says that it holds customers and services only; contracts and lines then stay as they are.
        """
        changed = 0
        with self._binding.writing() as connection:
            changed += self._save(connection, "customer", snapshot.customers, snapshot.read_at)
            changed += self._save(connection, "service", snapshot.services, snapshot.read_at)
            if not catalogue_only:
                changed += self._save(connection, "contract", snapshot.contracts, snapshot.read_at)
                changed += self._save(connection, "line", snapshot.lines, snapshot.read_at)
                connection.execute(sa.update(psa_read).where(*self._whole).values(calls_left=snapshot.calls_left))
        return changed

    def customers(self, *, with_gone: bool = False, ids: Iterable[str] | None = None) -> tuple[Customer, ...]:
        """Customers, by id as text; with `ids` only those, as in all of the following."""
        return self._load("customer", Customer, with_gone=with_gone, ids=ids)

    def services(self, *, with_gone: bool = False, ids: Iterable[str] | None = None) -> tuple[Service, ...]:
        """Services and bundles."""
        return self._load("service", Service, with_gone=with_gone, ids=ids)

    def contracts(self, *, with_gone: bool = False, ids: Iterable[str] | None = None) -> tuple[Contract, ...]:
        """Recurring contracts."""
        return self._load("contract", Contract, with_gone=with_gone, ids=ids)

    def lines(self, *, with_gone: bool = False, ids: Iterable[str] | None = None) -> tuple[Line, ...]:
        """Lines of these contracts."""
        return self._load("line", Line, with_gone=with_gone, ids=ids)

    def read_at(self) -> datetime | None:
        """When the lines were last read as a whole; None if never."""
        with self._binding.reading() as connection:
            return connection.execute(sa.select(psa_read.c.read_at).where(*self._whole)).scalar()

    def calls_left(self) -> tuple[int, datetime] | None:
        """What the PSA's budget of calls held when the lines were last read, and when that was; None where unknown."""
        with self._binding.reading() as connection:
            row = connection.execute(sa.select(psa_read.c.calls_left, psa_read.c.read_at).where(*self._whole)).first()
        return None if row is None or row.calls_left is None else (row.calls_left, row.read_at)

    @property
    def _whole(self) -> tuple[sa.ColumnElement[bool], ...]:
        """The reading of lines as a whole."""
        return (psa_read.c.tenant == self._binding.tenant, psa_read.c.kind == "line")

    def appeared(self, line_ids: Iterable[str], now: datetime) -> dict[str, datetime]:
        """When lines were first seen, of those that were not among the lines of the first reading; `now` for a line
        that was never seen before. Empty while no lines were ever read."""
        mine = (psa_entry.c.tenant == self._binding.tenant, psa_entry.c.kind == "line")
        wanted = sorted(set(line_ids))
        with self._binding.reading() as connection:
            first = connection.execute(sa.select(sa.func.min(psa_entry.c.first_seen)).where(*mine)).scalar()
            if first is None:
                return {}
            seen: dict[str, datetime] = {}
            columns = sa.select(psa_entry.c.id, psa_entry.c.first_seen).where(*mine)
            for start in range(0, len(wanted), CHUNK):
                rows = connection.execute(columns.where(psa_entry.c.id.in_(wanted[start : start + CHUNK])))
                seen.update((row.id, row.first_seen) for row in rows)
        return {line: seen.get(line, now) for line in wanted if line not in seen or seen[line] > first}

    def known(self, line_ids: Iterable[str] | None = None) -> dict[str, KnownUnits]:
        """What we last agreed with, of these lines or of all; a line that is missing was never taken over."""
        from trueup.core.by_hand.drift import KnownUnits  # noqa: PLC0415 - who lists names asks for no units

        query = sa.select(known_line.c.line, known_line.c.body).where(known_line.c.tenant == self._binding.tenant)
        with self._binding.reading() as connection:
            if line_ids is None:
                rows = list(connection.execute(query))
            else:
                wanted = sorted(set(line_ids))
                rows = []
                for start in range(0, len(wanted), CHUNK):
                    rows += connection.execute(query.where(known_line.c.line.in_(wanted[start : start + CHUNK])))
        return {line: decode(body, KnownUnits) for line, body in rows}

    def set_known(self, line_id: str, known: KnownUnits, *, now: datetime) -> None:
        """Agree with the units of a line; what differs from them later is drift."""
        self.set_known_many({line_id: known}, now=now)

    def set_known_many(self, lines: Mapping[str, KnownUnits], *, now: datetime) -> None:
        """The same for many lines, in one transaction. What is there is changed where it stands: most lines are agreed
        with every night."""
        rows = {line: {"body": encode(known), "agreed_at": now} for line, known in sorted(lines.items())}
        with self._binding.writing() as connection:
            there = self._known_of(connection, list(rows))
            changed = [{"of_line": line, **row} for line, row in rows.items() if line in there]
            new = [
                {"tenant": self._binding.tenant, "line": line, **row} for line, row in rows.items() if line not in there
            ]
            if changed:
                values: dict[str, sa.BindParameter[object]] = {
                    name: sa.bindparam(name) for name in ("body", "agreed_at")
                }
                connection.execute(sa.update(known_line).where(*self._one_known()).values(values), changed)
            if new:
                connection.execute(sa.insert(known_line), new)

    def _known_of(self, connection: sa.Connection, lines: list[str]) -> set[str]:
        """Those of the lines that were agreed with before."""
        mine = sa.select(known_line.c.line).where(known_line.c.tenant == self._binding.tenant)
        parts = (lines[start : start + CHUNK] for start in range(0, len(lines), CHUNK))
        return {
            line for part in parts for line in connection.execute(mine.where(known_line.c.line.in_(part))).scalars()
        }

    def _one_known(self) -> tuple[sa.ColumnElement[bool], ...]:
        return known_line.c.tenant == self._binding.tenant, known_line.c.line == sa.bindparam("of_line")

    def forget_known(self, line_ids: Iterable[str]) -> None:
        """Let go of lines, which are then as if never taken over."""
        lines = [{"of_line": line} for line in sorted(set(line_ids))]
        with self._binding.writing() as connection:
            if lines:
                connection.execute(sa.delete(known_line).where(*self._one_known()), lines)

    def _save(self, connection: sa.Connection, kind: str, entries: Iterable[Entry], read_at: datetime) -> int:
        mine = (psa_entry.c.tenant == self._binding.tenant, psa_entry.c.kind == kind)
        columns = (psa_entry.c.id, psa_entry.c.body, psa_entry.c.gone_since)
        stored = {row.id: row for row in connection.execute(sa.select(*columns).where(*mine))}
        bodies = {entry.id: encode(entry) for entry in entries}
        same_id = psa_entry.c.id == sa.bindparam("of_id")
        common = {"tenant": self._binding.tenant, "kind": kind, "first_seen": read_at}
        new = [common | {"id": i, "body": body} for i, body in bodies.items() if i not in stored]
        changed = [
            {"of_id": i, "new_body": body}
            for i, body in bodies.items()
            if i in stored and (stored[i].body != body or stored[i].gone_since is not None)
        ]
        gone = [{"of_id": i} for i, row in stored.items() if i not in bodies and row.gone_since is None]
        if new:
            connection.execute(sa.insert(psa_entry), new)
        if changed:
            values: dict[str, object] = {"body": sa.bindparam("new_body"), "gone_since": None}
            connection.execute(sa.update(psa_entry).where(*mine, same_id).values(**values), changed)
        if gone:
            connection.execute(sa.update(psa_entry).where(*mine, same_id).values(gone_since=read_at), gone)
        reads = (psa_read.c.tenant == self._binding.tenant, psa_read.c.kind == kind)
        if not connection.execute(sa.update(psa_read).where(*reads).values(read_at=read_at)).rowcount:
            connection.execute(sa.insert(psa_read).values(tenant=self._binding.tenant, kind=kind, read_at=read_at))
        return len(new) + len(changed) + len(gone)

    def _load(
        self, kind: str, form: type[Entry], *, with_gone: bool, ids: Iterable[str] | None = None
    ) -> tuple[Entry, ...]:
        wanted = [psa_entry.c.tenant == self._binding.tenant, psa_entry.c.kind == kind]
        if not with_gone:
            wanted.append(psa_entry.c.gone_since.is_(None))
        query = sa.select(psa_entry.c.body).where(*wanted).order_by(psa_entry.c.id)
        chosen = None if ids is None else sorted(set(ids))
        with self._binding.reading() as connection:
            if chosen is None:
                return tuple(decode(body, form) for body in connection.execute(query).scalars())
            parts = (chosen[start : start + CHUNK] for start in range(0, len(chosen), CHUNK))
            asked = (connection.execute(query.where(psa_entry.c.id.in_(part))).scalars() for part in parts)
            return tuple(decode(body, form) for bodies in asked for body in bodies)
