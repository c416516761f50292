"""What can go wrong with the store: one typed error, one code for each cause; the driver's errors too."""

from __future__ import annotations

import sqlite3

from sqlalchemy import exc

from trueup.core.reason import Param, Reason

CODES: dict[str, tuple[str, ...]] = {
    "store.missing": ("path",),
    "store.exists": ("path",),
    "store.cannot_open": ("path", "detail"),
    "store.not_a_store": ("path",),
    "store.corrupt": ("path", "detail"),
    "store.no_wal": ("path", "mode"),
    "store.unsupported_database": ("kind",),
    "store.newer_version": ("path", "found", "known"),
    "store.not_empty": ("path",),
    "store.archive_exists": ("path",),
    "store.archive_unwritable": ("path", "detail"),
    "store.archive_damaged": ("path",),
    "store.archive_newer": ("path",),
    "store.one_tenant_only": ("path", "tenant"),
    "store.upgrade_failed": ("path", "detail"),
    "store.unreachable": ("path", "detail"),
    "store.driver_missing": ("driver",),
    "store.postgresql_too_old": ("path", "found"),
    "store.not_utf8": ("path", "found"),
    "store.busy": ("path",),
    "store.disk_full": ("path",),
    "store.read_only": ("path",),
    "store.failed": ("path", "detail"),
    "store.integrity": ("detail",),
    "store.unreadable": ("kind", "detail"),
    "store.tenant_not_bound": ("detail",),
    "store.write_inside_read": (),
    "store.unknown_tenant": ("tenant",),
    "store.tenant_exists": ("tenant",),
    "store.person_exists": ("name",),
    "store.email_exists": ("email",),
    "store.unknown_token": ("token",),
    "store.key_missing": (),
    "store.key_unreadable": ("path", "detail"),
    "store.key_malformed": ("source",),
    "store.key_file_exists": ("path",),
    "store.wrong_key": ("wanted", "given"),
    "store.secret_damaged": ("connection", "field"),
    "store.unknown_connection": ("connection",),
    "store.connection_exists": ("connection",),
    "store.unknown_organization": ("connection", "organization"),
    "store.duplicate_item": ("connection", "stream", "item"),
    "store.duplicate_reading": ("connection", "metric", "organization"),
    "store.unknown_metric": ("metric",),
    "store.unknown_rule": ("rule",),
    "store.rule_exists": ("rule", "other"),
    "store.rule_changed": ("rule", "expected", "found"),
    "store.unknown_plan": ("plan",),
    "store.plan_exists": ("plan",),
    "store.plan_not_open": ("plan", "state"),
    "store.plan_differs": ("plan",),
    "store.unknown_run": ("run",),
    "store.unknown_intent": ("intent",),
    "store.lease_lost": ("lease", "holder"),
    "store.intent_exists": ("plan", "line", "day"),
}
"""Every code that the store raises, with the names of its parameters."""


class StoreError(Exception):
    """The store refuses or fails. `reason` carries a code of `CODES` and its parameters, never a secret."""

    def __init__(self, code: str, **params: Param) -> None:
        self.reason = Reason.of(code, **params)
        shown = ", ".join(f"{name}={value}" for name, value in self.reason.params)
        super().__init__(f"{code} ({shown})" if shown else code)


_BY_SQLITE_CODE: dict[int, str] = {
    sqlite3.SQLITE_BUSY: "store.busy",
    sqlite3.SQLITE_LOCKED: "store.busy",
    sqlite3.SQLITE_FULL: "store.disk_full",
    sqlite3.SQLITE_READONLY: "store.read_only",
    sqlite3.SQLITE_CORRUPT: "store.corrupt",
    sqlite3.SQLITE_NOTADB: "store.corrupt",
    sqlite3.SQLITE_CANTOPEN: "store.cannot_open",
    sqlite3.SQLITE_PERM: "store.cannot_open",
}


_BY_SQLSTATE: dict[str, str] = {
    "55P03": "store.busy",  # lock_not_available: the wait for another writer is over
    "40P01": "store.busy",  # deadlock_detected
    "53100": "store.disk_full",
    "25006": "store.read_only",
    "25P03": "store.unreachable",  # idle_in_transaction_session_timeout
    "42501": "store.cannot_open",  # insufficient_privilege
    "3D000": "store.cannot_open",  # invalid_catalog_name
    "28P01": "store.cannot_open",  # invalid_password
    "28000": "store.cannot_open",
}


def _code_of(cause: BaseException | None) -> str | None:
    code, state = getattr(cause, "sqlite_errorcode", None), getattr(cause, "sqlstate", None)
    if isinstance(code, int):
        return _BY_SQLITE_CODE.get(code & 0xFF)
    if isinstance(state, str):
        return _BY_SQLSTATE.get(state, "store.unreachable" if state[:2] in _GONE else None)
    return None


_GONE = ("08", "57")
"""Classes of PostgreSQL's states: the connection broke, or the server was told to close it."""


def translated(error: exc.SQLAlchemyError | sqlite3.Error, path: str) -> StoreError:
    """The driver's error in the store's words. Statements and their parameters are left out on purpose."""
    cause: BaseException | None = error.orig if isinstance(error, exc.DBAPIError) else error
    detail = str(cause or error).splitlines()[0]
    if isinstance(error, exc.IntegrityError):
        return StoreError("store.integrity", detail=detail)
    found = _code_of(cause)
    if found is None and isinstance(error, exc.DBAPIError) and not isinstance(cause, sqlite3.Error):
        # a driver that never reached its server has no state to tell
        found = "store.unreachable" if isinstance(error, exc.OperationalError) else None
    if found in ("store.busy", "store.disk_full", "store.read_only"):
        return StoreError(found, path=path)
    return StoreError(found or "store.failed", path=path, detail=detail)
