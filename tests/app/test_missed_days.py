"""Days that a module missed: had again where the vendor still tells them, unknown for good where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import httpx2
import pytest
from tests.app.office import DAY, NIGHT, RMM, Office, run

from trueup.app.connections import setup
from trueup.app.late.corrections import corrections
from trueup.app.schedule import states
from trueup.app.schedule.states import ModuleState, ModuleStatus
from trueup.app.usage import collecting
from trueup.store.missed_days import COLLECTED, LOST
from trueup_simulators import modules as simulators

NIGHTLY = timedelta(days=1)
FIRST_SLOT = datetime.fromisoformat("2026-06-15T00:20+02:00")


def state(office: Office, name: str = RMM) -> ModuleState:
    return next(one for one in run(states.module_states(office.ws)) if one.connection == name)


def test_a_module_that_knows_only_the_present_leaves_its_missed_days_unknown_for_good(own: Office) -> None:
    own.order(own.datto.url, "switches", {"allowed_networks": ["203.0.113.0/24"], "network_rule_on_calls": True})
    own.clock.put(FIRST_SLOT + NIGHTLY)
    run(collecting.collect(own.ws))
    own.order(own.datto.url, "switches", {"allowed_networks": [], "network_rule_on_calls": False})
    own.clock.put(FIRST_SLOT + 2 * NIGHTLY)
    (found,) = run(collecting.collect(own.ws))
    (lost,) = [note for note in found.notes if note.code == "collect.days_lost"]
    assert (lost.get("first"), lost.get("failure")) == (DAY + NIGHTLY, "module.network_rule")
    (kept,) = own.ws.store.missed.list(RMM)
    assert (kept.day, kept.state) == (DAY + NIGHTLY, LOST)
    assert kept.failure is not None
    assert own.ws.store.usage.delivered_days(RMM) == (DAY, DAY + 2 * NIGHTLY)
    assert state(own).lost == ((DAY + NIGHTLY, DAY + NIGHTLY),)


@pytest.fixture
def alerts(empty: Office) -> Iterator[simulators.RunningModule]:
    """An account of SaaS Alerts, which tells past billing dates too, connected beside the office."""
    simulator = simulators.start("saas_alerts", scenario={"organizations": 3, "size": 5})
    settings = {"base_url": simulator.url}
    run(setup.connect_module(empty.ws, "saas_alerts", "alerts", settings, simulator.credentials))
    yield simulator
    simulator.stop()


def seats(office: Office, day: date, organization: str) -> set[int]:
    return {
        int(one.value)
        for one in office.ws.store.usage.readings(day, day, metrics=["saas_alerts.billable_seats"])
        if one.organization == organization
    }


def test_days_of_a_block_are_collected_again_where_the_vendor_still_tells_them(
    empty: Office, alerts: simulators.RunningModule
) -> None:
    run(collecting.collect(empty.ws))
    customer = empty.ws.store.usage.organizations("alerts")[0].organization.key
    missed = [DAY + NIGHTLY, DAY + 2 * NIGHTLY]
    row = {"customerId": customer, "customerName": "A", "product": "Office 365", "seats": 90}
    dated = [{**row, "billingDate": day.isoformat(), "billableSeats": 70 + number} for number, day in enumerate(missed)]
    empty.order(alerts.url, "data", {"collection": "dated", "add": dated})
    empty.order(alerts.url, "switches", {"allowed_networks": ["203.0.113.0/24"]})
    for day in missed:
        empty.clock.put(NIGHT + (day - DAY))
        (blocked,) = run(collecting.collect(empty.ws))
        assert blocked.failure is not None
    assert state(empty, "alerts").state is ModuleStatus.BLOCKED

    empty.order(alerts.url, "switches", {"allowed_networks": []})
    empty.clock.put(NIGHT + 3 * NIGHTLY)
    (found,) = run(collecting.collect(empty.ws))
    assert [note.code for note in found.notes] == ["collect.days_recollected"]
    assert [seats(empty, day, customer) for day in missed] == [{70}, {71}]
    assert {one.state for one in empty.ws.store.missed.list("alerts")} == {COLLECTED}
    assert state(empty, "alerts").state is ModuleStatus.DELIVERED
    assert state(empty, "alerts").delivered_day == DAY + 3 * NIGHTLY

    late = corrections(empty.ws.store, empty.ws.store.settings.get(), DAY + 3 * NIGHTLY)
    causes = late.of([("alerts", customer)], ["saas_alerts.billable_seats"])
    assert [(one.code, one.get("day"), one.get("category")) for one in causes] == [
        ("catch_up.late_after", day, "network_rule") for day in missed
    ]


def test_where_the_vendor_tells_whole_months_only_the_end_of_a_month_is_collected_again(empty: Office) -> None:
    with simulators.start("sophos_partner", scenario={"organizations": 2, "size": 5}) as sophos:
        settings = {"base_url": sophos.url}
        run(setup.connect_module(empty.ws, "sophos_partner", "sophos", settings, sophos.credentials))
        for day in (date(2026, 6, 28), date(2026, 7, 2)):  # nothing runs in the nights between
            empty.clock.put(NIGHT + (day - DAY))
            (found,) = run(collecting.collect(empty.ws))
        assert empty.ws.store.usage.delivered_days("sophos") == (
            date(2026, 6, 28), date(2026, 6, 30), date(2026, 7, 2),
        )  # fmt: skip
        said = [(one.code, one.get("first"), one.get("last")) for one in found.notes if one.code.startswith("collect.")]
        assert said == [
            ("collect.days_recollected", date(2026, 6, 30), None),
            ("collect.days_lost", date(2026, 6, 29), None),
            ("collect.days_lost", date(2026, 7, 1), None),
        ]
        asked = httpx2.get(f"{sophos.url}/_simulator/requests", trust_env=False).json()["by_path"]
        assert asked["/partner/v1/billing/usage/2026/06"] == 2
        assert asked["/partner/v1/billing/usage/2026/07"] == 1


def test_a_customer_that_left_meanwhile_is_not_gone_by_one_listing_told_for_several_days(
    empty: Office, alerts: simulators.RunningModule
) -> None:
    run(collecting.collect(empty.ws))
    customer = empty.ws.store.usage.organizations("alerts")[0].organization.key
    empty.order(alerts.url, "data", {"collection": "customers", "where": {"id": customer}, "remove": True})
    empty.order(alerts.url, "data", {"collection": "billing", "where": {"customerId": customer}, "remove": True})
    empty.clock.put(NIGHT + 4 * NIGHTLY)
    run(collecting.collect(empty.ws))
    assert len(empty.ws.store.missed.list("alerts")) == 3
    left = next(one for one in empty.ws.store.usage.organizations("alerts") if one.organization.key == customer)
    assert left.gone_since is None
    empty.clock.put(NIGHT + 5 * NIGHTLY)
    run(collecting.collect(empty.ws))
    left = next(one for one in empty.ws.store.usage.organizations("alerts") if one.organization.key == customer)
    assert left.gone_since == DAY + 4 * NIGHTLY
