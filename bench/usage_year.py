"""A year of usage with 1 % of the items changing a day: what it takes on disk, and what a recount of it costs."""

from __future__ import annotations

import gc
import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from bench.figures import Figure
from trueup.core.counting.scope import OrganizationKey, ScopeReader, UsageHistory
from trueup.core.dates.timing import days_between
from trueup.core.expression import Expression, parse
from trueup.core.quantities.day_quantities import Quantities
from trueup.core.quantities.quantity import units_from
from trueup.core.rule import QuantityPolicy, Scope
from trueup.core.settings import TenantSettings
from trueup.core.usage import (
    BillingType,
    Certainty,
    Collection,
    Coverage,
    Inventory,
    Item,
    MetricKind,
    ModuleOrganization,
    Reading,
)
from trueup.store.bursts import without_collector
from trueup.store.codec import attributes_text, exact_text
from trueup.store.database import Database
from trueup.store.tenant_store import TenantStore

CUSTOMERS, ITEMS, METRICS, DAYS = 200, 20_000, 20, 365
COPIED = 73
"""Days that are written out as daily rows; each day takes the same, so the year is five times that."""
FIRST = date(2025, 1, 1)
LAST = FIRST + timedelta(days=DAYS - 1)
MODULE, CONNECTION, STREAM, ATTRIBUTES = "datto_rmm", "rmm", "devices", ("category", "os", "size")
SYSTEMS = ("Windows 11 Pro", "Windows Server 2022", "macOS 15", "Ubuntu 24.04")
TYPES = tuple(
    BillingType(
        f"{MODULE}.kind_{number}",
        f"Kind {number}",
        MetricKind.LEVEL,
        "device",
        Certainty.DOCUMENTED,
        STREAM,
        f"category == 'kind-{number}'",
    )
    for number in range(METRICS)
)
SITES = tuple(ModuleOrganization(f"site-{number:03d}", f"Site {number}") for number in range(CUSTOMERS))
NEW_RULE = " + ".join(kind.key for kind in TYPES[:3])


class _Office:
    """Customers whose items change: half of the changes bring a new item for one that leaves, half a new attribute."""

    def __init__(self) -> None:
        self._chance = random.Random(7)
        self._made = 0
        self.items: dict[str, Item] = {}
        for number in range(ITEMS):
            self._add(SITES[number % CUSTOMERS].key)

    def _add(self, site: str) -> None:
        key = f"{self._chance.getrandbits(128):032x}"
        category = f"kind-{self._chance.randrange(METRICS)}"
        self.items[key] = Item(key, site, f"HOST-{self._made:05d}", (category, *self._attributes()))
        self._made += 1

    def _attributes(self) -> tuple[str, Decimal]:
        return self._chance.choice(SYSTEMS), Decimal(self._chance.randint(1, 64))

    def change(self) -> None:
        for place, key in enumerate(self._chance.sample(list(self.items), ITEMS // 100)):
            item = self.items[key]
            if place % 2:
                self.items[key] = item._replace(attributes=(item.attributes[0], *self._attributes()))
            else:
                del self.items[key]
                self._add(item.organization)

    def collected(self, day: date) -> Collection:
        counts = Counter((item.organization, item.attributes[0]) for item in self.items.values())
        readings = tuple(
            Reading(kind.key, site.key, Decimal(counts[site.key, f"kind-{number}"]))
            for site in SITES
            for number, kind in enumerate(TYPES)
        )
        inventory = Inventory(STREAM, ATTRIBUTES, tuple(self.items.values()))
        seen = datetime(day.year, day.month, day.day, 2, tzinfo=UTC) + timedelta(days=1)
        return Collection(
            CONNECTION, MODULE, day, seen, Coverage.MEASURED, TYPES, SITES, (inventory,), readings, calls=1
        )


class DailyCopy:
    """The same year as a row for each item and each reading on each day: the columns of the intervals, whole numbers
    for keys, in tables without rowid."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path)
        self._numbers: dict[str, int] = {}
        self._database.executescript(
            "CREATE TABLE item (tenant INTEGER, stream INTEGER, day INTEGER, item INTEGER, organization INTEGER,"
            " name TEXT, attributes TEXT, PRIMARY KEY (tenant, stream, day, item)) WITHOUT ROWID;"
            "CREATE TABLE reading (tenant INTEGER, connection INTEGER, day INTEGER, metric INTEGER,"
            " organization INTEGER, value TEXT, coverage TEXT,"
            " PRIMARY KEY (tenant, connection, day, metric, organization)) WITHOUT ROWID;"
        )

    def _number(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers))

    def add(self, collected: Collection) -> None:
        day = collected.day.toordinal()
        items = [
            (
                1,
                1,
                day,
                self._number(one.key),
                self._number(one.organization),
                one.name,
                attributes_text(one.attributes),
            )
            for one in collected.inventories[0].items
        ]
        readings = [
            (1, 1, day, self._number(one.metric), self._number(one.organization), exact_text(one.value), "m")
            for one in collected.readings
        ]
        self._database.executemany("INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?)", sorted(items))
        self._database.executemany("INSERT INTO reading VALUES (?, ?, ?, ?, ?, ?, ?)", sorted(readings))

    def close(self) -> None:
        self._database.commit()
        self._database.close()


def record_year(path: Path, copy: Path) -> None:
    """The year as Trueup records it, night by night, and its first days as daily rows."""
    office, daily = _Office(), DailyCopy(copy)
    began = datetime(2025, 1, 1, tzinfo=UTC)
    with Database.open(path, create=True) as database:
        store = database.create_tenant("default", TenantSettings(), now=began)
        store.connections.add(CONNECTION, "module", MODULE, {}, {}, "bench", now=began)
        for place, day in enumerate(days_between(FIRST, LAST)):
            collected = office.collected(day)
            store.usage.record(collected)
            if place < COPIED:
                daily.add(collected)
            office.change()
    daily.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def fetched(store: TenantStore) -> int:
    """The intervals behind the new rule, fetched and nothing else."""
    return len(store.usage.readings(FIRST, LAST, frozenset(parse(NEW_RULE).names)))


def recounted(store: TenantStore) -> int:
    """Units of every customer on every day of the year under the new rule: fetched, summed, and through the policy's
    steps; gives the unit-days."""
    with without_collector():
        return _unit_days(store, parse(NEW_RULE), QuantityPolicy(included=Decimal(2), minimum=5))


def _unit_days(store: TenantStore, expression: Expression, policy: QuantityPolicy) -> int:
    series = store.usage.series(FIRST, LAST, frozenset(expression.names))
    delivered = {CONNECTION: frozenset(store.usage.delivered_days(CONNECTION))}
    mapped: dict[str, tuple[OrganizationKey, ...]] = {site.key: ((CONNECTION, site.key),) for site in SITES}
    reader = ScopeReader(UsageHistory(series, {CONNECTION: MODULE}, delivered), mapped, {})
    quantities, days, units = Quantities(expression), tuple(days_between(FIRST, LAST)), 0
    of_value = cache(lambda value: units_from(policy, value, FIRST)[0])
    for site in SITES:
        for run, found in quantities.by_run(reader.runs(expression, Scope(), site.key, days)):
            units += of_value(found.value) * len(run.days)
    return units


def _cpu(work: Callable[[], object]) -> float:
    gc.collect()  # what others left behind is not for this work to clear away
    started = time.process_time()
    work()
    return time.process_time() - started


def figures_of(path: Path, copy: Path) -> Iterator[Figure]:
    """Bytes against the daily rows, CPU against the fetch."""
    daily = copy.stat().st_size * DAYS / COPIED
    name = f"A year of {CUSTOMERS} customers, {ITEMS:,} items, {METRICS} metrics on disk, against daily rows"
    yield Figure(name, path.stat().st_size / 1e6, daily / 1e6, "MB", at_most=1 / 20)
    with Database.open(path) as database:
        store = database.tenant()
        turns = [(_cpu(lambda: fetched(store)), _cpu(lambda: recounted(store))) for _ in range(9)]
        peer, ours = map(min, zip(*turns, strict=True))
    yield Figure(
        "CPU of a recount of that year under a new rule, against fetching the same intervals",
        ours,
        peer,
        "s",
        at_most=3,
    )


def measure() -> list[Figure]:
    """Both figures of one recorded year."""
    with tempfile.TemporaryDirectory() as folder:
        path, copy = Path(folder) / "trueup.db", Path(folder) / "daily.db"
        record_year(path, copy)
        return list(figures_of(path, copy))
