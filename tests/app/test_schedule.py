"""When modules are collected, what a night makes of it, and how each module stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import httpx2
import pytest
from tests.app.office import DAY, NIGHT, RMM, Office, run

from trueup.app.errors import UseCaseError
from trueup.app.jobs.embedded import EmbeddedJobs
from trueup.app.jobs.port import ACTOR
from trueup.app.mapping import customers
from trueup.app.plans.approving import approve
from trueup.app.plans.planning import make_plan
from trueup.app.rulebook.rule_draft import RuleDraft
from trueup.app.rulebook.rules import set_rule
from trueup.app.schedule import states, timetable
from trueup.app.schedule.night import Round, night_round
from trueup.app.schedule.states import ModuleState, ModuleStatus
from trueup.app.usage import collecting
from trueup.app.writes.applying import apply
from trueup.app.writes.leasing import take_lease
from trueup.core.outcome import OutcomeStatus
from trueup.core.rule import Mode
from trueup.core.schedule.next_attempt import Why
from trueup.core.usage import Coverage, FailureCategory

NIGHTLY = timedelta(days=1)
FIRST_SLOT = datetime.fromisoformat("2026-06-15T00:20+02:00")


def state(office: Office, name: str = RMM) -> ModuleState:
    return next(one for one in run(states.module_states(office.ws)) if one.connection == name)


def night(office: Office, moment: datetime) -> Round:
    office.clock.put(moment)
    return run(night_round(office.ws))


def block(office: Office) -> None:
    """The vendor lets nobody in but one network, which is not ours."""
    office.order(office.datto.url, "switches", {"allowed_networks": ["203.0.113.0/24"], "network_rule_on_calls": True})


def no_faults(office: Office) -> None:
    httpx2.delete(f"{office.datto.url}/_simulator/faults", trust_env=False).raise_for_status()


@pytest.fixture
def connected(offices: Callable[..., Office]) -> Office:
    """Both connected, nothing collected yet, and it is the night of the office's day."""
    found = offices()
    found.connect_psa()
    found.connect_rmm()
    return found


# --- times


def test_a_module_without_a_time_of_its_own_is_collected_shortly_after_the_tenants_midnight(office: Office) -> None:
    (found,) = run(timetable.timetable(office.ws))
    assert (found.at.isoformat("minutes"), found.zone, found.on, found.own) == ("00:20", "Europe/Paris", True, False)
    assert found.next is not None
    assert found.next.at == FIRST_SLOT + NIGHTLY


def test_a_time_of_its_own_is_kept_and_what_is_not_given_stays(office: Office) -> None:
    found, notes = office.do(timetable.set_time, RMM, "02:10", "Europe/Paris")
    assert (notes, found.own, found.at.isoformat("minutes")) == ((), True, "02:10")
    off, _ = office.do(timetable.set_time, RMM, on=False)
    assert (off.on, off.next, off.at.isoformat("minutes")) == (False, None, "02:10")
    again, _ = office.do(timetable.set_time, RMM)
    assert again.on
    assert again.next is not None
    assert office.actions()[-3:] == ["schedule.saved"] * 3


def test_a_time_in_the_day_is_moved_into_the_night_and_says_so(office: Office) -> None:
    found, notes = office.do(timetable.set_time, RMM, "20:10")
    assert [note.code for note in notes] == ["schedule.outside"]
    assert found.next is not None
    assert found.next.at == datetime.fromisoformat("2026-06-16T00:00+02:00")


@pytest.mark.parametrize(
    ("given", "code"),
    [(("25:00", None), "schedule.not_a_time"), (("2 am", None), "schedule.not_a_time"),
     (("02:10", "Mars/Olympus"), "schedule.unknown_zone"), (("02:10", "../etc/passwd"), "schedule.unknown_zone")],
)  # fmt: skip
def test_a_time_or_zone_that_does_not_exist_is_refused(
    office: Office, given: tuple[str, str | None], code: str
) -> None:
    with pytest.raises(UseCaseError) as refused:
        office.do(timetable.set_time, RMM, *given)
    assert refused.value.reason.code == code
    assert office.ws.store.schedules.list() == {}


# --- a night


def test_a_night_collects_what_is_due_then_plans_and_says_so_in_the_history(connected: Office) -> None:
    done = night(connected, FIRST_SLOT)
    assert [(one.connection, one.day, one.coverage) for one in done.collected] == [(RMM, DAY, Coverage.MEASURED)]
    assert done.plan is not None
    assert done.plan.as_of == DAY
    assert (done.applied, done.trouble) == (None, [])
    told = connected.ws.store.runs.list(kind="night")
    assert [one.status for one in told] == ["done"]
    assert [step.name for step in connected.ws.store.runs.get(told[0].id).steps] == ["collect", "plan"]


def test_a_night_that_is_done_is_not_done_again_before_the_next_one(connected: Office) -> None:
    assert night(connected, FIRST_SLOT).did_something
    for later in (timedelta(minutes=1), timedelta(hours=8), NIGHTLY - timedelta(minutes=1)):
        assert not night(connected, FIRST_SLOT + later).did_something
    following = night(connected, FIRST_SLOT + NIGHTLY)
    assert [one.day for one in following.collected] == [DAY + NIGHTLY]
    assert following.plan is not None


def test_two_workers_do_not_make_the_same_round(connected: Office) -> None:
    connected.clock.put(FIRST_SLOT)
    assert take_lease(connected.ws, "round") is not None
    assert not run(night_round(connected.ws)).did_something


def test_a_module_that_fails_is_tried_again_and_the_plan_is_made_all_the_same(connected: Office) -> None:
    night(connected, FIRST_SLOT)
    connected.rmm_fault("status", status=500, times=0)
    failing = night(connected, FIRST_SLOT + NIGHTLY)
    assert failing.collected[0].failure is not None
    assert failing.plan is not None
    found = state(connected)
    assert (found.state, found.failures, found.since) == (ModuleStatus.FAILED, 1, FIRST_SLOT + NIGHTLY)
    assert found.next is not None
    assert (found.next.at, found.next.why) == (FIRST_SLOT + NIGHTLY + timedelta(minutes=5), Why.RETRY)
    no_faults(connected)
    better = night(connected, found.next.at)
    assert better.collected[0].failure is None
    assert better.plan is not None  # the same night, now with the usage
    assert better.plan.as_of == failing.plan.as_of
    assert state(connected).state is ModuleStatus.DELIVERED


def test_in_automatic_mode_what_passes_every_rail_is_written_and_read_back(offices: Callable[..., Office]) -> None:
    office = offices(mode=Mode.AUTOMATIC).open()
    office.do(customers.accept_above, 92)
    office.do(set_rule, RuleDraft(service="Managed Workstation", quantity="datto_rmm.desktop"))
    for number in range(4):
        done = night(office, FIRST_SLOT + number * NIGHTLY)
        assert (done.applied, done.trouble) == (None, [])
    assert done.plan is not None
    line = next(one for one in done.plan.outcomes if one.status is OutcomeStatus.CHANGE)
    office.do(approve, done.plan.id, lines=[line.line_id])  # a line that is taken over waits for a person once
    office.do(apply, done.plan.id)
    site = next(one for one in office.ws.store.customers.mappings() if one.customer_id == line.customer_id)
    office.order(office.datto.url, "devices", {"counts": {site.organization_key: {"desktop": (line.after or 0) + 1}}})
    written = []
    for number in range(4, 7):
        done = night(office, FIRST_SLOT + number * NIGHTLY)
        assert done.trouble == []
        written += [] if done.applied is None else [done]
    (one,) = written
    assert one.applied is not None
    assert one.verified is not None
    assert [(found.line_id, found.state) for found in one.applied.lines] == [(line.line_id, "done")]
    assert [proof.found for proof in one.verified.lines] == [(line.after or 0) + 1]
    assert one.verified.right


def test_a_psa_that_is_down_is_told_and_left_alone_for_an_hour(connected: Office) -> None:
    connected.psa_fault("locked-user")
    done = night(connected, FIRST_SLOT)
    assert [step for step, _ in done.trouble] == ["plan"]
    assert done.collected[0].failure is None
    assert [one.status for one in connected.ws.store.runs.list(kind="night")] == ["failed"]
    assert not night(connected, FIRST_SLOT + timedelta(minutes=30)).did_something
    assert night(connected, FIRST_SLOT + timedelta(minutes=61)).trouble


# --- sync now


def test_somebody_asks_and_the_next_look_collects_whatever_the_time(office: Office) -> None:
    office.clock.put(FIRST_SLOT + timedelta(hours=9))
    office.do(timetable.set_time, RMM, on=False)
    assert office.do(states.sync_now, RMM) == (RMM,)
    assert state(office).asked_at == office.clock.now()
    done = run(night_round(office.ws))
    assert [(one.connection, one.day) for one in done.collected] == [(RMM, DAY + NIGHTLY)]
    assert done.plan is not None  # of the day that is over; today goes on
    assert done.plan.as_of == DAY
    assert state(office).asked_at is None


def test_one_connection_is_never_collected_twice_at_a_time(office: Office) -> None:
    assert take_lease(office.ws, collecting.lease_of(RMM)) is not None
    (found,) = run(collecting.collect(office.ws))
    assert (found.recorded, [note.code for note in found.notes]) == (None, ["collect.running"])


def test_while_it_runs_the_state_says_how_far_it_has_come(office: Office) -> None:
    take_lease(office.ws, collecting.lease_of(RMM))
    office.ws.store.collecting.begin(RMM, "run-1", now=NIGHT)
    office.ws.store.collecting.note(RMM, "devices", 12, 250, now=NIGHT)
    found = state(office)
    assert found.state is ModuleStatus.RUNNING
    assert found.progress is not None
    assert (found.progress.organizations, found.progress.items) == (12, 250)


def test_a_collection_whose_process_died_is_not_running_for_ever(office: Office) -> None:
    take_lease(office.ws, collecting.lease_of(RMM))
    office.ws.store.collecting.begin(RMM, "run-1", now=NIGHT)
    office.clock.put(NIGHT + timedelta(minutes=2))
    assert state(office).state is ModuleStatus.DELIVERED


def test_a_name_that_nobody_connected_is_refused(office: Office) -> None:
    with pytest.raises(UseCaseError, match=r"store\.unknown_connection"):
        run(collecting.collect(office.ws, modules=["nobody"]))


# --- states


def test_a_module_that_never_ran_says_so(connected: Office) -> None:
    found = state(connected)
    assert (found.state, found.delivered_day) == (ModuleStatus.NEVER, None)


def test_a_delivered_module_says_what_and_when(office: Office) -> None:
    found = state(office)
    assert (found.state, found.delivered_day, found.since) == (ModuleStatus.DELIVERED, DAY, NIGHT)
    assert found.organizations == len(office.ws.store.usage.organizations(RMM))
    assert found.items == sum(office.ws.store.usage.count_items(DAY, RMM, s) or 0 for s in ("devices",))
    assert found.calls > 0


def test_a_module_that_falls_silent_is_stale_since_the_first_day_without_it(office: Office) -> None:
    office.clock.put(NIGHT + 4 * NIGHTLY)
    found = state(office)
    assert found.state is ModuleStatus.STALE
    assert found.since == datetime.fromisoformat("2026-06-15T00:00+02:00")


def test_a_blocked_module_names_the_address_the_cure_and_the_lines_that_wait(own: Office) -> None:
    own.do(customers.accept_above, 92)
    own.do(set_rule, RuleDraft(service="Managed Workstation", quantity="datto_rmm.desktop"))
    block(own)
    for number in range(1, 6):
        own.clock.put(FIRST_SLOT + number * NIGHTLY)
        (found,) = run(collecting.collect(own.ws))
        assert found.failure is not None
        assert found.failure.category is FailureCategory.NETWORK_RULE
    run(make_plan(own.ws))
    now = state(own)
    assert now.state is ModuleStatus.BLOCKED
    assert now.since == FIRST_SLOT + NIGHTLY
    assert now.failures == 5
    assert now.lines > 0
    assert now.lines_since == DAY + NIGHTLY


def test_a_push_that_our_own_network_rule_refuses_blocks_its_module_too(office: Office) -> None:
    office.ws.store.refused_calls.note(RMM, "198.51.100.7", now=NIGHT)
    found = state(office)
    assert (found.state, found.since) == (ModuleStatus.BLOCKED, NIGHT)
    assert found.failure is not None
    assert (found.failure.category, found.failure.reason.get("address")) == (
        FailureCategory.NETWORK_RULE, "198.51.100.7",
    )  # fmt: skip


# --- the worker


def test_the_worker_does_what_is_due_in_every_tenant_and_one_that_breaks_stops_no_other(connected: Office) -> None:
    connected.clock.put(FIRST_SLOT)

    def opened(tenant: str) -> object:
        if tenant == "broken":
            raise RuntimeError(tenant)
        return connected.ws

    jobs = EmbeddedJobs(lambda: ("broken", "default"), opened)  # type: ignore[arg-type]
    found = run(jobs.once())
    assert [reason.code for _, reason in found["broken"].trouble] == ["round.unexpected"]
    assert found["default"].collected
    assert ACTOR == "schedule"


def test_the_worker_stops_when_it_is_told_to(connected: Office) -> None:
    async def stopped() -> None:
        jobs = EmbeddedJobs(lambda: (), lambda _: connected.ws, every=60)
        async with jobs.beside():
            pass

    run(stopped())
