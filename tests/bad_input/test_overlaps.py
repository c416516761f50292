"""Overlapping intervals in what is delivered: what was said last of a day counts for that day alone, an interval where
a day belongs is refused, and nothing is overwritten by a file of prices that share a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.app.office import Office
from tests.scenarios.msp import FIRST, GROWN, open_msp
from tests.scenarios.usage_files import GARAGE, SOURCE, Distributor
from tests.web.hub import DAY, KEY, METRIC, Hub, complete, opened, usage

from trueup.app.errors import Exit, UseCaseError
from trueup.app.margins import prices
from trueup.app.usage.importing import Asked, ImportState
from trueup.store.tenant_store import TenantStore

HISTORY = Sequence[tuple[date, int]]


def days(first: date, counts: Sequence[int]) -> HISTORY:
    return [(first + timedelta(days=number), count) for number, count in enumerate(counts)]


def kept(store: TenantStore, connection: str, organization: str, first: date, last: date) -> dict[date, int]:
    """What the store says of each day; fails where two intervals say something of the same day."""
    found: dict[date, int] = {}
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        spans = store.usage.readings(day, day, connections=(connection,))
        mine = [span for span in spans if span.organization == organization]
        assert len(mine) <= 1, f"two intervals hold {day}"
        for span in mine:
            found[day] = int(span.value)
    return found


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    yield from opened(tmp_path)


def pushed(hub: Hub, history: HISTORY) -> None:
    events: list[Any] = []
    for day, count in history:
        events += [usage("acme", count, day=day), complete("acme", day=day)]
    answer = hub.push(*events)
    assert answer.status_code == 200, answer.text


def test_a_pushed_history_that_overlaps_an_earlier_one_changes_the_days_that_both_speak_of(hub: Hub) -> None:
    first = DAY - timedelta(days=5)
    pushed(hub, days(first, (5, 5, 5, 6)))
    pushed(hub, days(first + timedelta(days=2), (7, 6, 8, 8)))
    assert kept(hub.ws.store, KEY, "acme", first, DAY) == dict(days(first, (5, 5, 7, 6, 8, 8)))
    older = hub.ws.store.usage.deliveries(KEY, first, DAY, all_attempts=True)
    assert sum(one.state == "superseded" for one in older) >= 1, "what was said before stays on record"


def test_an_interval_in_the_place_of_a_day_is_refused_and_hides_no_other_event(hub: Hub) -> None:
    spans = [
        usage("acme", 5, first="2026-06-01", last="2026-06-10"),
        usage("acme", 6, first="2026-06-08", last="2026-06-14"),
    ]
    answer = hub.push(*spans, usage("beta", 2))
    assert answer.status_code == 422
    assert hub.states(answer) == ["push.shape", "push.shape", "accepted"]
    assert all(one["detail"] for one in answer.json()["events"][:2])
    assert set(hub.readings()) == {"beta"}
    assert kept(hub.ws.store, KEY, "acme", DAY - timedelta(days=20), DAY) == {}
    assert {one.metric for one in hub.ws.store.usage.readings(DAY, DAY)} == {METRIC}


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Distributor]:
    with open_msp(tmp_path) as msp:
        distributor = Distributor(msp, tmp_path)
        distributor.drive_the_garage(FIRST)
        msp.set_up()
        msp.night(GROWN)
        yield distributor


def rows(history: HISTORY) -> str:
    return "Customer;Product;Qty;Day\n" + "".join(f"{GARAGE};Seats;{count};{day}\n" for day, count in history)


def test_files_whose_days_overlap_change_the_days_that_both_speak_of(files: Distributor) -> None:
    first = FIRST - timedelta(days=3)
    earlier, later = rows(days(first, (9, 9, 9))), rows(days(first + timedelta(days=1), (10, 9, 11)))
    whole = files.take(earlier)
    assert whole.failure is not None
    assert (whole.state, whole.failure.reason.code) == (ImportState.REFUSED, "file.several_days")
    for text, start, count in ((earlier, first, 3), (later, first + timedelta(days=1), 3)):
        for number in range(count):
            taken = files.take(text, Asked(day=start + timedelta(days=number)))
            assert taken.state is ImportState.RECORDED
    with files.msp.stage.open() as ws:
        assert kept(ws.store, SOURCE, GARAGE, first, FIRST) == dict(days(first, (9, 10, 9, 11)))


def test_a_day_that_a_file_states_twice_for_one_customer_counts_as_neither(files: Distributor) -> None:
    taken = files.take(rows([(GROWN, 12), (GROWN, 14)]))
    assert [one.reason.code for one in taken.rejected] == ["file.row_duplicate"]
    with files.msp.stage.open() as ws:
        spans = ws.store.usage.readings(GROWN, GROWN, connections=(SOURCE,))
    assert [one for one in spans if one.organization == GARAGE and one.coverage.value == "measured"] == []


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Office(tmp_path) as opened_office:
        yield opened_office.open()


def test_a_vendors_list_with_prices_that_share_a_day_saves_none_of_them(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    text = "metric,price,currency,from,to\n"
    text += "datto_rmm.server,4.00,EUR,2026-01-01,2026-06-30\ndatto_rmm.server,4.50,EUR,2026-06-30,\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UseCaseError) as refused:
        office.do(prices.import_prices, path)
    assert (refused.value.reason.code, refused.value.exit_code) == ("price.overlaps", Exit.REFUSED)
    assert office.ws.store.vendors.prices() == ()
    path.write_text(text.replace("2026-06-30,\n", "2026-07-01,\n"), encoding="utf-8")
    (first, second), _ = office.do(prices.import_prices, path)
    assert (first.last, second.first) == (date(2026, 6, 30), date(2026, 7, 1))
    assert [one.tiers[0].price for one in (first, second)] == [Decimal("4.00"), Decimal("4.50")]
