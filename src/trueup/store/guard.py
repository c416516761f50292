"""The tenant's guard: no statement reaches the database on a tenant's table without binding that tenant.

It listens where every statement of SQLAlchemy passes, in production too. What it demands of each kind:
a SELECT binds `tenant` on every table of its own FROM (directly, or by an inner or left join to a table that is bound);
UPDATE and DELETE bind it in their WHERE; an INSERT carries it in every row. Text that names a tenant's table is
refused. The bound value must be the tenant of the connection. Tables of the installation itself (people, sessions) are
reached by the installation's own connections only, which in turn reach no tenant's row. Questions across tenants live
in `across_tenants.py`, which alone uses `ACROSS_TENANTS`; changes of the schema use `SCHEMA_CHANGE`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, cast
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    ClauseElement,
    Grouping,
    TextClause,
)

from trueup.store.columns import TENANT, belongs_to_installation, belongs_to_tenant
from trueup.store.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext

TENANT_OPTION = "trueup_tenant"
INSTALLATION_OPTION = "trueup_installation"
ACROSS_TENANTS = "trueup_across_tenants"
SCHEMA_CHANGE = "trueup_schema_change"
_BULK = "trueup_bulk_insert"

_QUIET = re.compile(r"\s*(PRAGMA|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b", re.IGNORECASE)
_SCOPE = re.compile(
    r"SELECT (?:set_config\((?:%s|'\w+'), %s, true\)(?:, |$))+(?:pg_advisory_xact_lock\(hashtextextended\(%s, 0\)\))?"
)
"""How a transaction on PostgreSQL begins; it can name no table."""
_SETS_TENANT = re.compile(r"\bSET\b(?:(?!\bWHERE\b).)*\btenant\s*=", re.IGNORECASE | re.DOTALL)
_INSERTED = re.compile(rf"{TENANT}(_m\d+)?")


class _Approved(NamedTuple):
    """What a statement needs of its connection: the tenant in these parameters, and whether it is an installation's."""

    names: tuple[str, ...]
    installation: bool


_approved: WeakKeyDictionary[SQLCompiler, _Approved] = WeakKeyDictionary()


@cache
def _names() -> re.Pattern[str]:
    """The name of any table. Only text without a form is searched for it, which is rare, and it takes all tables."""
    from trueup.store.every_table import INSTALLATION_TABLES, TENANT_TABLES  # noqa: PLC0415

    every = sorted(table.name for table in TENANT_TABLES | INSTALLATION_TABLES)
    return re.compile(r"\b(" + "|".join(every) + r")\b", re.IGNORECASE)


def watch(engine: sa.Engine) -> None:
    """Put the guard on every statement of this engine."""
    event.listen(engine, "before_cursor_execute", _before)


def insert_rows(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert many rows as the driver takes them: for big inserts into columns that need no translation.

    The guard knows the statement and compares the tenant of every row, as it does with any other insert.
    """
    if not rows:
        return
    if not connection.dialect.positional:
        connection.execute(sa.insert(table), [dict(zip(names, row, strict=True)) for row in rows])
        return
    compiled = sa.insert(table).compile(dialect=connection.dialect, column_keys=list(names))
    order = [names.index(name) for name in compiled.positiontup or ()]
    ordered = rows if order == list(range(len(names))) else list(map(itemgetter(*order), rows))
    bulk = _Bulk(str(compiled), list(map(names.__getitem__, order)).index(TENANT))
    connection.exec_driver_sql(bulk.sql, ordered, execution_options={_BULK: bulk})


class _Bulk(NamedTuple):
    """An insert that this file compiled itself, and where its rows hold the tenant."""

    sql: str
    tenant_at: int


def _refuse(detail: str) -> StoreError:
    return StoreError("store.tenant_not_bound", detail=detail)


def _before(
    connection: sa.Connection,
    cursor: DBAPICursor,
    statement: str,
    parameters: object,
    context: ExecutionContext | None,
    executemany: bool,
) -> None:
    del cursor
    options: Mapping[str, object] = context.execution_options if context else connection.get_execution_options()
    if options.get(ACROSS_TENANTS) or options.get(SCHEMA_CHANGE):
        return
    tenant = options.get(TENANT_OPTION)
    bulk = options.get(_BULK)
    if isinstance(bulk, _Bulk) and bulk.sql == statement:
        at = bulk.tenant_at
        given = cast("list[tuple[object, ...]]", parameters if executemany else [parameters])
        if not isinstance(tenant, str) or any(row[at] != tenant for row in given):
            raise _refuse("a row of another tenant")
        return
    compiled = context.compiled if context else None
    if not isinstance(compiled, SQLCompiler):
        quiet = _QUIET.match(statement) or _SCOPE.fullmatch(statement)
        found = None if quiet else _names().search(statement)
        if compiled is not None or found:
            raise _refuse(f"text that names {found[0]}" if found else "a change of the schema")
        return
    approved = _approved.get(compiled)
    if approved is None:
        needs = _Approved(tuple(sorted(_binds_of(compiled, statement))), _reaches_installation(compiled))
        approved = _approved[compiled] = needs
    if approved.installation and not options.get(INSTALLATION_OPTION):
        raise _refuse("a table of the installation")
    names = approved.names
    if names:
        rows = cast("Sequence[Mapping[str, object]]", getattr(context, "compiled_parameters", ()))
        if not isinstance(tenant, str):
            raise _refuse("no tenant on this connection")
        if any(row[name] != tenant for row in rows for name in names):
            raise _refuse("a row or a condition of another tenant")


def _binds_of(compiled: SQLCompiler, sql: str) -> set[str]:
    """Names of the parameters that have to hold the tenant; refuses a statement in which a table has none."""
    statement = compiled.statement
    if statement is None:
        raise _refuse("a statement without a form")
    names: set[str] = set()
    for element in visitors.iterate(statement):
        if isinstance(element, TextClause) and _names().search(element.text):
            raise _refuse("text that names a tenant's table")
        if isinstance(element, sa.Select):
            names |= _scope(_leaves(element), list(_conditions(element)), compiled)
        elif isinstance(element, sa.Update | sa.Delete):
            targets = {table for table in _tables_outside_selects(element) if _guarded(table)}
            names |= _scope(targets, [(part, None) for part in _conjuncts(element.whereclause)], compiled)
        elif isinstance(element, sa.Insert):
            names |= _inserted(element, compiled)
    if _SETS_TENANT.search(sql):
        raise _refuse("a statement that moves rows to another tenant")
    return names


def _reaches_installation(compiled: SQLCompiler) -> bool:
    """Whether any part of the statement names a table of the installation."""
    for element in visitors.iterate(cast("ClauseElement", compiled.statement)):
        base = element.table if isinstance(element, sa.Insert | sa.Update | sa.Delete) else element
        base = base.table if isinstance(base, sa.Column) else base
        base = base.element if isinstance(base, sa.Alias) else base
        if isinstance(base, sa.Table) and belongs_to_installation(base):
            return True
    return False


def _guarded(table: object) -> bool:
    base = table.element if isinstance(table, sa.Alias) else table
    return isinstance(base, sa.Table) and belongs_to_tenant(base)


def _inserted(insert: sa.Insert, compiled: SQLCompiler) -> set[str]:
    if not _guarded(insert.table):
        return set()
    names = {name for name in compiled.bind_names.values() if _INSERTED.fullmatch(name)}
    if insert.select is not None or not names:
        raise _refuse(f"an insert into {insert.table} without the tenant's value")
    return names


def _tables_outside_selects(element: sa.Update | sa.Delete) -> Iterator[sa.FromClause]:
    yield cast("sa.FromClause", element.table)
    waiting: list[visitors.ExternallyTraversible] = list(element.get_children())
    while waiting:
        part = waiting.pop()
        if isinstance(part, sa.Select):
            continue
        if isinstance(part, sa.Column) and part.table is not None:
            yield part.table
        waiting.extend(part.get_children())


def _leaves(select: sa.Select[tuple[object, ...]]) -> set[sa.FromClause]:
    found: set[sa.FromClause] = set()
    waiting = list(select.get_final_froms())
    while waiting:
        source = waiting.pop()
        if isinstance(source, sa.Join):
            waiting += [source.left, source.right]
        elif _guarded(source):
            found.add(source)
    return found


_Condition = tuple[ClauseElement, "frozenset[sa.FromClause] | None"]
"""A conjunct, and for one of an outer join the tables whose rows it limits (None: all)."""


def _conditions(select: sa.Select[tuple[object, ...]]) -> Iterator[_Condition]:
    for part in _conjuncts(select.whereclause):
        yield part, None
    waiting = list(select.get_final_froms())
    while waiting:
        source = waiting.pop()
        if isinstance(source, sa.Join):
            waiting += [source.left, source.right]
            if source.full:
                continue
            limits = frozenset(_members(source.right)) if source.isouter else None
            for part in _conjuncts(source.onclause):
                yield part, limits


def _members(source: sa.FromClause) -> Iterator[sa.FromClause]:
    if isinstance(source, sa.Join):
        yield from _members(source.left)
        yield from _members(source.right)
    else:
        yield source


def _conjuncts(clause: ClauseElement | None) -> Iterator[ClauseElement]:
    if clause is None:
        return
    if isinstance(clause, Grouping):
        yield from _conjuncts(cast("ClauseElement", clause.element))
    elif isinstance(clause, BooleanClauseList) and clause.operator is operators.and_:
        for part in clause.clauses:
            yield from _conjuncts(part)
    else:
        yield clause


def _scope(leaves: set[sa.FromClause], conditions: list[_Condition], compiled: SQLCompiler) -> set[str]:
    """Check one SELECT, UPDATE or DELETE by itself: every table of its own is bound by its own conditions."""
    names: set[str] = set()
    bound: set[sa.FromClause] = set()
    links: list[tuple[sa.FromClause, sa.FromClause]] = []
    for part, limits in conditions:
        if not (isinstance(part, BinaryExpression) and part.operator is operators.eq):
            continue
        left, right = _tenant_of(part.left), _tenant_of(part.right)
        if left is not None and right is not None:
            links += [(a, b) for a, b in ((left, right), (right, left)) if limits is None or b in limits]
        for table, value in ((left, part.right), (right, part.left)):
            if table is not None and isinstance(value, BindParameter) and (limits is None or table in limits):
                bound.add(table)
                names.add(compiled.bind_names[value])
    while True:
        further = {b for a, b in links if a in bound and b not in bound}
        if not further:
            break
        bound |= further
    open_tables = leaves - bound
    if open_tables:
        raise _refuse("no tenant for " + ", ".join(sorted(str(table) for table in open_tables)))
    return names


def _tenant_of(side: object) -> sa.FromClause | None:
    if isinstance(side, sa.Column) and side.name == TENANT and side.table is not None:
        return cast("sa.FromClause", side.table)
    return None
