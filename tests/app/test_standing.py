"""What whoever runs the installation sees of a tenant agrees with what the tenant sees of itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.app.office import NIGHT, RMM, Office, run
from tests.places import ask

from trueup.app.access.blocking import note_refused
from trueup.app.people.installation import Installation
from trueup.app.plans.planning import make_plan
from trueup.app.platform.standing import Show, TenantStanding, TenantState, chosen, standing_of, standings, totals_of
from trueup.app.schedule.night import night_round
from trueup.app.schedule.states import ModuleStatus, states_of
from trueup.core.settings import TenantSettings
from trueup.store.database import Database

TROUBLE = {ModuleStatus.FAILED, ModuleStatus.BLOCKED, ModuleStatus.PARTIAL, ModuleStatus.STALE}


def seen(office: Office) -> TenantStanding:
    """The tenant from outside; its modules have to agree with what it says itself."""
    with Database.open(office.where, office.key) as database:
        found = run(standing_of(Installation(database, office.clock), "default"))
    own = states_of(office.ws)
    assert found.modules == len(own)
    assert found.modules_in_trouble == sum(one.stands in TROUBLE for one in own)
    return found


def test_a_tenant_without_a_plan_is_being_set_up_and_a_module_that_was_never_asked_is_no_trouble(
    offices: Callable[..., Office],
) -> None:
    office = offices()
    assert (seen(office).modules, seen(office).state) == (0, TenantState.BEGUN)
    office.connect_psa()
    office.connect_rmm()
    assert (seen(office).modules, seen(office).state) == (1, TenantState.BEGUN)
    office.collect()
    assert (seen(office).modules_in_trouble, seen(office).state) == (0, TenantState.BEGUN)
    office.do(make_plan)
    assert seen(office).state is TenantState.RIGHT


def test_a_module_that_fell_silent_is_trouble(office: Office) -> None:
    office.do(make_plan)
    office.clock.put(NIGHT + timedelta(days=3))
    assert seen(office).state is TenantState.RIGHT
    office.clock.put(NIGHT + timedelta(days=5))
    assert seen(office).state is TenantState.MODULES


def test_a_module_that_fails_or_delivers_a_part_is_trouble_until_it_is_whole(own: Office) -> None:
    own.rmm_fault("status", status=500, times=0)
    own.clock.put(NIGHT + timedelta(days=1))
    run(night_round(own.ws))
    assert seen(own).modules_in_trouble == 1
    found = seen(own)
    assert (found.night, found.night_failed) == (own.clock.now(), False)


def test_a_module_that_a_rule_of_ours_refuses_is_trouble(office: Office) -> None:
    run(note_refused(office.ws, RMM, "203.0.113.7"))
    assert seen(office).state is TenantState.MODULES
    office.ws.store.refused_calls.end(RMM, now=NIGHT)
    assert seen(office).state is TenantState.BEGUN


def test_a_night_that_failed_is_worse_than_modules_and_a_psa_that_is_down_is_one(own: Office) -> None:
    own.psa_fault("locked-user")
    own.clock.put(NIGHT + timedelta(days=1))
    run(night_round(own.ws))
    assert seen(own).state is TenantState.NIGHT_FAILED


def test_a_tenant_that_cannot_be_read_comes_first_and_hides_no_other(office: Office) -> None:
    with Database.open(office.where, office.key) as database:
        house = Installation(database, office.clock)
        for name, settings in (
            ("east", TenantSettings(name="Société de l'Est", suspended=True)),
            ("west", TenantSettings(name="West")),
        ):
            database.create_tenant(name, settings, now=NIGHT)
        ask(office.where, "UPDATE tenant SET settings = '{' WHERE tenant = 'west'")
        found = run(standings(house))
    assert [one.tenant for one in found] == ["default", "east", "west"]
    assert [one.tenant for one in chosen(found)] == ["west", "default", "east"]
    assert found[2].trouble is not None
    assert found[2].trouble.code == "store.unreadable"
    assert [one.tenant for one in chosen(found, "societe est")] == ["east"]
    assert [one.tenant for one in chosen(found, show=Show.SUSPENDED)] == ["east"]
    assert [one.tenant for one in chosen(found, "es", Show.TROUBLE)] == ["west"]
    totals = totals_of(found)
    assert (totals.tenants, totals.in_trouble, totals.suspended) == (3, 1, 1)
