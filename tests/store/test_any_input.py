"""What one kind of database would take and the other refuse: neither stops a night, and both keep the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.ledger.stage import uid_of
from tests.scenarios.msp import MIXED, SERVERS, SMALL, WORKSTATIONS, Msp, codes_of, open_msp

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
    device = {"site": uid_of("Garage du Lac"), "uid": "0-\0-1", "hostname": "A\0B", "category": "Laptop", "groups": []}
    msp.rmm.control.post("devices", {"add": [device]})
    msp.later(timedelta(minutes=5))
    first, second = msp.collect(), msp.collect()
    assert first.failure is None
    assert first.recorded is not None
    assert second.recorded is not None
    assert (first.recorded.items_opened, second.recorded.items_opened, second.recorded.items_closed) == (1, 0, 0)
    with msp.stage.open() as ws:
        assert [one.name for one in ws.store.names.items("a\ufffdb", 5)] == ["A\ufffdB"]


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
