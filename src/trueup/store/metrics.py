"""Metrics that a tenant defined as expressions; every definition is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from trueup.core.usage import MetricKind
from trueup.store.binding import Binding
from trueup.store.errors import StoreError
from trueup.store.tables.rules import metric


@dataclass(frozen=True, slots=True)
class DefinedMetric:
    """A metric as it is defined: an expression over billing types, or a condition over the items of one stream of one
    kind of module. `version` grows with each change of the definition. `same_by` names attributes: items that agree in
    all of them are one and the same thing and count once; empty means that every item counts."""

    key: str
    expression: str
    kind: MetricKind
    module: str | None
    stream: str | None
    version: int
    saved_by: str
    saved_at: datetime
    same_by: tuple[str, ...] = ()

    @property
    def over_items(self) -> bool:
        """Whether it counts items that fit, instead of calculating with billing types."""
        return self.stream is not None


class Metrics:
    """A tenant's own metrics."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def save(
        self,
        key: str,
        expression: str,
        kind: MetricKind,
        actor: str,
        *,
        now: datetime,
        module: str | None = None,
        stream: str | None = None,
        same_by: tuple[str, ...] = (),
    ) -> DefinedMetric:
        """Define a metric or change it; the same definition again makes no new version."""
        with self._binding.writing() as connection:
            versions = self.history(key)
            version = versions[-1].version + 1 if versions else 1
            new = DefinedMetric(key, expression, kind, module, stream, version, actor, now, same_by)
            current = next((found for found in self.list() if found.key == key), None)
            if current is not None and _definition(current) == _definition(new):
                return current
            self._end(connection, key, actor, now)
            row = {"key": key, "version": version, "expression": expression, "kind": kind.value}
            row |= {"module": module, "stream": stream, "saved_by": actor, "saved_at": now}
            row |= {"same_by": msgspec.json.encode(same_by).decode() if same_by else None}
            connection.execute(sa.insert(metric).values(tenant=self._binding.tenant, **row))
        return new

    def list(self) -> tuple[DefinedMetric, ...]:
        """The metrics in force, by key."""
        return self._select(metric.c.ended_at.is_(None), metric.c.key)

    def on(self, moment: datetime) -> tuple[DefinedMetric, ...]:
        """The metrics that were in force at a moment, by key."""
        ended = metric.c.ended_at.is_(None) | (metric.c.ended_at > moment)
        return self._select((metric.c.saved_at <= moment) & ended, metric.c.key)

    def history(self, key: str) -> tuple[DefinedMetric, ...]:
        """Every version of a metric, oldest first."""
        return self._select(metric.c.key == key, metric.c.version)

    def remove(self, key: str, actor: str, *, now: datetime) -> None:
        """Take it out of force. Raises StoreError `store.unknown_metric`."""
        with self._binding.writing() as connection:
            if not self._end(connection, key, actor, now):
                raise StoreError("store.unknown_metric", metric=key)

    def _end(self, connection: sa.Connection, key: str, actor: str, now: datetime) -> int:
        mine = (metric.c.tenant == self._binding.tenant, metric.c.key == key, metric.c.ended_at.is_(None))
        return connection.execute(sa.update(metric).where(*mine).values(ended_by=actor, ended_at=now)).rowcount

    def _select(self, wanted: sa.ColumnElement[bool], order: sa.ColumnElement[object]) -> tuple[DefinedMetric, ...]:
        columns = (metric.c.key, metric.c.expression, metric.c.kind, metric.c.module, metric.c.stream)
        query = sa.select(*columns, metric.c.version, metric.c.saved_by, metric.c.saved_at, metric.c.same_by)
        query = query.where(metric.c.tenant == self._binding.tenant, wanted).order_by(order)
        with self._binding.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(
            DefinedMetric(key, text, MetricKind(kind), module, stream, version, by, at, _names(same))
            for key, text, kind, module, stream, version, by, at, same in rows
        )


def _names(text: str | None) -> tuple[str, ...]:
    return () if text is None else msgspec.json.decode(text, type=tuple[str, ...])


def _definition(one: DefinedMetric) -> tuple[object, ...]:
    return one.expression, one.kind, one.module, one.stream, one.same_by
