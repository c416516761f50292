"""What the guard rails remember: thresholds that a person set, figures of plans, and the definitions lines count by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import msgspec
import sqlalchemy as sa

from trueup.core.rails.thresholds import RailChoices, ThresholdChoice, ThresholdLevel
from trueup.store.binding import Binding
from trueup.store.tables.rails import line_definition, plan_figures, rail_choice

_Parts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StoredChoice:
    """One version of what a place says; `ended_at` is set when a later one or its clearing replaced it."""

    choice: ThresholdChoice
    version: int
    saved_by: str
    saved_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlanFigures:
    """How many lines a plan governed and would have changed; `opened` is the first day of the period that it opened."""

    plan_id: str
    as_of: date
    lines: int
    changing: int
    opened: date | None = None


class Rails:
    """A tenant's guard rails."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def choices(self) -> RailChoices:
        """Everything that was set and holds now."""
        return RailChoices(tuple(one.choice for one in self.listing()))

    def listing(self) -> tuple[StoredChoice, ...]:
        """What holds now, with who set it: the tenant's first, then services, then lines."""
        found = self._select(rail_choice.c.ended_at.is_(None))
        return tuple(sorted(found, key=lambda one: (list(ThresholdLevel).index(one.choice.level), one.choice.target)))

    def history(self, level: ThresholdLevel, target: str = "") -> tuple[StoredChoice, ...]:
        """Every version of one place, oldest first."""
        return self._select(rail_choice.c.level == level.value, rail_choice.c.target == target)

    def save(self, choice: ThresholdChoice, actor: str, *, now: datetime) -> StoredChoice:
        """Set what a place says; no parts at all ends it. The same parts again make no new version."""
        with self._binding.writing() as connection:
            versions = self.history(choice.level, choice.target)
            current = versions[-1] if versions and versions[-1].ended_at is None else None
            if current is not None and current.choice.parts == choice.parts:
                return current
            place = (rail_choice.c.level == choice.level.value, rail_choice.c.target == choice.target)
            mine = (rail_choice.c.tenant == self._binding.tenant, *place, rail_choice.c.ended_at.is_(None))
            connection.execute(sa.update(rail_choice).where(*mine).values(ended_by=actor, ended_at=now))
            version = versions[-1].version + 1 if versions else 1
            if choice.parts:
                row = {
                    "level": choice.level.value,
                    "target": choice.target,
                    "version": version,
                    "parts": msgspec.json.encode(choice.parts).decode(),
                    "saved_by": actor,
                    "saved_at": now,
                }
                connection.execute(sa.insert(rail_choice).values(tenant=self._binding.tenant, **row))
        return StoredChoice(choice, version, actor, now)

    def keep_figures(self, figures: PlanFigures) -> None:
        """Keep the figures of a plan that was saved."""
        row = {
            "plan": figures.plan_id,
            "as_of": figures.as_of,
            "lines": figures.lines,
            "changing": figures.changing,
            "opened": figures.opened,
        }
        with self._binding.writing() as connection:
            connection.execute(sa.insert(plan_figures).values(tenant=self._binding.tenant, **row))

    def openings(self, limit: int) -> tuple[PlanFigures, ...]:
        """The last openings, newest first: of each, the plan with the most lines."""
        mine = (plan_figures.c.tenant == self._binding.tenant, plan_figures.c.opened.is_not(None))
        query = sa.select(plan_figures).where(*mine)
        found: dict[date, PlanFigures] = {}
        with self._binding.reading() as connection:
            for row in connection.execute(query.order_by(plan_figures.c.opened.desc())):
                known = found.get(row.opened)
                if known is None and len(found) == limit:
                    break
                if known is None or row.lines > known.lines:
                    found[row.opened] = PlanFigures(row.plan, row.as_of, row.lines, row.changing, row.opened)
        return tuple(found.values())

    def definitions(self) -> Mapping[str, Mapping[str, str]]:
        """By line, the digest of each definition that it counted by when it was last agreed with."""
        query = sa.select(line_definition.c.line, line_definition.c.body)
        with self._binding.reading() as connection:
            rows = connection.execute(query.where(line_definition.c.tenant == self._binding.tenant)).all()
        known: dict[str, Mapping[str, str]] = {}
        for _, body in rows:
            if body not in known:
                known[body] = msgspec.json.decode(body, type=dict[str, str])
        return {line: known[body] for line, body in rows}

    def agree_on_definitions(self, lines: Mapping[str, Mapping[str, str]], *, now: datetime) -> None:
        """From now on these lines count by these definitions."""
        bodies = {line: msgspec.json.encode(dict(sorted(found.items()))).decode() for line, found in lines.items()}
        known = self._bodies(next(iter(bodies)) if len(bodies) == 1 else None)
        changed = {line: body for line, body in bodies.items() if known.get(line) != body}
        if not changed:
            return
        mine = (line_definition.c.tenant == self._binding.tenant, line_definition.c.line == sa.bindparam("of_line"))
        rows: Iterable[tuple[str, str]] = sorted(changed.items())
        with self._binding.writing() as connection:
            old = [{"of_line": line} for line in sorted(changed) if line in known]
            if old:
                connection.execute(sa.delete(line_definition).where(*mine), old)
            connection.execute(
                sa.insert(line_definition),
                [{"tenant": self._binding.tenant, "line": line, "body": body, "agreed_at": now} for line, body in rows],
            )

    def _bodies(self, line: str | None = None) -> dict[str, str]:
        query = sa.select(line_definition.c.line, line_definition.c.body)
        if line is not None:
            query = query.where(line_definition.c.line == line)
        with self._binding.reading() as connection:
            rows = connection.execute(query.where(line_definition.c.tenant == self._binding.tenant)).all()
        return {row.line: row.body for row in rows}

    def _select(self, *wanted: sa.ColumnElement[bool]) -> tuple[StoredChoice, ...]:
        query = sa.select(rail_choice).where(rail_choice.c.tenant == self._binding.tenant, *wanted)
        with self._binding.reading() as connection:
            rows = connection.execute(query.order_by(rail_choice.c.version)).all()
        return tuple(
            StoredChoice(
                ThresholdChoice(ThresholdLevel(row.level), row.target, msgspec.json.decode(row.parts, type=_Parts)),
                row.version,
                row.saved_by,
                row.saved_at,
                row.ended_by,
                row.ended_at,
            )
            for row in rows
        )
