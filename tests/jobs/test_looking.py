"""A look that remembers finds what one without memory finds, at the same minute, whatever happens in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.sql import visitors
from tests.jobs.conformance import opened, store_of
from tests.ledger.stage import RMM, Rmm
from tests.postgres import Server
from tests.scenarios.msp import GROWN, GROWTH, Msp, open_msp

from trueup.app.clock import FixedClock
from trueup.app.people.installation import Installation
from trueup.app.platform import tenants
from trueup.app.schedule import looking
from trueup.app.schedule.night import Round, is_due, night_round
from trueup.app.schedule.states import sync_now
from trueup.app.schedule.timetable import set_time
from trueup.app.workspace import Workspace
from trueup.app.writes.leasing import PSA_LEASE, take_lease
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.store.database import Database
from trueup.store.looks import WAKING

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def msp(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Msp]:
    with ExitStack() as stack:
        where = None
        if request.param == "postgresql":
            server: Server = request.getfixturevalue("postgresql")
            where = stack.enter_context(server.fresh())
        settings = TenantSettings(mode=Mode.AUTOMATIC, time_zone="Europe/Paris")
        found = stack.enter_context(open_msp(tmp_path, settings, where=where))
        found.set_up()
        yield found


class Looker:
    """A worker's looks at the one tenant: with memory, each beside one without."""

    def __init__(self, database: Database, msp: Msp) -> None:
        self.database, self.msp, self.looked = database, msp, 0

    @property
    def ws(self) -> Workspace:
        return opened(self.database, self.msp, "default")

    @property
    def clock(self) -> FixedClock:
        return self.msp.stage.clock

    def due(self) -> bool:
        """Whether the look that remembers finds something due; the other one has to agree."""
        found = False
        if "default" in self.database.may_be_due(self.clock.now()):
            self.looked += 1
            found = looking.look(self.ws)
        assert found is is_due(self.ws), self.clock.now()
        return found

    def round(self) -> Round:
        return asyncio.run(night_round(self.ws))

    def at_rest(self) -> None:
        """Do what is due, until a look finds nothing and the next one does not even ask."""
        for _ in range(5):
            if not self.due():
                break
            self.round()
        assert not self.due()
        assert self.database.may_be_due(self.clock.now()) == ()


@pytest.fixture
def looker(msp: Msp) -> Iterator[Looker]:
    """The night of GROWN is over."""
    msp.rmm.show(GROWTH)
    msp.night(GROWN)
    with store_of(msp) as database:
        found = Looker(database, msp)
        found.at_rest()
        yield found


def test_over_three_days_with_failures_it_misses_no_minute_and_reads_nothing_that_does_not_wake_it(
    looker: Looker,
) -> None:
    read: set[str] = set()

    def statement(_connection: object, clause: object, *_: object) -> None:
        if not listening:
            return
        read.update(one.name for one in visitors.iterate(clause) if isinstance(one, sa.Table))  # type: ignore[arg-type]

    listening = False
    rounds, asked, began = 0, 0, looker.clock.now()
    sa.event.listen(sa.Engine, "before_execute", statement)
    try:
        while looker.clock.now() < began + timedelta(days=3):
            looker.msp.later(timedelta(minutes=20))
            hours = (looker.clock.now() - began) / timedelta(hours=1)
            if 20 < hours < 20.4:
                looker.msp.rmm.fail()
            if 28 < hours < 28.4:
                looker.msp.rmm.heal()
            if 44 < hours < 44.4:
                looker.msp.psa.order("faults", kind="locked-user", times=0)
            if 52 < hours < 52.4:
                looker.msp.psa.heal()
            asked += 1
            listening = True
            due = looker.due()
            listening = False
            if due:
                looker.msp.psa.put_clock(looker.clock.now().date())
                looker.round()
                rounds += 1
    finally:
        sa.event.remove(sa.Engine, "before_execute", statement)
    assert read <= {*WAKING, "next_look"}
    assert {"delivery", "schedule", "lease", "notice_message", "plan", "run"} <= read
    assert rounds >= 5
    assert looker.looked - rounds < asked / 4


def _settings(looker: Looker, **choices: object) -> None:
    store = looker.ws.store
    store.settings.save(replace(store.settings.get(), **choices), "tests", now=looker.clock.now())  # type: ignore[arg-type]


def _another_module(looker: Looker) -> None:
    other: Rmm = looker.msp.rmm
    settings = {"base_url": other.sim.url, "platform": "merlot"}
    secret = dict(other.sim.credentials)
    looker.ws.store.connections.add(
        "second", "module", "datto_rmm", settings, secret, "tests", now=looker.clock.now()
    )  # fmt: skip


CHANGES: dict[str, Callable[[Looker], object]] = {
    "sync now": lambda looker: asyncio.run(sync_now(looker.ws)),
    "a time zone in which the night has begun already": lambda looker: _settings(looker, time_zone="Pacific/Auckland"),
    "another module": _another_module,
    "a plan that is gone": lambda looker: looker.ws.store.runs.start("plan", "schedule", now=looker.clock.now()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_is_looked_at_in_the_next_minute(change: str, looker: Looker) -> None:
    looker.msp.later(timedelta(hours=9))
    looker.at_rest()
    CHANGES[change](looker)
    assert looker.database.may_be_due(looker.clock.now()) == ("default",)
    for _ in range(3):
        looker.msp.later(MINUTE)
        if looker.due():
            looker.round()


def test_a_schedule_that_is_moved_forward_is_kept_to_the_minute(looker: Looker) -> None:
    zone = timedelta(hours=1)
    at = looker.clock.now() + timedelta(days=1) - timedelta(hours=2) + zone
    asyncio.run(set_time(looker.ws, RMM, f"{at:%H:%M}"))
    due: list[datetime] = []
    for _ in range(24 * 12):
        looker.msp.later(timedelta(minutes=5))
        if looker.due():
            due.append(looker.clock.now())
            looker.msp.psa.put_clock(looker.clock.now().date())
            looker.round()
    assert due


def test_a_tenant_that_rested_is_due_in_the_minute_in_which_it_is_taken_up_again(looker: Looker) -> None:
    house = Installation(looker.database, looker.clock)
    asyncio.run(tenants.suspend(house, "default", "olga", None))
    looker.msp.later(timedelta(days=2))
    assert not looker.due()
    assert looker.database.may_be_due(looker.clock.now()) == ()
    asyncio.run(tenants.resume(house, "default", "olga"))
    assert looker.due()


def test_a_module_that_failed_is_due_when_its_next_attempt_is_and_no_minute_later(looker: Looker) -> None:
    looker.msp.later(timedelta(hours=24))
    looker.msp.rmm.fail()
    assert looker.due()
    assert looker.round().failed
    tried, waits = looker.clock.now(), []
    for _ in range(30):
        looker.msp.later(MINUTE)
        if looker.due():
            waits.append((looker.clock.now() - tried) / MINUTE)
            looker.round()
            tried = looker.clock.now()
    assert waits == [5, 10]


def test_a_clock_that_is_put_back_and_one_that_jumps_ahead_leave_nothing_undone(looker: Looker) -> None:
    night = looker.clock.now()
    looker.msp.later(timedelta(days=30))
    looker.msp.psa.put_clock(looker.clock.now().date())
    assert looker.due()
    looker.round()
    looker.at_rest()
    looker.clock.put(night + timedelta(minutes=1))
    assert looker.database.may_be_due(looker.clock.now()) == ("default",)
    for _ in range(26):
        looker.due()
        looker.msp.later(timedelta(hours=1))


def test_while_somebody_holds_the_psa_it_is_looked_at_each_minute(looker: Looker) -> None:
    looker.msp.later(timedelta(hours=1))
    lease = take_lease(looker.ws, PSA_LEASE)
    assert lease is not None
    assert not looker.due()
    assert looker.database.may_be_due(looker.clock.now()) == ("default",)
    looker.ws.store.leases.release(lease)
    assert not looker.due()
    assert looker.database.may_be_due(looker.clock.now()) == ()


def test_a_tenant_that_is_new_is_looked_at_and_one_that_is_gone_is_not(looker: Looker) -> None:
    looker.database.create_tenant("new", TenantSettings(), now=looker.clock.now())
    assert looker.database.may_be_due(looker.clock.now()) == ("new",)
    store = looker.database.tenant("new")
    store.looks.note(looker.clock.now() + timedelta(hours=1), now=looker.clock.now())
    assert looker.database.may_be_due(looker.clock.now()) == ()
    store.erase()
    assert looker.database.may_be_due(looker.clock.now() + timedelta(hours=7)) == ("default",)
