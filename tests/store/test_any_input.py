"""What one kind of database would take and the other refuse: neither stops a night, and both keep the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.ledger.stage import uid_of
from tests.places import everything_in
from tests.scenarios.msp import GROWN, MIXED, SERVERS, SMALL, WORKSTATIONS, Msp, codes_of, open_msp

from trueup.app.errors import UseCaseError
from trueup.app.history.forgetting import forget
from trueup.core.contract import MOST_UNITS
from trueup.core.outcome import OutcomeStatus
from trueup.core.wire_text import without_nul


@pytest.fixture
def msp(where: str, tmp_path: Path) -> Iterator[Msp]:
    with open_msp(tmp_path, where=where) as opened:
        opened.set_up()
        yield opened


def test_a_device_whose_name_and_key_hold_a_nul_is_counted_and_stays_the_same_device(msp: Msp) -> None:
    msp.grow()
    device = {"site": uid_of("Garage du Lac"), "uid": "0-\0-1", "hostname": "A\0B", "category": "Laptop"}
    msp.rmm.control.post("devices", {"add": [device]})
    msp.later(timedelta(minutes=5))
    first, second = msp.collect(), msp.collect()
    assert first.failure is None
    assert first.recorded is not None
    assert second.recorded is not None
    assert (first.recorded.items_opened, second.recorded.items_opened, second.recorded.items_closed) == (1, 0, 0)
    with msp.stage.open() as ws:
        assert [one.name for one in ws.store.names.items("a\ufffdb", 5)] == ["A\ufffdB"]


@pytest.mark.parametrize("typed", ["PC-ÉLODIE", "pc-élodie", "PC-Élodie"])
def test_a_name_with_an_accent_is_found_and_forgotten_whatever_its_case(msp: Msp, where: str, typed: str) -> None:
    msp.grow()
    device = {
        "site": uid_of("Garage du Lac"),
        "uid": "0-1",
        "hostname": "PC-Élodie",
        "category": "Laptop",
        "groups": [],
    }
    msp.rmm.control.post("devices", {"add": [device]})
    msp.later(timedelta(minutes=5))
    msp.collect()
    with msp.stage.open() as ws:
        assert [one.item.name for one in ws.store.item_search.find(typed)] == ["PC-Élodie"]
        assert [one.item.name for one in ws.store.item_search.find(typed[2:5])] == ["PC-Élodie"]
        assert ws.store.item_search.find("pc-elodie") == ()
        with pytest.raises(UseCaseError) as refused:
            asyncio.run(forget(ws, typed))
        assert refused.value.reason.code == "history.still_listed"
    msp.rmm.control.post("devices", {"remove": ["0-1"]})
    msp.night(GROWN + timedelta(days=1))
    msp.collect()
    with msp.stage.open() as ws:
        assert asyncio.run(forget(ws, typed)).items > 0
    assert "lodie" not in everything_in(where).decode(errors="replace").lower()


def test_a_text_with_a_nul_may_be_looked_for(msp: Msp) -> None:
    with msp.stage.open() as ws:
        assert ws.store.item_search.find("a\0b") == ()


def test_more_units_than_a_psa_holds_hold_their_line_alone(msp: Msp) -> None:
    msp.grow()
    with msp.stage.open() as ws:
        servers = next(rule for rule in ws.store.rules.list() if rule.service_id == "11")
        bytes_of = f"{servers.quantity} + 5000000000000"
        ws.store.rules.save(replace(servers, quantity=bytes_of), "tests", now=ws.now())
    outcomes = {int(one.line_id): one for one in msp.plan().outcomes}
    assert (outcomes[SERVERS].status, codes_of(outcomes[SERVERS])) == (OutcomeStatus.HELD, ["held.too_many_units"])
    assert dict(outcomes[SERVERS].reasons[0].params) == {"units": 5_000_000_000_002, "most": MOST_UNITS}
    assert {outcomes[line].status for line in (WORKSTATIONS, MIXED, SMALL)} == {OutcomeStatus.CHANGE}


@pytest.mark.parametrize(
    ("document", "kept"),
    [
        (rb'["a\u0000b"]', rb'["a\ufffdb"]'),
        (rb'["\u0000\u0000"]', rb'["\ufffd\ufffd"]'),
        (rb'["\\u0000"]', rb'["\\u0000"]'),
        (rb'["\\\u0000"]', rb'["\\\ufffd"]'),
        (rb'["u0000"]', rb'["u0000"]'),
    ],
)
def test_only_what_is_a_nul_is_replaced_in_an_answer(document: bytes, kept: bytes) -> None:
    assert without_nul(document) == kept
