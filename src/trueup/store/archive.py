"""An archive of a store: every row of its tables, written so that either kind of database takes it back exactly.

A zip with a file of lines for each table and `manifest.json`, which comes last and says the revision, the columns with
their kinds, and how many rows each table has. So an archive says by itself how it is to be read, and one of an older
revision is brought up to date by the same migrations as a store. Secrets stay sealed; the key is never in it
(docs/decisions/0183-archives.md).
"""

from __future__ import annotations

import binascii
import os
import zipfile
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import msgspec
import sqlalchemy as sa

from trueup.store.columns import TENANT, Exact, Instant
from trueup.store.errors import StoreError
from trueup.store.every_table import metadata

FORMAT: Final = 1
"""The form of the archive itself; a program refuses one that is newer than it knows."""

MANIFEST: Final = "manifest.json"
_ROWS_AT_ONCE: Final = 1000


class _Kind(NamedTuple):
    """What a column may hold: the column types that do, the type that takes it back, and how its JSON text is read
    where JSON does not have it."""

    family: type[sa.types.TypeEngine[Any]]
    made: sa.types.TypeEngine[Any]
    read: Callable[[str], object] | None = None


_KINDS: Final[Mapping[str, _Kind]] = {
    "instant": _Kind(Instant, Instant(), datetime.fromisoformat),
    "exact": _Kind(Exact, Exact(), Decimal),
    "day": _Kind(sa.Date, sa.Date(), date.fromisoformat),
    "truth": _Kind(sa.Boolean, sa.Boolean(create_constraint=False)),
    "whole": _Kind(sa.Integer, sa.BigInteger()),
    "bytes": _Kind(sa.LargeBinary, sa.LargeBinary(), b64decode),
    "text": _Kind(sa.String, sa.Text()),
}
"""Kinds by their name in the manifest."""


class ArchivedTable(msgspec.Struct, frozen=True):
    """A table: its columns in order, each with its kind, and its rows."""

    name: str
    columns: list[tuple[str, str]]
    rows: int


class Manifest(msgspec.Struct, frozen=True):
    """What an archive holds. `tenant` is None where it is the whole store; tables stand in the order in which their
    rows may be put back."""

    format: int
    revision: str
    made_at: datetime
    tenant: str | None
    tenants: list[str]
    tables: list[ArchivedTable]

    @property
    def rows(self) -> int:
        """All rows together."""
        return sum(table.rows for table in self.tables)


def write(
    path: Path, connection: sa.Connection, revision: str, tables: frozenset[sa.Table], tenant: str | None, now: datetime
) -> Manifest:
    """Write the archive of what a connection sees at one moment; whole under its name, or not there at all.

    Raises StoreError `store.archive_exists`, `store.archive_unwritable`.
    """
    if path.exists():
        raise StoreError("store.archive_exists", path=str(path))
    beside = path.with_name(f"{path.name}.part")
    try:
        with (
            os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive,
        ):
            found = [
                _written(archive, connection, table, tenant) for table in metadata.sorted_tables if table in tables
            ]
            tenants = [tenant] if tenant is not None else _tenants(connection)
            manifest = Manifest(FORMAT, revision, now, tenant, tenants, found)
            archive.writestr(MANIFEST, msgspec.json.encode(manifest))
        beside.replace(path)
    except OSError as error:
        raise StoreError("store.archive_unwritable", path=str(path), detail=error.strerror or "error") from None
    finally:
        beside.unlink(missing_ok=True)
    return manifest


def _tenants(connection: sa.Connection) -> list[str]:
    column = metadata.tables["tenant"].c[TENANT]
    return list(connection.execute(sa.select(column).order_by(column)).scalars())


def _kind(column: sa.Column[Any]) -> str:
    return next(name for name, kind in _KINDS.items() if isinstance(column.type, kind.family))


def _written(archive: zipfile.ZipFile, connection: sa.Connection, table: sa.Table, tenant: str | None) -> ArchivedTable:
    asked = sa.select(table).order_by(*table.primary_key.columns)
    if tenant is not None:
        asked = asked.where(table.c[TENANT] == tenant)
    count = 0
    with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as out:
        result = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(asked)
        for rows in result.partitions():
            out.write(msgspec.json.Encoder(decimal_format="string").encode_lines([tuple(row) for row in rows]))
            count += len(rows)
    return ArchivedTable(str(table.name), [(str(column.name), _kind(column)) for column in table.columns], count)


class Archive:
    """An archive that is there to be read. Use it as a context. Raises StoreError `store.archive_damaged`,
    `store.archive_newer`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
            self.manifest = msgspec.json.decode(self._zip.read(MANIFEST), type=Manifest)
        except (OSError, KeyError, zipfile.BadZipFile, msgspec.MsgspecError):
            raise self._damaged() from None
        if self.manifest.format > FORMAT:
            raise StoreError("store.archive_newer", path=str(path))

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def put_back(self, connection: sa.Connection) -> None:
        """Insert every row, inside the transaction that is open; the tables have the archive's own revision."""
        for table in self.manifest.tables:
            columns = [sa.column(name, self._kind(kind).made) for name, kind in table.columns]
            insert = sa.insert(sa.table(table.name, *columns))
            count = 0
            for rows in self._rows(table):
                connection.execute(insert, rows)
                count += len(rows)
            if count != table.rows:
                raise self._damaged()

    def _kind(self, name: str) -> _Kind:
        if name not in _KINDS:
            raise self._damaged()
        return _KINDS[name]

    def _rows(self, table: ArchivedTable) -> Iterator[list[dict[str, object]]]:
        names = [name for name, _ in table.columns]
        reads = [self._kind(kind).read for _, kind in table.columns]

        def restored(values: Sequence[object]) -> Iterator[object]:
            for value, read in zip(values, reads, strict=True):
                yield value if read is None or value is None else read(cast("str", value))

        some: list[dict[str, object]] = []
        try:
            with self._zip.open(f"{table.name}.jsonl") as lines:
                for line in lines:
                    some.append(dict(zip(names, restored(msgspec.json.decode(line, type=list[object])), strict=True)))
                    if len(some) == _ROWS_AT_ONCE:
                        yield some
                        some = []
        except (KeyError, EOFError, zipfile.BadZipFile, msgspec.MsgspecError, ValueError, binascii.Error):
            raise self._damaged() from None
        if some:
            yield some

    def _damaged(self) -> StoreError:
        return StoreError("store.archive_damaged", path=str(self._path))
