"""An installation of many tenants on PostgreSQL: two are played through the use cases, the others are copies of rows.

A copy has its own name, its own secrets and its own accounts in the simulators. Of the played ones the night of one is
over, and the night of the other is due. The time zone is chosen so that it is between one and two in the night now,
whenever the benchmark runs: real workers with the machine's own clock then find the night due.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from bench.postgres import Server
from bench.served_tenants import CODE, GROWN, SECRET, SERVICES, ServedTenants, customer_name, key_of, user_of
from trueup.app.clock import FixedClock
from trueup.app.connections.connecting import Accounts
from trueup.app.jobs.port import ACTOR
from trueup.app.schedule.night import Round, night_round
from trueup.app.workspace import Workspace
from trueup.core.rule import Mode, Rule, RuleLevel
from trueup.core.settings import TenantSettings
from trueup.modules.limits import Pace
from trueup.store.database import Database
from trueup.store.secrets import Key

DUE, OVER, GROWING = "due", "over", "growing"
"""The tenants that are played: with tonight still to come, with all nights over, and with nights beyond."""
PSA, RMM = "psa", "rmm"
_DAY = timedelta(days=1)
_HOUR = 1


def night_zone(now: datetime) -> str:
    """A time zone in which it is between one and two o'clock."""
    ahead = (_HOUR - now.hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}" if ahead else "UTC"


@dataclass(slots=True)
class Installation:
    """`began` is the moment that the played nights are counted from."""

    server: Server
    served: ServedTenants
    key_file: Path
    began: datetime

    @property
    def key(self) -> Key:
        """The key of the store."""
        return Key.read(self.key_file)

    def open(self) -> Database:
        """The store, as a process of its own would open it."""
        return Database.open(self.server.address, self.key)

    def play(self) -> None:
        """Both tenants with two nights each, and tonight of the one with a hundredth of its devices new."""
        self.served.ready((DUE, OVER))
        clock = FixedClock(self.began)
        with self.open() as database:
            for name in (DUE, OVER):
                self._set_up(database, name, clock)
            self.served.grow()
            clock.put(self.began)
            done = self.round(database, OVER, clock)
            assert done.applied is not None, done
            assert len(done.applied.lines) == GROWN, done
            self._rest(DUE, suspended=True)

    def _rest(self, tenant: str, *, suspended: bool) -> None:
        """The tenant that is due is only copied: no worker finds it."""
        with self.open() as database:
            store = database.tenant(tenant)
            store.settings.save(replace(store.settings.get(), suspended=suspended), "bench", now=self.began)

    def copy_due(self, tenants: Iterable[str]) -> None:
        """More tenants whose night is due."""
        self._rest(DUE, suspended=False)
        self.copy(DUE, tenants)
        self._rest(DUE, suspended=True)

    def growth(self) -> tuple[float, float]:
        """Megabytes that a tenant's night adds once the place of what was deleted is taken again, and rows that it
        writes: of a tenant with a hundredth of its devices replaced each night, in a database of few. The
        fifth to the eighth night are measured; before them indexes still find their size."""
        self.served.ready((GROWING,))
        clock, sizes = FixedClock(self.began), []
        with self.open() as database:
            self._set_up(database, GROWING, clock)
            for night in range(1, 9):
                self.served.swap(night)
                clock.put(self.began + night * _DAY)
                self.round(database, GROWING, clock)
                self.server.vacuum()
                sizes.append((self.server.megabytes(), self.server.rows_written()))
            self.served.swap_back(8)
            database.tenant(GROWING).erase()
        self.server.vacuum()
        (before, rows), (after, more) = sizes[3], sizes[7]
        return (after - before) / 4, (more - rows) / 4

    def _set_up(self, database: Database, name: str, clock: FixedClock) -> None:
        clock.put(self.began - 2 * _DAY)
        zone = night_zone(self.began)
        settings = TenantSettings(name=name, time_zone=zone, currency="EUR", mode=Mode.AUTOMATIC)
        store = database.create_tenant(name, settings, now=clock.now(), actor="bench")
        now = clock.now()
        for connection, role, kind in ((PSA, "psa", "autotask"), (RMM, "module", "datto_rmm")):
            store.connections.add(connection, role, kind, *self._account(connection, name), "bench", now=now)  # type: ignore[arg-type]
        for number, (_, _, quantity, _) in SERVICES.items():
            rule = Rule(f"r{number}", RuleLevel.SERVICE, str(number), str(number), quantity, cutover=_day(now))
            store.rules.save(rule, "bench", now=now)
        self.round(database, name, clock)
        ids = {customer_name(number): str(number) for number in range(1, 1_000)}
        for found in store.usage.organizations(RMM):
            one = found.organization
            store.customers.map(RMM, one.key, ids[one.name], "bench", now=now)
        clock.put(self.began - _DAY)
        self.round(database, name, clock)

    def _account(self, connection: str, tenant: str) -> tuple[dict[str, str], dict[str, str]]:
        if connection == PSA:
            secret = {"user_name": user_of(tenant), "secret": SECRET, "integration_code": CODE}
            return {"zone_lookup_url": self.served.psa_url}, secret
        secret = {"api_key": key_of(tenant), "api_secret": SECRET}
        return {"base_url": self.served.rmm_url, "platform": "merlot"}, secret

    def round(self, database: Database, tenant: str, clock: FixedClock) -> Round:
        """One round in this process, as a worker makes it."""
        ws = Workspace(database.tenant(tenant), clock, ACTOR, Accounts(Pace(scale=0)))
        done = asyncio.run(night_round(ws))
        assert not done.failed, (tenant, done.trouble, done.collected)
        return done

    def copy(self, model: str, tenants: Iterable[str]) -> None:
        """More tenants with all rows of a played one."""
        names = list(tenants)
        with self.server.asked() as connection, connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")  # rows come table by table
            for table, columns in _tables(connection):
                rest = SQL(", ").join(map(Identifier, columns))
                copied = SQL(
                    "INSERT INTO {} (tenant, {}) SELECT n.name, {} FROM {} m, unnest(%s::text[]) n(name)"
                ).format(
                    Identifier(table), rest, SQL(", ").join(Identifier("m", one) for one in columns), Identifier(table)
                )
                connection.execute(copied + SQL(" WHERE m.tenant = %s"), (names, model))
        self.server.vacuum()
        with self.open() as database:
            for name in names:
                store = database.tenant(name)
                with store.writing():
                    for one in (PSA, RMM):
                        store.connections.update(one, *self._account(one, name), now=self.began)


def _day(now: datetime) -> date:
    return (now - 2 * _DAY).date()


def _tables(connection: psycopg.Connection) -> list[tuple[str, list[str]]]:
    """Tables of tenants with their other columns; secrets are sealed for their row, so that a copy could not open
    them."""
    rows = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND is_generated = 'NEVER' AND table_name IN (SELECT table_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND column_name = 'tenant') ORDER BY table_name, ordinal_position"
    ).fetchall()
    found: dict[str, list[str]] = {}
    for table, column in rows:
        if table != "connection_secret":
            found.setdefault(table, [])
            if column != "tenant":
                found[table].append(column)
    return [(table, columns) for table, columns in found.items() if columns]


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)
