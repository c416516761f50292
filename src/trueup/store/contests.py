"""Lines that somebody else keeps changing: one row a line, which holds the last nights only."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from trueup.core.by_hand.contested import LineContest
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.tables.beside import contest as table


class Contests:
    """A tenant's contested lines, and those that somebody changed lately."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def all(self) -> Mapping[str, LineContest]:
        """What is remembered, by line."""
        query = sa.select(table.c.line, table.c.body).where(table.c.tenant == self._binding.tenant)
        with self._binding.reading() as connection:
            return {row.line: decode(row.body, LineContest) for row in connection.execute(query.order_by(table.c.line))}

    def save(self, lines: Mapping[str, LineContest]) -> None:
        """Remember these lines; one without anything to remember is forgotten."""
        if not lines:
            return
        mine = (table.c.tenant == self._binding.tenant, table.c.line == sa.bindparam("of_line"))
        rows = [
            {"tenant": self._binding.tenant, "line": line, "body": encode(memory)}
            for line, memory in sorted(lines.items())
            if memory != LineContest()
        ]
        with self._binding.writing() as connection:
            connection.execute(sa.delete(table).where(*mine), [{"of_line": line} for line in sorted(lines)])
            if rows:
                connection.execute(sa.insert(table), rows)
