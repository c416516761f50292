"""What was compared and what is contested survives, one row for what stays the same, and tenants see only their own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from trueup.core.beside.comparison import Behind, Judgement, Verdict
from trueup.core.by_hand.contested import Departure, LineContest
from trueup.core.reason import Reason
from trueup.core.settings import BesideSettings, TenantSettings
from trueup.store.codec import decode, encode
from trueup.store.database import Database
from trueup.store.tenant_store import TenantStore


def on(day: int) -> date:
    return date(2026, 11, day)


ONE = Judgement("1", "7", "10", on(11), on(12), Verdict.AGREED, 13, 13)
OTHER = Judgement(
    "1",
    "7",
    "10",
    on(13),
    on(13),
    Verdict.DIFFERS,
    13,
    12,
    Reason.of("compare.not_followed", ours=on(13)),
    "EUR",
    Decimal("12.00"),
)


def test_a_judgement_that_goes_on_takes_the_place_of_its_beginning(store: TenantStore) -> None:
    store.comparisons.save([ONE, OTHER])
    store.comparisons.save([replace(OTHER, last=on(20))])
    assert store.comparisons.list() == (ONE, replace(OTHER, last=on(20)))
    assert store.comparisons.newest() == {"1": replace(OTHER, last=on(20))}


def test_judgements_are_found_by_service_and_day(store: TenantStore) -> None:
    store.comparisons.save([ONE, OTHER, replace(ONE, line_id="2", service_id="11")])
    assert [one.line_id for one in store.comparisons.list(service_id="11")] == ["2"]
    assert store.comparisons.list(since=on(13)) == (OTHER,)


def test_what_is_behind_is_replaced_line_by_line(store: TenantStore) -> None:
    store.comparisons.set_behind({"1": {on(12): Behind(1, on(12))}, "2": {on(12): Behind(2, on(13))}})
    store.comparisons.set_behind({"1": {on(13): Behind(1, on(13))}})
    assert store.comparisons.behind() == {"1": {on(13): Behind(1, on(13))}, "2": {on(12): Behind(2, on(13))}}
    store.comparisons.set_behind({"2": {}})
    assert set(store.comparisons.behind()) == {"1"}


def test_a_contest_is_remembered_and_forgotten(store: TenantStore) -> None:
    memory = LineContest((Departure(on(13), on(13), 22, 18, "a", "datto_rmm.desktop_laptop"),), on(14))
    store.contests.save({"1": memory, "2": LineContest()})
    assert store.contests.all() == {"1": memory}
    store.contests.save({"1": LineContest()})
    assert store.contests.all() == {}


def test_another_tenant_sees_nothing_of_it(database: Database, store: TenantStore, now: datetime) -> None:
    store.comparisons.save([ONE])
    store.comparisons.set_behind({"1": {on(12): Behind(1, on(12))}})
    store.contests.save({"1": LineContest(since=on(14))})
    other = database.create_tenant("other", TenantSettings(), now=now)
    other.comparisons.save([replace(ONE, wanted=1)])
    assert (other.comparisons.behind(), other.contests.all()) == ({}, {})
    assert store.comparisons.list() == (ONE,)


def test_settings_that_were_saved_before_there_was_a_comparison_are_still_read() -> None:
    old = json.loads(encode(TenantSettings(name="old")))
    del old["beside"]
    assert decode(json.dumps(old), TenantSettings).beside == BesideSettings()
