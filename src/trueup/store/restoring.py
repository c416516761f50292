"""Restoring: a store made out of an archive, where none is yet."""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import exc

from trueup.store import migrating, postgresql, sqlite
from trueup.store.archive import Archive, Manifest
from trueup.store.database import BUSY_MILLISECONDS, version_of
from trueup.store.errors import StoreError, translated
from trueup.store.schema import KNOWN_REVISIONS


def restore(where: str | os.PathLike[str], archive: Path) -> Manifest:
    """Make a store out of an archive of a whole one, on either kind of database, whichever the archive was made of.
    Whatever goes wrong, no store is there afterwards.

    Raises StoreError `store.not_empty`, `store.archive_damaged`, `store.archive_newer`, `store.one_tenant_only`, and
    as `Database.open`.
    """
    with Archive(archive) as found:
        if found.manifest.revision not in KNOWN_REVISIONS:
            raise StoreError("store.archive_newer", path=str(archive))
        if found.manifest.tenant is not None:
            raise StoreError("store.one_tenant_only", path=str(archive), tenant=found.manifest.tenant)
        engine, path = _empty_place(where)
        try:
            if version_of(engine, path) is not None:
                raise StoreError("store.not_empty", path=path)
            migrating.fill(engine, path, found.manifest.revision, found.put_back)
        finally:
            engine.dispose()
        return found.manifest


def _empty_place(where: str | os.PathLike[str]) -> tuple[sa.Engine, str]:
    """An engine that may make tables there, and the place as it may be shown."""
    address = postgresql.address_of(where)
    if address is None:
        path = sqlite.path_of(where)
        sqlite.new_file(path)
        sqlite.look_first(path, create=True)
        return sqlite.engine_for(path, foreign_keys=False, busy_milliseconds=BUSY_MILLISECONDS), str(path)
    engine, shown = postgresql.engine_for(address, busy_milliseconds=BUSY_MILLISECONDS), postgresql.shown(address)
    try:
        postgresql.look_first(engine, address)
    except exc.SQLAlchemyError as error:
        engine.dispose()
        raise translated(error, shown) from error
    return engine, shown
