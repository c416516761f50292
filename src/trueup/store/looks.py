"""When a worker has to look at a tenant again: worked out when a look found nothing due, thrown away by the database
itself with any change of what a look reads (docs/decisions/0202-when-to-look-again.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from trueup.store.binding import Binding
from trueup.store.tables.schedule import next_look as table

WAKING: Final = (
    "tenant",
    "connection",
    "connection_secret",
    "schedule",
    "collecting",
    "delivery",
    "run",
    "plan",
    "lease",
    "notice",
    "notice_message",
)
"""Tables that a look reads; a test compares them with the statements of one."""


class Looks:
    """When to look at this tenant again."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def note(self, not_before: datetime, *, now: datetime) -> None:
        """Nothing is due before that moment, unless something changes. To be called in the writing step that found
        nothing due: nobody else can have changed anything since."""
        with self._binding.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.tenant == self._binding.tenant))
            row = {"tenant": self._binding.tenant, "looked_at": now, "not_before": not_before}
            connection.execute(sa.insert(table).values(**row))


def wake_on_change(connection: sa.Connection) -> None:
    """Have the database throw a tenant's moment away with every change in these tables, whoever makes it: a process of
    an older version does not know of it. Made anew after each move of the schema, because a table that SQLite rebuilds
    loses its triggers; again changes nothing."""
    present = set(sa.inspect(connection).get_table_names())
    if table.name not in present:
        return
    server = connection.dialect.name == "postgresql"
    if server:
        connection.exec_driver_sql(_FUNCTION)
    for name in WAKING:
        if name in present:
            for statement in (_ON_SERVER,) if server else _IN_FILE:
                connection.exec_driver_sql(statement.replace("{name}", name))


_FUNCTION: Final = """
    CREATE OR REPLACE FUNCTION look_again() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM next_look WHERE tenant = COALESCE(NEW.tenant, OLD.tenant);
        RETURN NULL;
    END $$
"""
_ON_SERVER: Final = """
    CREATE OR REPLACE TRIGGER look_again AFTER INSERT OR UPDATE OR DELETE ON "{name}"
    FOR EACH ROW EXECUTE FUNCTION look_again()
"""
_IN_TRIGGER: Final = 'CREATE TRIGGER IF NOT EXISTS look_again_{name}_{deed} AFTER {deed} ON "{name}" '
_IN_FILE: Final = tuple(
    _IN_TRIGGER.replace("{deed}", deed) + f"BEGIN {forget}; END"
    for deed, forget in (
        ("INSERT", "DELETE FROM next_look WHERE tenant = NEW.tenant"),
        ("UPDATE", "DELETE FROM next_look WHERE tenant = NEW.tenant"),
        ("DELETE", "DELETE FROM next_look WHERE tenant = OLD.tenant"),
    )
)
