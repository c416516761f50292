"""Each module's file against an account of it: right counts in small pages, the same twice, true zeros."""

from __future__ import annotations

import pytest
from tests.conformance.accounts import KINDS, Tried, catalogue_of
from tests.conformance.judging import expected_of, faults_of, figures, mine

from trueup.core.usage import Coverage


@pytest.mark.parametrize("kind", KINDS)
def test_every_organization_is_counted_as_the_account_counts_itself(kind: str) -> None:
    with Tried(kind) as tried:
        assert faults_of(tried, tried.collect()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_day_twice_gives_the_same_readings(kind: str) -> None:
    with Tried(kind) as tried:
        first, second = tried.collect(), tried.collect()
    assert (first.readings, first.inventories, first.organizations) == (
        second.readings,
        second.inventories,
        second.organizations,
    )
    assert first.definition == second.definition


EMPTIED: dict[str, dict[str, object]] = {
    # where the vendor lists no customer without anything: what an account does when the last thing goes
    "datto_bcdr": {"collection": "devices", "where": {"organizationId": 410001}, "set": {"hidden": True}},
    "sentinelone": {
        "collection": "sites",
        "where": {"accountName": "Example MSP"},
        "set": {"activeLicenses": 0, "totalLicenses": 0},
    },
    "spanning_m365": {"collection": "users", "remove": True},
    "spanning_google": {"collection": "users", "remove": True},
}
UNLISTED = {"datto_endpoint_backup"}
"""Its lists name only customers that have something: one that has nothing left is gone, not zero."""


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in UNLISTED])
def test_an_organization_without_items_is_a_measured_zero(kind: str) -> None:
    with Tried(kind) as tried:
        if kind in EMPTIED:
            tried.change(EMPTIED[kind])
        if kind == "microsoft_365":  # each customer has a connection of its own; here that of the last one
            tried.sim.credentials["tenant_id"] = list(tried.counts)[-1]
        collection = tried.collect()
        empty = [key for key, counts in mine(tried).items() if not any(expected_of(kind, counts).values())]
        empty += ["org:410001"] if kind == "datto_bcdr" else []  # the simulator no longer speaks of a hidden appliance
    read = figures(collection)
    assert empty, "somebody has nothing"
    for key in empty:
        assert {reading.coverage for reading in collection.readings if reading.organization == key} <= {
            Coverage.MEASURED
        }
        assert not any(read[key].values())
        assert key in {organization.key for organization in collection.organizations}


@pytest.mark.parametrize("kind", KINDS)
def test_a_module_is_only_read(kind: str) -> None:
    posts = {stream.post_query for stream in catalogue_of(kind).streams.values() if stream.post_query}
    with Tried(kind) as tried:
        tried.collect()
        asked = tried.asked()
    other = {str(call["path"]) for call in asked if call["method"] != "GET"} - posts
    assert {path for path in other if "token" not in path and "auth" not in path} == set()
    assert {str(call["method"]) for call in asked} <= {"GET", "POST"}


@pytest.mark.parametrize(
    ("kind", "setting", "figure", "word"),
    [
        ("dark_web_id", "live_searches", "live_searches", "live_searches"),
        ("rocketcyber", "office", "office_users", "office_users"),
    ],
)
def test_a_list_that_is_turned_on_is_counted_too(kind: str, setting: str, figure: str, word: str) -> None:
    with Tried(kind, size=20) as tried:
        counts = tried.counts
        off, on = tried.collect(), tried.collect(settings={setting: "on"})
    assert not any(figure in one for one in figures(off).values())
    assert {key: one[figure] for key, one in figures(on).items()} == {key: one[word] for key, one in counts.items()}
    assert any(one[word] for one in counts.values())
