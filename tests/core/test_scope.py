"""Whose usage a line bills: sums over mapped organizations, gaps of one source, sites that left, defined metrics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.situations import AT_ONCE, day, days, line, planned, rule, sent

from trueup.core.counting.reading_series import ReadingSpan, series_of
from trueup.core.counting.scope import ScopeReader, UsageHistory
from trueup.core.expression import parse
from trueup.core.reason import Reason
from trueup.core.rule import FlagMeaning, Scope, ScopeKind
from trueup.core.usage import Coverage, DayUsage, Failure, FailureCategory, MetricKind, ScopeUsage

NOVEMBER = frozenset(days("11-01", "11-30"))
MAPPED = {
    "1": (("rmm", "north"), ("rmm", "south"), ("edr", "morel")),
    "2": (("rmm", "child"),),
    "9": (("rmm", "group"),),
}
CHILDREN = {"9": ("1", "2"), "1": ("2",)}


def span(
    organization: str, value: int, first: str = "11-01", last: str | None = None, *, metric: str = "datto_rmm.desktop",
    connection: str = "rmm", coverage: Coverage = Coverage.MEASURED,
) -> ReadingSpan:  # fmt: skip
    until = day(last) if last else None
    return ReadingSpan(connection, metric, organization, Decimal(value), coverage, day(first), until)


def history(*spans: ReadingSpan, **more: object) -> UsageHistory:
    made = UsageHistory(series_of(spans), {"rmm": "datto_rmm", "edr": "datto_edr"}, {"rmm": NOVEMBER, "edr": NOVEMBER})
    return replace(made, **more)  # type: ignore[arg-type]


def read(
    known: UsageHistory, text: str = "datto_rmm.desktop", on: str = "11-12", holder: str = "1", **scope: object
) -> ScopeUsage:
    meaning = scope.pop("flag_meaning", FlagMeaning.PER_ORGANIZATION)
    reader = ScopeReader(known, MAPPED, CHILDREN)
    return reader.read(parse(text), Scope(**scope), holder, [day(on)], meaning)  # type: ignore[arg-type]


def only(usage: ScopeUsage) -> dict[str, tuple[int, str]]:
    (found,) = usage.days
    return {name: (int(metric.value), metric.coverage.value) for name, metric in found.metrics}


SITES = (span("north", 10), span("south", 5), span("child", 3), span("group", 100))


@pytest.mark.parametrize(
    ("holder", "scope", "total"),
    [
        ("1", {}, 15),
        ("1", {"kind": ScopeKind.HOLDER_AND_CHILDREN}, 18),
        ("9", {}, 100),
        ("9", {"kind": ScopeKind.HOLDER_AND_CHILDREN}, 118),
        ("1", {"kind": ScopeKind.CUSTOMERS, "customers": ("2", "9")}, 103),
        ("1", {"organizations": (("rmm", "south"),)}, 5),
    ],
)
def test_whose_machines_are_counted(holder, scope, total):
    assert only(read(history(*SITES), holder=holder, **scope)) == {"datto_rmm.desktop": (total, "measured")}


def test_a_customer_named_twice_is_counted_once():
    found = read(history(*SITES), kind=ScopeKind.CUSTOMERS, customers=("2", "2"))
    assert only(found)["datto_rmm.desktop"] == (3, "measured")


def test_an_organization_of_somebody_else_is_not_counted_by_naming_it():
    assert read(history(*SITES), organizations=(("rmm", "group"),)).unmapped == ("datto_rmm",)


def test_sums_first_and_the_expression_once():
    """max(sum of desktops, sum of servers), not the sum of each site's maximum: 12 and 11, never 17."""
    spans = (*SITES[:2], span("north", 2, metric="datto_rmm.server"), span("south", 9, metric="datto_rmm.server"))
    usage = read(history(*spans), "max(datto_rmm.desktop, datto_rmm.server)")
    assert only(usage) == {"datto_rmm.desktop": (15, "measured"), "datto_rmm.server": (11, "measured")}
    outcome = planned(line(0), usage, "11-12", rule(AT_ONCE, quantity="max(datto_rmm.desktop, datto_rmm.server)"))
    assert sent(outcome) == [("11-12", 15)]


def test_two_modules_of_one_customer_meet_in_one_expression():
    spans = (*SITES[:2], span("morel", 20, metric="datto_edr.agents", connection="edr"))
    usage = read(history(*spans), "datto_edr.agents - datto_rmm.desktop")
    assert only(usage) == {"datto_edr.agents": (20, "measured"), "datto_rmm.desktop": (15, "measured")}


def test_a_module_without_a_mapped_organization_is_unmapped():
    assert read(history(*SITES), "datto_edr.agents + datto_rmm.desktop", holder="2").unmapped == ("datto_edr",)


def test_a_day_that_the_source_did_not_deliver_is_left_out_and_not_zero():
    known = history(*SITES, delivered={"rmm": NOVEMBER - {day("11-12")}, "edr": NOVEMBER - {day("11-12")}})
    assert read(known).days == ()


def test_a_day_on_which_only_one_of_two_sources_delivered_is_unknown():
    spans = (*SITES[:2], span("morel", 20, metric="datto_edr.agents", connection="edr"))
    known = history(*spans, delivered={"rmm": NOVEMBER - {day("11-12")}, "edr": NOVEMBER})
    usage = read(known, "datto_edr.agents - datto_rmm.desktop")
    assert usage.days[0].coverage is Coverage.UNKNOWN


def test_a_site_without_a_reading_on_a_delivered_day_is_unknown_and_not_zero():
    assert only(read(history(SITES[0])))["datto_rmm.desktop"][1] == "unknown"


def test_a_reading_speaks_of_its_days_only():
    spans = (span("north", 10, last="11-11"), span("north", 12, "11-13"), span("south", 5))
    assert only(read(history(*spans), on="11-11"))["datto_rmm.desktop"] == (15, "measured")
    assert only(read(history(*spans), on="11-12"))["datto_rmm.desktop"][1] == "unknown"
    assert only(read(history(*spans), on="11-13"))["datto_rmm.desktop"] == (17, "measured")


def test_one_site_in_part_makes_the_sum_a_part():
    spans = (span("north", 10, coverage=Coverage.PARTIAL), span("south", 5))
    assert only(read(history(*spans))) == {"datto_rmm.desktop": (15, "partial")}


def test_a_part_beside_silence_is_silence():
    spans = (span("north", 10, coverage=Coverage.PARTIAL),)
    assert only(read(history(*spans)))["datto_rmm.desktop"][1] == "unknown"


def test_a_site_that_left_is_a_measured_zero_that_is_named():
    known = history(SITES[1], gone={("rmm", "north"): day("11-12")}, names={("rmm", "north"): "Lager Nord"})
    usage = read(known)
    assert only(usage) == {"datto_rmm.desktop": (5, "measured")}
    assert usage.left == ("Lager Nord",)
    assert only(read(known, on="11-11"))["datto_rmm.desktop"][1] == "unknown", "before it left it is not known to be 0"


def test_a_site_of_somebody_else_that_left_is_not_named():
    assert read(history(*SITES, gone={("rmm", "group"): day("11-12")})).left == ()


def test_the_failure_of_a_source_that_is_needed_is_named_and_another_is_not():
    failure = Failure(FailureCategory.UNREACHABLE, Reason.of("source.timeout"))
    assert read(history(*SITES, failures={"rmm": failure})).failures == (failure,)
    assert read(history(*SITES, failures={"edr": failure})).failures == ()


FLAGS = (span("north", 1, metric="datto_rmm.backup_on"), span("south", 1, metric="datto_rmm.backup_on"))


@pytest.mark.parametrize(("meaning", "total"), [(FlagMeaning.PER_ORGANIZATION, 2), (FlagMeaning.ANY, 1)])
def test_a_flag_counts_each_organization_or_only_once(meaning, total):
    known = history(*FLAGS, kinds={"datto_rmm.backup_on": MetricKind.FLAG})
    assert only(read(known, "datto_rmm.backup_on", flag_meaning=meaning))["datto_rmm.backup_on"] == (total, "measured")


def test_any_is_about_flags_and_not_about_counts():
    assert only(read(history(*SITES), flag_meaning=FlagMeaning.ANY))["datto_rmm.desktop"] == (15, "measured")


# --- metrics that the user defined ----------------------------------------------------------------------------


def defined(**metrics: str) -> dict[str, object]:
    return {"derived": {f"my.{name}": parse(text) for name, text in metrics.items()}}


def test_a_defined_metric_is_worked_out_on_the_sums():
    known = history(*SITES, **defined(billable="datto_rmm.desktop - 1", twice="2 * my.billable"))
    assert only(read(known, "my.twice")) == {"my.twice": (28, "measured")}
    reader = ScopeReader(known, MAPPED, CHILDREN)
    assert reader.base_names(parse("my.twice")) == ("datto_rmm.desktop",)
    assert reader.connections(parse("my.twice")) == {"rmm"}


def test_a_defined_metric_is_no_better_than_its_parts():
    spans = (span("north", 10, coverage=Coverage.PARTIAL), span("south", 5))
    assert only(read(history(*spans, **defined(all="datto_rmm.desktop")), "my.all"))["my.all"] == (15, "partial")


def test_a_part_of_a_defined_metric_that_can_shrink_raises_nothing():
    """All machines less those not billable: a part of both can be more than the whole, so the line stays."""
    usage: list[DayUsage] = []
    for on in days("11-01", "11-14"):
        late = on >= day("11-12")
        weak = Coverage.PARTIAL if late else Coverage.MEASURED
        spans = tuple(
            span(site, value, metric=f"datto_rmm.{metric}", coverage=weak)
            for site in ("north", "south")
            for metric, value in (("all", 25), ("exempt", 2 if late else 5))
        )
        known = history(*spans, **defined(billable="datto_rmm.all - datto_rmm.exempt"))
        usage.extend(read(known, "my.billable", f"{on:%m-%d}").days)
    outcome = planned(line(40), ScopeUsage(tuple(usage)), "11-14", rule(AT_ONCE, quantity="my.billable"))
    assert sent(outcome) == []


def test_a_defined_metric_that_cannot_be_worked_out_does_not_stop_the_plan():
    """Law 7: the line says what is wrong with it; reading its usage raises nothing."""
    usage = read(history(*SITES, **defined(share="datto_rmm.desktop / (datto_rmm.desktop - 15)")), "my.share")
    outcome = planned(line(5), usage, "11-12", rule(AT_ONCE, quantity="my.share"))
    assert (outcome.status.value, sent(outcome)) == ("held", [])


def test_a_defined_metric_without_a_value_is_not_zero():
    usage = read(history(*SITES, **defined(large="datto_rmm.desktop if datto_rmm.desktop > 99 else None")), "my.large")
    outcome = planned(line(5), usage, "11-12", rule(AT_ONCE, quantity="my.large"))
    assert (outcome.status.value, sent(outcome)) == ("held", [])


def test_the_evidence_follows_the_items_of_the_organizations_in_use():
    def evidence(**items: str) -> str:
        found = {("rmm", site): value for site, value in items.items()}
        return read(history(*SITES, evidence=found)).days[-1].evidence

    assert evidence(north="a", south="b") == evidence(south="b", north="a")
    assert evidence(north="a", south="b") != evidence(north="a", south="c")
    assert evidence(north="a", south="b") == evidence(north="a", south="b", group="z")


_LONG = [date(2026, 1, 1) + timedelta(days=number) for number in range(21)]
_STEPS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(0, 3), st.booleans()), max_size=6)


def _spans(connection: str, metric: str, steps: list[tuple[int, int, int, bool]]) -> Iterator[ReadingSpan]:
    at = 0
    for gap, length, value, partial in steps:
        begin, end = at + gap, at + gap + length - 1
        at = end + 1
        if end <= 20:
            coverage = Coverage.PARTIAL if partial else Coverage.MEASURED
            yield ReadingSpan(connection, metric, "site", Decimal(value), coverage, _LONG[begin], _LONG[end])


def _searched(spans: list[ReadingSpan], day: date, delivered: bool, gone: date) -> tuple[Decimal, Coverage]:
    if day >= gone:
        return Decimal(0), Coverage.MEASURED
    mine = [one for one in spans if delivered and one.first <= day and one.last is not None and day <= one.last]
    return (mine[0].value, mine[0].coverage) if mine else (Decimal(0), Coverage.UNKNOWN)


@settings(max_examples=60, deadline=None)
@given(st.tuples(_STEPS, _STEPS, _STEPS), st.tuples(*[st.sets(st.integers(0, 20))] * 2), st.integers(0, 30))
def test_each_day_is_what_its_own_readings_say(steps, silent, leaves) -> None:
    """Two connections with gaps of their own, one organization that goes, two metrics: against a search of all spans
    for each day."""
    desktop, server = "datto_rmm.desktop", "datto_rmm.server"
    places = (("north", desktop), ("south", desktop), ("south", server))
    spans = {place: list(_spans(*place, some)) for place, some in zip(places, steps, strict=True)}
    delivered = {
        name: frozenset(day for number, day in enumerate(_LONG) if number not in missing)
        for name, missing in zip(("north", "south"), silent, strict=True)
    }
    gone = {"north": date.max, "south": _LONG[0] + timedelta(days=leaves)}
    past = UsageHistory(
        series_of(one for some in spans.values() for one in some),
        dict.fromkeys(delivered, "datto_rmm"),
        delivered,
        gone={("south", "site"): gone["south"]},
    )
    reader = ScopeReader(past, {"c": (("north", "site"), ("south", "site"))}, {})
    found = reader.read(parse(f"{desktop} + {server}"), Scope(), "c", _LONG)
    assert [one.day for one in found.days] == sorted(delivered["north"] | delivered["south"])
    strength = [Coverage.UNKNOWN, Coverage.PARTIAL, Coverage.MEASURED]
    for one in found.days:
        for metric, said in one.metrics:
            parts = [
                _searched(spans.get((name, metric), []), one.day, one.day in delivered[name], gone[name])
                for name in ("north", "south")
            ]
            weakest = min((coverage for _, coverage in parts), key=strength.index)
            assert said == (sum(value for value, _ in parts), weakest)
