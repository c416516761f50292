"""Histories of collections for the tests, and a naive store that keeps a copy of every day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from trueup.core.reason import Reason
from trueup.core.usage import (
    BillingType,
    Certainty,
    Collection,
    Coverage,
    Failure,
    FailureCategory,
    Inventory,
    Item,
    MetricKind,
    ModuleOrganization,
    Reading,
    Scalar,
)

FIRST = date(2026, 1, 1)
DAYS = 5
ORGANIZATIONS = ("a", "b", "c")
STREAMS = ("devices", "agents")
LAYOUTS = (("category", "size"), ("size", "category", "os"))
METRICS = ("datto_rmm.desktop", "datto_rmm.server")
FAILURE = Failure(FailureCategory.UNREACHABLE, Reason.of("module.unreachable", host="x"))
TYPE = BillingType(METRICS[0], "Desktop", MetricKind.LEVEL, "device", Certainty.DOCUMENTED, "devices", "a == 'b'")


def day_of(number: int) -> date:
    return FIRST + timedelta(days=number)


def collection(
    day: date,
    *,
    hours: float = 25,
    coverage: Coverage = Coverage.MEASURED,
    organizations: tuple[str, ...] = ORGANIZATIONS,
    inventories: tuple[Inventory, ...] = (),
    readings: tuple[Reading, ...] = (),
) -> Collection:
    """A collection seen so many hours after the day began (UTC); from 24 on the day had ended."""
    unknown = coverage is Coverage.UNKNOWN
    return Collection(
        connection="rmm",
        module="datto_rmm",
        day=day,
        observed_at=datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours),
        coverage=coverage,
        billing_types=(TYPE,),
        organizations=() if unknown else tuple(ModuleOrganization(key, f"Name {key}") for key in organizations),
        inventories=() if unknown else inventories,
        readings=() if unknown else readings,
        failure=FAILURE if unknown else None,
    )


VALUES: tuple[Scalar, ...] = (
    "Laptop",
    "1",
    Decimal(1),
    True,
    False,
    Decimal(0),
    None,
    date(2026, 1, 1),
    Decimal("2.5"),
)


@st.composite
def inventories(draw: st.DrawFn) -> tuple[Inventory, ...]:
    found = []
    for stream in draw(st.lists(st.sampled_from(STREAMS), unique=True, max_size=2)):
        attributes = draw(st.sampled_from(LAYOUTS)) if stream == "agents" else LAYOUTS[0]
        keys = draw(st.lists(st.sampled_from("123456"), unique=True, max_size=6))
        items = tuple(
            Item(
                key,
                draw(st.sampled_from(ORGANIZATIONS)),
                draw(st.sampled_from(("x", "y"))),
                tuple(draw(st.sampled_from(VALUES)) for _ in attributes),
            )
            for key in keys
        )
        partial = frozenset(draw(st.lists(st.sampled_from(ORGANIZATIONS), max_size=1)))
        found.append(Inventory(stream, attributes, items, partial))
    return tuple(found)


@st.composite
def collections(draw: st.DrawFn) -> Collection:
    places = draw(
        st.lists(st.tuples(st.sampled_from(METRICS), st.sampled_from(ORGANIZATIONS)), unique=True, max_size=6)
    )
    readings = tuple(
        Reading(
            metric,
            organization,
            Decimal(draw(st.sampled_from(("0", "1", "2", "2.50")))),
            draw(st.sampled_from(list(Coverage))),
        )
        for metric, organization in places
    )
    return collection(
        day_of(draw(st.integers(0, DAYS - 1))),
        hours=draw(st.sampled_from((10, 20, 25, 26, 60))),
        coverage=draw(st.sampled_from((Coverage.MEASURED, Coverage.MEASURED, Coverage.PARTIAL, Coverage.UNKNOWN))),
        organizations=tuple(draw(st.lists(st.sampled_from(ORGANIZATIONS), unique=True))),
        inventories=draw(inventories()),
        readings=readings,
    )


@dataclass
class DailyCopy:
    """Every collection that counts, whole, by day: what the store has to be equal to."""

    current: dict[date, Collection] = field(default_factory=dict)
    replaced: dict[tuple[date, int], Collection] = field(default_factory=dict)
    attempts: dict[date, int] = field(default_factory=dict)
    numbers: dict[date, int] = field(default_factory=dict)

    def record(self, new: Collection) -> bool:
        self.attempts[new.day] = self.attempts.get(new.day, 0) + 1
        old = self.current.get(new.day)
        if old is not None and not _takes_the_place_of(new, old):
            return False
        if old is not None:
            self.replaced[new.day, self.numbers[new.day]] = old
        self.current[new.day] = new
        self.numbers[new.day] = self.attempts[new.day]
        return True

    def content(self, day: date) -> Collection | None:
        found = self.current.get(day)
        return None if found is None or found.coverage is Coverage.UNKNOWN else found


def _takes_the_place_of(new: Collection, old: Collection) -> bool:
    """The rule in plain words: content before silence, the close before the day, more before less, later before
    earlier."""
    rank = {Coverage.UNKNOWN: 0, Coverage.PARTIAL: 1, Coverage.MEASURED: 2}

    def worth(one: Collection) -> tuple[bool, bool, int]:
        ended = one.observed_at.date() > one.day
        return one.coverage is not Coverage.UNKNOWN, ended and one.coverage is not Coverage.UNKNOWN, rank[one.coverage]

    if worth(new) != worth(old):
        return worth(new) > worth(old)
    return new.coverage is Coverage.UNKNOWN or new.observed_at >= old.observed_at


def items_of(one: Collection | None, stream: str, wanted: tuple[str, ...]) -> list[tuple[object, ...]]:
    """The items of a stream in the order of these attributes, with the type of each value."""
    for inventory in one.inventories if one else ():
        if inventory.stream == stream:
            rows = []
            for item in inventory.items:
                held = dict(zip(inventory.attributes, item.attributes, strict=True))
                rows.append((item.key, item.organization, item.name, typed(tuple(held.get(name) for name in wanted))))
            return sorted(rows, key=lambda row: row[0])
    return []


def typed(values: tuple[object, ...]) -> tuple[tuple[str, object], ...]:
    return tuple((type(value).__name__, value) for value in values)


def readings_of(one: Collection | None) -> set[tuple[object, ...]]:
    return {tuple(vars_of(reading)) for reading in (one.readings if one else ())}


def vars_of(reading: Reading) -> tuple[object, ...]:
    return reading.metric, reading.organization, reading.value, reading.coverage
