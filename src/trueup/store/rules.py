"""Rules: saved with a version that grows; what was replaced stays, because outcomes name rule and version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from trueup.core.rule import Rule
from trueup.store.binding import Binding
from trueup.store.codec import decode, encode
from trueup.store.decisions import in_force
from trueup.store.errors import StoreError
from trueup.store.tables.rules import rule as table


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """One version of a rule; `ended_at` is set when a later one or its removal replaced it."""

    rule: Rule
    saved_by: str
    saved_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None


class Rules:
    """A tenant's rules. At one place (level, service, target) there is one rule in force at most."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def save(self, rule: Rule, actor: str, *, now: datetime, expected_version: int | None = None) -> Rule:
        """Add a rule or a new version of it; gives it with its version. The same rule again makes no new version.

        Raises StoreError `store.rule_exists` when another rule is in force at its place, and `store.rule_changed` when
        `expected_version` is given and is not the one in force (0: none).
        """
        with self._binding.writing() as connection:
            versions = self.history(rule.id)
            found = versions[-1].rule if versions and versions[-1].ended_at is None else None
            if expected_version is not None and expected_version != (found.version if found else 0):
                known = found.version if found else 0
                raise StoreError("store.rule_changed", rule=rule.id, expected=expected_version, found=known)
            if found is not None and replace(rule, version=found.version) == found:
                return found
            self._place_free(connection, rule)
            self._end(connection, rule.id, actor, now)
            saved = replace(rule, version=versions[-1].rule.version + 1 if versions else 1)
            row = {
                "id": saved.id,
                "version": saved.version,
                "level": saved.level.value,
                "service": saved.service_id,
                "target": saved.target,
                "body": encode(saved),
                "saved_by": actor,
                "saved_at": now,
            }
            connection.execute(sa.insert(table).values(tenant=self._binding.tenant, **row))
        return saved

    def list(self) -> tuple[Rule, ...]:
        """The rules in force, by id."""
        query = sa.select(table.c.body).where(table.c.tenant == self._binding.tenant, table.c.ended_at.is_(None))
        with self._binding.reading() as connection:
            bodies = connection.execute(query.order_by(table.c.id)).scalars().all()
        return tuple(decode(body, Rule) for body in bodies)

    def get(self, rule_id: str, version: int | None = None) -> Rule:
        """The rule in force, or one of its versions. Raises StoreError `store.unknown_rule`."""
        for found in self.history(rule_id):
            if found.rule.version == version or (version is None and found.ended_at is None):
                return found.rule
        raise StoreError("store.unknown_rule", rule=rule_id)

    def remove(self, rule_id: str, actor: str, *, now: datetime) -> None:
        """Take it out of force. Raises StoreError `store.unknown_rule`."""
        with self._binding.writing() as connection:
            if not self._end(connection, rule_id, actor, now):
                raise StoreError("store.unknown_rule", rule=rule_id)

    def history(self, rule_id: str) -> tuple[RuleVersion, ...]:
        """Every version of a rule, oldest first; empty if there never was one."""
        columns = (table.c.body, table.c.saved_by, table.c.saved_at, table.c.ended_by, table.c.ended_at)
        query = sa.select(*columns).where(table.c.tenant == self._binding.tenant, table.c.id == rule_id)
        with self._binding.reading() as connection:
            rows = connection.execute(query.order_by(table.c.version)).all()
        return tuple(RuleVersion(decode(body, Rule), *rest) for body, *rest in rows)

    def on(self, moment: datetime) -> tuple[Rule, ...]:
        """The rules that were in force at a moment, by id."""
        return tuple(found.rule for found in self.every() if in_force(found.saved_at, found.ended_at, moment))

    def every(self) -> tuple[RuleVersion, ...]:
        """Every version of every rule, by id and version."""
        columns = (table.c.body, table.c.saved_by, table.c.saved_at, table.c.ended_by, table.c.ended_at)
        query = sa.select(*columns).where(table.c.tenant == self._binding.tenant)
        with self._binding.reading() as connection:
            rows = connection.execute(query.order_by(table.c.id, table.c.version)).all()
        return tuple(RuleVersion(decode(body, Rule), *rest) for body, *rest in rows)

    def _place_free(self, connection: sa.Connection, rule: Rule) -> None:
        wanted = (
            table.c.tenant == self._binding.tenant,
            table.c.level == rule.level.value,
            table.c.service == rule.service_id,
            table.c.target == rule.target,
            table.c.ended_at.is_(None),
            table.c.id != rule.id,
        )
        other = connection.execute(sa.select(table.c.id).where(*wanted)).scalar()
        if other is not None:
            raise StoreError("store.rule_exists", rule=rule.id, other=other)

    def _end(self, connection: sa.Connection, rule_id: str, actor: str, now: datetime) -> int:
        mine = (table.c.tenant == self._binding.tenant, table.c.id == rule_id, table.c.ended_at.is_(None))
        return connection.execute(sa.update(table).where(*mine).values(ended_by=actor, ended_at=now)).rowcount
