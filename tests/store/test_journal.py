from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest

from trueup.core.contract import UnitStep
from trueup.core.outcome import Plan
from trueup.core.reason import Reason
from trueup.store.database import Database
from trueup.store.errors import StoreError
from trueup.store.journal import Intent, IntentState, NewIntent
from trueup.store.leases import Lease
from trueup.store.tenant_store import TenantStore

DAY = date(2026, 3, 1)
MINUTE = timedelta(minutes=1)


def _new(line: str = "L1", day: date = DAY) -> NewIntent:
    return NewIntent("run-1", "p1", line, day, 2, (UnitStep(DAY, 5),), (UnitStep(DAY, 7),), f"digest-{line}")


@pytest.fixture
def lease(store: TenantStore, now: datetime) -> Lease:
    store.runs.start("apply", "tests", now=now)
    store.plans.save(Plan("p1", DAY, now, (), "sum"), "run-1", now=now)
    held = store.leases.acquire("psa", "one", 600, now)
    assert held is not None
    return held


def _one(store: TenantStore, lease: Lease, now: datetime, line: str = "L1") -> Intent:
    (number,) = store.journal.intend([_new(line)], lease, now=now)
    return store.journal.get(number)


def test_an_intent_is_on_record_before_anything_is_sent(store: TenantStore, lease: Lease, where: str, now: datetime):
    intent = _one(store, lease, now)
    with Database.open(where) as second:
        assert second.tenant().journal.of_plan("p1") == (intent,)
    assert (intent.state, intent.before, intent.after) == (
        IntentState.INTENDED,
        (UnitStep(DAY, 5),),
        (UnitStep(DAY, 7),),
    )
    assert store.journal.open_intents() == ()


def test_an_intent_is_claimed_once(store: TenantStore, lease: Lease, now: datetime):
    intent = _one(store, lease, now)
    assert store.journal.claim(intent.id, lease, now=now + MINUTE)
    assert not store.journal.claim(intent.id, lease, now=now + MINUTE)
    (found,) = store.journal.open_intents()
    assert (found.state, found.sent_at, found.epoch, found.tries) == (IntentState.SENT, now + MINUTE, 1, 1)


def test_one_adjustment_for_each_line_day_and_plan(store: TenantStore, lease: Lease, now: datetime):
    _one(store, lease, now)
    with pytest.raises(StoreError) as caught:
        store.journal.intend([_new("L2"), _new("L1")], lease, now=now)
    assert caught.value.reason == Reason.of("store.intent_exists", plan="p1", line="L1", day=DAY)
    with pytest.raises(StoreError):
        store.journal.intend([_new("L3"), _new("L3")], lease, now=now)
    assert [one.line_id for one in store.journal.of_plan("p1")] == ["L1"]


def test_while_a_write_is_unclear_nothing_else_is_sent_for_its_line(store: TenantStore, lease: Lease, now: datetime):
    first, second = store.journal.intend([_new(), _new(day=DAY + timedelta(days=3))], lease, now=now)
    (other,) = store.journal.intend([_new("L2")], lease, now=now)
    assert store.journal.claim(first, lease, now=now)
    for unclear in (IntentState.SENT, IntentState.UNSETTLED):
        assert store.journal.get(first).state is unclear
        assert not store.journal.claim(second, lease, now=now)
        store.journal.settle(first, IntentState.UNSETTLED, Reason.of("psa.timeout"), lease, now=now)
    assert store.journal.claim(other, lease, now=now)
    assert store.journal.settle(first, IntentState.DONE, None, lease, now=now)
    assert store.journal.claim(second, lease, now=now)


S = IntentState
ALLOWED = {
    S.INTENDED: {S.SKIPPED, S.CONFLICT},
    S.SENT: {S.INTENDED, S.UNSETTLED, S.DONE, S.REFUSED, S.SKIPPED, S.CONFLICT},
    S.UNSETTLED: {S.INTENDED, S.UNSETTLED, S.DONE, S.REFUSED, S.SKIPPED, S.CONFLICT},
    S.DONE: set(),
    S.REFUSED: set(),
    S.SKIPPED: set(),
    S.CONFLICT: set(),
}


@pytest.mark.parametrize("start", list(S))
@pytest.mark.parametrize("end", list(S))
def test_only_the_arrows_of_the_picture_can_be_taken(
    start: IntentState, end: IntentState, store: TenantStore, lease: Lease, now: datetime
):
    number = _one(store, lease, now).id
    if start is not S.INTENDED and start is not S.SKIPPED:
        assert store.journal.claim(number, lease, now=now)
    if start not in (S.INTENDED, S.SENT):
        assert store.journal.settle(number, start, None, lease, now=now)
    assert store.journal.settle(number, end, Reason.of("why"), lease, now=now) == (end in ALLOWED[start])
    assert store.journal.get(number).state is (end if end in ALLOWED[start] else start)


def test_a_try_that_surely_did_not_arrive_is_not_counted(store: TenantStore, lease: Lease, now: datetime):
    number = _one(store, lease, now).id
    assert store.journal.claim(number, lease, now=now)
    assert store.journal.settle(number, S.INTENDED, Reason.of("psa.no_route"), lease, now=now, not_sent=True)
    assert (store.journal.get(number).tries, store.journal.get(number).state) == (0, S.INTENDED)
    assert store.journal.claim(number, lease, now=now)
    assert store.journal.settle(number, S.UNSETTLED, None, lease, now=now)
    assert store.journal.settle(number, S.INTENDED, None, lease, now=now)
    assert store.journal.get(number).tries == 1


def test_a_holder_that_slept_too_long_sends_nothing_and_overwrites_nothing(
    store: TenantStore, lease: Lease, now: datetime
):
    first, second = (_one(store, lease, now, line).id for line in ("L1", "L2"))
    assert store.journal.claim(first, lease, now=now)
    late = now + timedelta(seconds=601)
    assert not store.journal.claim(second, lease, now=late), "its time is over, even if nobody took the lease"
    successor = store.leases.acquire("psa", "two", 600, late)
    assert successor is not None
    assert successor.epoch == 2
    assert not store.journal.claim(second, lease, now=now)
    assert not store.journal.settle(first, S.DONE, None, lease, now=late)
    with pytest.raises(StoreError) as caught:
        store.journal.intend([_new("L3")], lease, now=late)
    assert caught.value.reason.code == "store.lease_lost"
    assert [one.id for one in store.journal.open_intents()] == [first], "the successor sees what was sent as unclear"
    assert store.journal.settle(first, S.DONE, None, successor, now=late)
    assert store.journal.claim(second, successor, now=late)
    assert store.journal.get(second).epoch == 2


def test_an_answer_that_came_after_the_lease_ran_out_is_kept_if_nobody_took_it(
    store: TenantStore, lease: Lease, now: datetime
):
    number = _one(store, lease, now).id
    assert store.journal.claim(number, lease, now=now)
    assert store.journal.settle(number, S.DONE, None, lease, now=now + timedelta(hours=1))


def test_the_journal_is_asked_by_run_line_and_result(store: TenantStore, lease: Lease, now: datetime):
    one, two = (_one(store, lease, now, line) for line in ("L1", "L2"))
    store.journal.claim(one.id, lease, now=now)
    store.journal.settle(one.id, S.DONE, Reason.of("journal.done", day=DAY), lease, now=now + MINUTE)
    assert [found.line_id for found in store.journal.of_run("run-1")] == ["L1", "L2"]
    assert [found.id for found in store.journal.of_line("L2")] == [two.id]
    (done,) = store.journal.done()
    assert (done.reason, done.settled_at) == (Reason.of("journal.done", day=DAY), now + MINUTE)
    assert store.journal.done(since=DAY + timedelta(days=1)) == ()
    with pytest.raises(StoreError):
        store.journal.get(99)


def test_threads_that_race_claim_each_intent_once(store: TenantStore, lease: Lease, now: datetime):
    numbers = store.journal.intend([_new(f"L{n}") for n in range(25)], lease, now=now)
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda number: store.journal.claim(number, lease, now=now), numbers * 4))
    assert sum(won) == len(numbers)
    assert all(intent.tries == 1 for intent in store.journal.open_intents())


CLAIM_ALL = """
    import sys
    from datetime import datetime
    from trueup.store.database import Database
    from trueup.store.leases import Lease

    path, epoch, moment, count = sys.argv[1:]
    now = datetime.fromisoformat(moment)
    lease = Lease("psa", "one", int(epoch), now, 600)
    with Database.open(path) as database:
        store = database.tenant()
        print("ready", flush=True)
        sys.stdin.readline()
        print(*[number for number in range(1, int(count) + 1) if store.journal.claim(number, lease, now=now)])
"""


def _python(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def test_two_processes_that_race_claim_each_intent_once(store: TenantStore, lease: Lease, where: str, now: datetime):
    numbers = store.journal.intend([_new(f"L{n}") for n in range(60)], lease, now=now)
    runners = [_python(CLAIM_ALL, where, str(lease.epoch), now.isoformat(), str(len(numbers))) for _ in range(2)]
    for runner in runners:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "ready\n"
    answers = []
    for runner in runners:
        assert runner.stdin is not None
        runner.stdin.write("go\n")
        runner.stdin.flush()
    for runner in runners:
        out, _ = runner.communicate(timeout=60)
        assert runner.returncode == 0
        answers.append([int(number) for number in out.split()])
    assert sorted(answers[0] + answers[1]) == list(numbers)


DIE_HOLDING = """
    import sys
    from datetime import datetime
    from trueup.store.database import Database

    path, moment = sys.argv[1:]
    now = datetime.fromisoformat(moment)
    store = Database.open(path).tenant()
    lease = store.leases.acquire("other", "dies", 600, now)
    with store.writing():
        store.runs.start("never kept", "dies", now=now)
        print(lease.epoch, flush=True)
        sys.stdin.readline()
"""


def test_a_lease_survives_its_dead_holder_and_its_open_transaction_does_not(
    store: TenantStore, where: str, now: datetime
):
    runner = _python(DIE_HOLDING, where, now.isoformat())
    assert runner.stdout is not None
    assert runner.stdout.readline() == "1\n"
    runner.kill()
    runner.communicate()
    assert store.leases.acquire("other", "two", 600, now + MINUTE) is None
    taken = store.leases.acquire("other", "two", 600, now + timedelta(seconds=600))
    assert taken is not None
    assert taken.epoch == 2
    assert store.runs.list() == ()
