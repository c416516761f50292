"""What Trueup wanted against what the PSA showed, by line and day, as intervals: what stays the same is one row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import sqlalchemy as sa

from trueup.core.beside.comparison import Behind, Judgement, Verdict
from trueup.core.reason import Reason
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.tables.beside import comparison as table
from trueup.store.tables.beside import comparison_behind as behind_table


class Comparisons:
    """A tenant's comparisons."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def newest(self) -> Mapping[str, Judgement]:
        """The newest judgement of each line."""
        mine = table.c.tenant == self._binding.tenant
        last = (
            sa.select(table.c.line, sa.func.max(table.c.first).label("first")).where(mine).group_by(table.c.line)
        ).subquery()
        query = sa.select(table).join(last, (last.c.line == table.c.line) & (last.c.first == table.c.first)).where(mine)
        with self._binding.reading() as connection:
            return {row.line: _judgement(row) for row in connection.execute(query)}

    def list(self, *, service_id: str | None = None, since: date | None = None) -> tuple[Judgement, ...]:
        """Judgements that reach `since` or later, by line and day."""
        wanted = [table.c.tenant == self._binding.tenant]
        if service_id is not None:
            wanted.append(table.c.service == service_id)
        if since is not None:
            wanted.append(table.c.last >= since)
        query = sa.select(table).where(*wanted).order_by(table.c.line, table.c.first)
        with self._binding.reading() as connection:
            return tuple(_judgement(row) for row in connection.execute(query))

    def behind(self) -> Mapping[str, Mapping[date, Behind]]:
        """Days not judged yet on which the PSA showed other units than wanted, by line."""
        found: dict[str, dict[date, Behind]] = {}
        query = sa.select(behind_table).where(behind_table.c.tenant == self._binding.tenant)
        with self._binding.reading() as connection:
            for row in connection.execute(query):
                found.setdefault(row.line, {})[row.day] = Behind(row.nights, row.seen)
        return found

    def save(self, judgements: Iterable[Judgement]) -> None:
        """Keep judgements; one that begins on the same day as a known one of its line takes its place."""
        rows = [_row(one) for one in judgements]
        if not rows:
            return
        mine = (table.c.tenant == self._binding.tenant, table.c.line == sa.bindparam("of_line"))
        same = (*mine, table.c.first == sa.bindparam("of_first"))
        keys = [{"of_line": row["line"], "of_first": row["first"]} for row in rows]
        with self._binding.writing() as connection:
            connection.execute(sa.delete(table).where(*same), keys)
            connection.execute(sa.insert(table), [{"tenant": self._binding.tenant, **row} for row in rows])

    def set_behind(self, lines: Mapping[str, Mapping[date, Behind]]) -> None:
        """What is behind on these lines, in place of what was known of them; an empty mapping forgets the line."""
        if not lines:
            return
        mine = (behind_table.c.tenant == self._binding.tenant, behind_table.c.line == sa.bindparam("of_line"))
        rows = [
            {"tenant": self._binding.tenant, "line": line, "day": day, "nights": one.nights, "seen": one.seen}
            for line, days in sorted(lines.items())
            for day, one in sorted(days.items())
        ]
        with self._binding.writing() as connection:
            connection.execute(sa.delete(behind_table).where(*mine), [{"of_line": line} for line in sorted(lines)])
            if rows:
                connection.execute(sa.insert(behind_table), rows)


def _row(one: Judgement) -> dict[str, object]:
    return {
        "line": one.line_id,
        "first": one.first,
        "last": one.last,
        "service": one.service_id,
        "customer": one.customer_id,
        "verdict": one.verdict.value,
        "wanted": one.wanted,
        "found": one.found,
        "reason": None if one.reason is None else encode(one.reason),
        "currency": one.currency,
        "monthly": one.monthly,
    }


def _judgement(row: sa.Row[tuple[object, ...]]) -> Judgement:
    found = row._mapping  # noqa: SLF001 - SQLAlchemy's public name of it
    return Judgement(
        found["line"],
        found["customer"],
        found["service"],
        found["first"],
        found["last"],
        Verdict(found["verdict"]),
        found["wanted"],
        found["found"],
        None if found["reason"] is None else decode(found["reason"], Reason),
        found["currency"],
        found["monthly"],
    )
