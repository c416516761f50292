from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from trueup.store.tenant_store import TenantStore

MINUTE = timedelta(minutes=1)


def test_a_lease_has_one_holder(store: TenantStore, now: datetime):
    held = store.leases.acquire("psa", "one", 60, now)
    assert held is not None
    assert (held.epoch, held.expires_at) == (1, now + MINUTE)
    assert store.leases.acquire("psa", "two", 60, now) is None
    assert store.leases.acquire("psa", "one", 60, now) is None, "not even its holder takes it twice"
    assert store.leases.acquire("collect", "two", 60, now) is not None


def test_the_epoch_grows_each_time_it_changes_hands(store: TenantStore, now: datetime):
    epochs = []
    for number in range(4):
        held = store.leases.acquire("psa", f"holder {number}", 60, now + number * MINUTE)
        assert held is not None
        epochs.append(held.epoch)
        if number % 2:
            assert store.leases.release(held)
    assert epochs == [1, 2, 3, 4]


def test_renewing_keeps_the_epoch_and_a_lost_lease_is_not_renewed(store: TenantStore, now: datetime):
    held = store.leases.acquire("psa", "one", 60, now)
    assert held is not None
    renewed = store.leases.renew(held, now + MINUTE / 2)
    assert renewed == replace(held, expires_at=now + MINUTE / 2 + MINUTE)
    assert store.leases.acquire("psa", "two", 60, now + MINUTE) is None
    late = store.leases.renew(held, now + 5 * MINUTE)
    assert late is not None, "it ran out, but nobody took it"
    assert store.leases.acquire("psa", "two", 60, now + 9 * MINUTE) is not None
    assert store.leases.renew(held, now + 9 * MINUTE) is None
    assert not store.leases.release(held)
    assert not store.leases.valid(held, now + 9 * MINUTE)


def test_a_lease_is_valid_until_it_runs_out(store: TenantStore, now: datetime):
    held = store.leases.acquire("psa", "one", 60, now)
    assert held is not None
    assert store.leases.valid(held, now + timedelta(seconds=59))
    assert not store.leases.valid(held, now + MINUTE)


def test_of_many_that_ask_at_once_one_gets_it(store: TenantStore, now: datetime):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: store.leases.acquire("psa", f"holder {n}", 60, now), range(24)))
    assert sum(lease is not None for lease in found) == 1


def test_a_lease_taken_before_the_clock_was_put_back_holds_nobody_up(store: TenantStore, now: datetime):
    assert store.leases.acquire("psa", "died", 60, now) is not None
    back = now - 5 * 60 * MINUTE
    assert store.leases.holder("psa", back) is None
    assert store.leases.anybody(back) is None
    taken = store.leases.acquire("psa", "after it", 60, back)
    assert taken is not None
    assert taken.epoch == 2
    assert store.leases.holder("psa", back) == "after it"


def test_clocks_that_are_minutes_apart_take_no_lease_from_who_lives(store: TenantStore, now: datetime):
    held = store.leases.acquire("psa", "ahead", 60, now)
    assert held is not None
    for minutes in (1, 5, 9):
        assert store.leases.acquire("psa", "behind", 60, now - minutes * MINUTE) is None
        assert store.leases.holder("psa", now - minutes * MINUTE) == "ahead"


def test_one_that_lives_through_a_clock_put_back_keeps_its_lease_where_nobody_took_it(
    store: TenantStore, now: datetime
):
    held = store.leases.acquire("psa", "lives", 60, now)
    assert held is not None
    back = now - 5 * 60 * MINUTE
    assert store.leases.renew(held, back) is not None
    assert store.leases.acquire("psa", "other", 60, back + MINUTE / 2) is None
