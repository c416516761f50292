"""Only some items count: filters, shared organizations, one person in two organizations, and what cannot be judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.situations import AT_ONCE, PROFILE, codes, day, days, line, planned, rule, sent

from trueup.core.counting.item_counting import CountedItems, ItemHistory, ItemSpan, StreamItems
from trueup.core.counting.reading_series import ReadingSpan, series_of
from trueup.core.counting.scope import ScopeReader, UsageHistory
from trueup.core.counting.shared_usage import Claim, meeting
from trueup.core.expression import parse
from trueup.core.rule import Scope, ScopeKind
from trueup.core.usage import Coverage, Item, MetricKind, Scalar, ScopeUsage

ATTRIBUTES = ("category", "upn", "size")
WORKSTATIONS, USERS = "rmm.workstation", "people"
FIRST = date(2026, 11, 1)
NORTH, SOUTH, SHARED = ("rmm", "north"), ("rmm", "south"), ("rmm", "shared")


def device(
    key: str, organization: str, name: str, *values: Scalar, first: str = "11-01", last: str | None = None
) -> ItemSpan:
    kept = (*values, *(None,) * (len(ATTRIBUTES) - len(values)))
    return ItemSpan(Item(key, organization, name, kept), day(first), day(last) if last else None)


def reading(
    organization: str, value: int, metric: str = WORKSTATIONS, coverage: Coverage = Coverage.MEASURED,
    first: str = "11-01", last: str | None = None,
) -> ReadingSpan:  # fmt: skip
    return ReadingSpan("rmm", metric, organization, Decimal(value), coverage, day(first), day(last) if last else None)


def known(readings: tuple[ReadingSpan, ...], *items: ItemSpan, **more: object) -> UsageHistory:
    definitions = {
        WORKSTATIONS: CountedItems("devices", 'category in ("Desktop", "Laptop")'),
        USERS: CountedItems("devices", "upn is not None", ("upn",)),
    }
    streams = {("rmm", "devices"): StreamItems(ATTRIBUTES, items, ("hostname",))}
    history = ItemHistory(day("11-01"), day("11-30"), definitions, streams)
    made = UsageHistory(series_of(readings), {"rmm": "rmm"}, {"rmm": frozenset(days("11-01", "11-30"))}, items=history)
    return replace(made, **more)  # type: ignore[arg-type]


def read(
    history: UsageHistory, text: str = WORKSTATIONS, on: str = "11-12", holder: str = "1",
    mapped: Mapping[str, tuple[tuple[str, str], ...]] | None = None,
    shares: Mapping[tuple[str, tuple[str, str]], str] | None = None, **scope: object,
) -> ScopeUsage:  # fmt: skip
    reader = ScopeReader(history, mapped or {"1": (NORTH, SOUTH)}, {}, shares)
    return reader.read(parse(text), Scope(**scope), holder, [day(on)])  # type: ignore[arg-type]


def only(usage: ScopeUsage) -> tuple[int, str]:
    ((_, found),) = usage.days[-1].metrics
    return int(found.value), found.coverage.value


SITES = (
    device("1", "north", "AQ-01", "Desktop"),
    device("2", "north", "AQ-02", "Laptop", last="11-14"),
    device("3", "north", "PAR-01", "Desktop"),
    device("4", "north", "AQ-srv", "Server"),
    device("5", "south", "aq-09", "Laptop", first="11-10"),
    device("6", "south", "PAR-09", "Laptop"),
)
READINGS = (
    reading("north", 3, last="11-14"),
    reading("north", 2, first="11-15"),
    reading("south", 1, last="11-09"),
    reading("south", 2, first="11-10"),
)
AQUITAINE = 'starts_with(hostname, "aq-")'


@pytest.mark.parametrize(("on", "count"), [("11-05", 2), ("11-09", 2), ("11-10", 3), ("11-14", 3), ("11-15", 2)])
def test_only_items_that_fit_are_counted_on_every_day_of_the_window(on: str, count: int) -> None:
    """The server is no workstation; AQ-02 goes after the 14th and aq-09 comes on the 10th."""
    assert only(read(known(READINGS, *SITES), on=on, items=AQUITAINE)) == (count, "measured")


def test_the_items_own_name_has_one_name_in_every_module() -> None:
    assert only(read(known(READINGS, *SITES), items='starts_with(item_name, "PAR")')) == (2, "measured")


def test_no_item_that_fits_is_a_measured_zero() -> None:
    assert only(read(known(READINGS, *SITES), items='item_name == "nobody"')) == (0, "measured")


def test_a_day_without_a_reading_stays_unknown_under_a_filter() -> None:
    assert only(read(known(READINGS[:2], *SITES), items=AQUITAINE))[1] == "unknown"


def test_a_part_stays_a_part_under_a_filter() -> None:
    partial = (reading("north", 3, coverage=Coverage.PARTIAL), *READINGS[2:])
    assert only(read(known(partial, *SITES), items=AQUITAINE)) == (3, "partial")


def test_a_day_that_was_not_delivered_is_left_out_under_a_filter() -> None:
    gap = {"rmm": frozenset(days("11-01", "11-11"))}
    assert read(known(READINGS, *SITES, delivered=gap), items=AQUITAINE).days == ()


def test_items_that_do_not_add_up_to_the_reading_say_nothing() -> None:
    usage = read(known((reading("north", 7), reading("south", 2)), *SITES), items=AQUITAINE)
    assert only(usage)[1] == "unknown"
    assert [problem.code for problem in usage.problems] == ["note.items_disagree"]


def test_a_number_without_its_items_cannot_be_filtered() -> None:
    usage = read(
        known((reading("north", 7, "rmm.backup"), reading("south", 2, "rmm.backup"))), "rmm.backup", items=AQUITAINE
    )
    assert only(usage)[1] == "unknown"
    assert [problem.code for problem in usage.problems] == ["note.count_without_items"]


def test_an_item_that_cannot_be_judged_makes_its_days_unknown_and_is_named() -> None:
    sizes = (
        device("7", "north", "AQ-07", "Desktop", None, Decimal(4)),
        device("8", "north", "AQ-08", "Desktop", first="11-12"),
    )
    history = known((reading("north", 1, last="11-11"), reading("north", 2, first="11-12")), *sizes)
    mapped = {"1": (NORTH,)}
    assert only(read(history, on="11-11", mapped=mapped, items="size * 2 > 4")) == (1, "measured")
    usage = read(history, on="11-12", mapped=mapped, items="size * 2 > 4")
    assert only(usage)[1] == "unknown"
    assert [(p.code, p.get("item"), p.get("error")) for p in usage.problems] == [
        ("note.item_not_judged", "AQ-08", "expression.null_in_calculation")
    ]


def test_an_item_that_is_not_counted_anyway_need_not_be_judged() -> None:
    history = known((reading("north", 0),), device("9", "north", "AQ-srv", "Server"))
    assert only(read(history, mapped={"1": (NORTH,)}, items="size * 2 > 4")) == (0, "measured")


def test_a_filter_that_looks_at_the_day_is_asked_on_each_day() -> None:
    seen = (device("1", "north", "AQ-01", "Desktop", "2026-11-08"),)
    history = known((reading("north", 1),), *seen)
    found = [
        only(read(history, on=on, mapped={"1": (NORTH,)}, items="days_since(upn) <= 3"))[0]
        for on in ("11-10", "11-11", "11-12")
    ]
    assert found == [1, 1, 0]


def test_a_flag_of_the_items_that_fit_is_on_or_off() -> None:
    history = known((reading("north", 1), reading("south", 1)), *SITES, kinds={WORKSTATIONS: MetricKind.FLAG})
    assert only(read(history, items=AQUITAINE)) == (2, "measured")
    assert only(read(history, items='item_name == "PAR-09"')) == (1, "measured")


def test_a_line_whose_items_cannot_be_judged_keeps_its_units_and_says_why() -> None:
    history = known((reading("north", 7), *READINGS[2:]), *SITES)
    reader = ScopeReader(history, {"1": (NORTH, SOUTH)}, {})
    usage = reader.read(parse(WORKSTATIONS), Scope(items=AQUITAINE), "1", days("11-01", "11-12"))
    outcome = planned(line(9), usage, "11-12", rule(AT_ONCE, quantity=WORKSTATIONS))
    assert (sent(outcome), codes(outcome)) == ([], ["held.stale", "note.items_disagree"])


# --- named organizations


def test_a_named_organization_that_nobody_maps_any_more_is_unmapped_and_not_less() -> None:
    named = {"organizations": (NORTH, SHARED)}
    assert only(read(known(READINGS, *SITES), organizations=(NORTH,))) == (3, "measured")
    assert read(known(READINGS, *SITES), **named).unmapped == ("rmm",)
    elsewhere = {"1": (NORTH, SOUTH), "2": (SHARED,)}
    assert read(known(READINGS, *SITES), mapped=elsewhere, **named).unmapped == (), "it is another customer's"


# --- an organization that several customers share

TENANTS = {"1": (SHARED,), "2": (SHARED,)}
PARTS = {("1", SHARED): 'starts_with(item_name, "A")', ("2", SHARED): 'starts_with(item_name, "B")'}
ROOMS = tuple(device(name, "shared", name, "Desktop") for name in ("A1", "A2", "B1", "C1"))


def test_a_shared_organization_is_split_by_the_filters_of_its_customers() -> None:
    history = known((reading("shared", 4),), *ROOMS)
    assert only(read(history, mapped=TENANTS, shares=PARTS)) == (2, "measured")
    assert only(read(history, mapped=TENANTS, shares=PARTS, holder="2")) == (1, "measured")
    assert only(read(history, mapped=TENANTS, shares=PARTS, items='item_name != "A1"')) == (1, "measured")


def test_a_scope_with_both_customers_counts_an_item_of_both_once() -> None:
    both = {**PARTS, ("2", SHARED): 'item_name in ("B1", "A1")'}
    history = known((reading("shared", 4),), *ROOMS)
    found = read(history, mapped=TENANTS, shares=both, kind=ScopeKind.CUSTOMERS, customers=("1", "2"))
    assert only(found) == (3, "measured")


def usages(**filters: str | None) -> dict[str, Claim]:
    history = known((reading("shared", 4),), *ROOMS)
    return {name: Claim(name, read(history, mapped={"1": (SHARED,)}, items=text)) for name, text in filters.items()}


def test_lines_of_one_organization_are_ambiguous_only_where_they_count_the_same_items() -> None:
    a, b, a1 = 'starts_with(item_name, "A")', 'starts_with(item_name, "B")', 'item_name == "A1"'
    assert meeting(SHARED, usages(one=a, two=b)) == {}
    assert meeting(SHARED, usages(one=a, two=b, three=a1)) == {
        "one": frozenset(("one", "three")),
        "three": frozenset(("one", "three")),
    }
    assert meeting(SHARED, usages(one=a, two=None))["two"] == frozenset(("one", "two"))


# --- counting people


def people(*where: tuple[str, str, str | None]) -> tuple[ItemSpan, ...]:
    return tuple(device(key, organization, key, "User", upn) for key, organization, upn in where)


def test_one_person_in_two_organizations_is_one() -> None:
    found = people(("u1", "north", "anna@x.fr"), ("u2", "south", " Anna@X.fr"), ("u3", "south", "bob@x.fr"))
    history = known((reading("north", 1, USERS), reading("south", 2, USERS)), *found)
    assert only(read(history, USERS)) == (2, "measured")
    assert only(read(history, USERS, organizations=(SOUTH,))) == (2, "measured")


def test_an_item_without_the_attribute_is_a_thing_of_its_own() -> None:
    found = people(("u1", "north", ""), ("u2", "north", " "), ("u3", "south", "bob@x.fr"))
    history = known((reading("north", 2, USERS), reading("south", 1, USERS)), *found)
    assert only(read(history, USERS)) == (3, "measured")


def test_a_person_who_moves_is_one_on_every_day_and_one_after_both_left_is_none() -> None:
    moved = (
        device("u1", "north", "u1", "User", "anna", last="11-10"),
        device("u2", "south", "u2", "User", "anna", first="11-08", last="11-12"),
    )
    spans = (
        reading("north", 1, USERS, last="11-10"), reading("north", 0, USERS, first="11-11"),
        reading("south", 0, USERS, last="11-07"), reading("south", 1, USERS, first="11-08", last="11-12"),
        reading("south", 0, USERS, first="11-13"),
    )  # fmt: skip
    found = [only(read(known(spans, *moved), USERS, on=f"11-{on:02}")) for on in (7, 9, 11, 13)]
    assert found == [(1, "measured"), (1, "measured"), (1, "measured"), (0, "measured")]


def test_silence_of_one_organization_leaves_the_people_unknown() -> None:
    history = known((reading("north", 1, USERS),), *people(("u1", "north", "anna")))
    assert only(read(history, USERS))[1] == "unknown"


# --- evidence


def evidence(*items: ItemSpan, **scope: object) -> str:
    return read(known(READINGS, *items), **scope).days[-1].evidence


def test_a_plan_is_bound_to_the_items_that_the_filter_lets_through_and_to_no_other() -> None:
    other = (*SITES[:5], replace_name(SITES[5], "PAR-10"))
    mine = (*SITES[:4], replace_name(SITES[4], "aq-10"), SITES[5])
    assert evidence(*SITES, items=AQUITAINE) == evidence(*other, items=AQUITAINE)
    assert evidence(*SITES, items=AQUITAINE) != evidence(*mine, items=AQUITAINE)


def replace_name(span: ItemSpan, name: str) -> ItemSpan:
    return span._replace(item=span.item._replace(name=name))


def test_the_items_of_a_filtered_organization_are_known_by_key() -> None:
    found = dict(read(known(READINGS, *SITES), items=AQUITAINE).filtered)
    assert found == {
        NORTH: frozenset(("devices/1", "devices/2", "devices/4")),
        SOUTH: frozenset(("devices/5",)),
    }


# --- any history at all, against a copy of every day

FILTERS: Mapping[str, Callable[[Item], bool]] = {
    'category == "Laptop"': lambda item: item.attributes[0] == "Laptop",
    'starts_with(item_name, "a") or size > 1': lambda item: item.name.startswith("a") or (item.attributes[2] or 0) > 1,
    "upn is None": lambda item: item.attributes[1] is None,
}
LENGTH = 9


@dataclass(frozen=True)
class Copy:
    """Which items there were on each delivered day."""

    daily: Mapping[int, tuple[Item, ...]]

    def history(self, metric: str, counts: Callable[[Item], bool], once: bool) -> UsageHistory:
        """The same as spans: an item stays as long as no delivered day shows it otherwise."""
        delivered = sorted(self.daily)
        spans: list[ItemSpan] = []
        begun: dict[Item, int] = {}
        for place, number in enumerate(delivered):
            ended = set(begun) - set(self.daily[number])
            spans += [ItemSpan(item, on(begun.pop(item)), on(delivered[place - 1])) for item in ended]
            for item in self.daily[number]:
                begun.setdefault(item, number)
        spans += [ItemSpan(item, on(first), None) for item, first in begun.items()]
        readings = tuple(
            ReadingSpan(
                "rmm", metric, organization, Decimal(self.number((organization,), number, counts, once)),
                Coverage.MEASURED, on(number), on(number),
            )
            for number in delivered
            for organization in ("north", "south")
        )  # fmt: skip
        definition = CountedItems("devices", 'category != "Server"', ("upn",) if once else ())
        streams = {("rmm", "devices"): StreamItems(ATTRIBUTES, tuple(spans))}
        items = ItemHistory(FIRST, on(LENGTH), {metric: definition}, streams)
        return UsageHistory(series_of(readings), {"rmm": "rmm"}, {"rmm": frozenset(map(on, delivered))}, items=items)

    def number(self, organizations: tuple[str, ...], number: int, counts: Callable[[Item], bool], once: bool) -> int:
        there = [item for item in self.daily[number] if item.organization in organizations and counts(item)]
        if not once:
            return len(there)
        named = {item.attributes[1] for item in there if item.attributes[1] is not None}
        return len(named) + sum(item.attributes[1] is None for item in there)


def on(number: int) -> date:
    return FIRST + timedelta(days=number)


@st.composite
def copies(draw: st.DrawFn) -> Copy:
    delivered = draw(st.lists(st.integers(0, LENGTH - 1), unique=True, min_size=1))
    items = st.builds(
        Item,
        st.sampled_from("123456"),
        st.sampled_from(("north", "south")),
        st.sampled_from(("alpha", "beta")),
        st.tuples(
            st.sampled_from(("Laptop", "Server", "Desktop")),
            st.sampled_from((None, "anna", "bob")),
            st.sampled_from((None, Decimal(1), Decimal(2))),
        ),
    )
    night = st.lists(items, max_size=6, unique_by=lambda item: item.key).map(tuple)
    return Copy({number: draw(night) for number in delivered})


@PROFILE
@given(copies(), st.sampled_from(sorted(FILTERS)), st.booleans(), st.booleans())
def test_any_history_counts_as_a_copy_of_every_day_would(copy: Copy, text: str, filtered: bool, once: bool) -> None:
    def counts(item: Item) -> bool:
        return item.attributes[0] != "Server"

    def fits(item: Item) -> bool:
        return counts(item) and (not filtered or FILTERS[text](item))

    history = copy.history(USERS, counts, once)
    reader = ScopeReader(history, {"1": (NORTH, SOUTH)}, {})
    scope = Scope(items=text if filtered else None)
    usage = reader.read(parse(USERS), scope, "1", [on(number) for number in range(LENGTH)])
    found = {one.day: (one.metrics[0][1].value, one.metrics[0][1].coverage) for one in usage.days}
    assert found == {
        on(number): (copy.number(("north", "south"), number, fits, once), Coverage.MEASURED) for number in copy.daily
    }
    assert usage.problems == ()
