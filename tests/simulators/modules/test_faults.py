"""Each fault does what it is named after, for every vendor to whose shapes it can happen, and for no other."""

from __future__ import annotations

import httpx2
import pytest
from tests.simulators.modules.rig import Rig, Rigs, at, key_of
from tests.simulators.modules.visits import CHILDREN, VISITS

from trueup_simulators import modules
from trueup_simulators.modules import vendor_class
from trueup_simulators.modules.faults import KINDS as FAULTS
from trueup_simulators.modules.vendor import Vendor

PAIRS = [(kind, fault) for kind in modules.KINDS for fault in vendor_class(kind)(modules.Setup()).possible_faults()]
REFUSALS = {"too_many": 429, "block": 403, "expired_token": 401, "status": 500, "child_fails": 500}


def _tour(rig: Rig) -> list[object]:
    """The pages of the vendor's list, at most three, then a child."""
    found: list[object] = list(rig.pages(VISITS[rig.kind], 3))
    child = CHILDREN.get(rig.kind)
    if child is not None:
        found += rig.pages(child, 3)
    return found


@pytest.mark.parametrize(("kind", "fault"), PAIRS, ids=[f"{kind}-{fault}" for kind, fault in PAIRS])
def test_a_fault_harms_the_answer_and_is_over_when_taken_back(kind: str, fault: str, rigs: Rigs) -> None:
    rig = rigs[kind]
    rig.calm()
    vars(rig).pop("token", None)
    clean = _tour(rig)
    extra = {"retry_after": 7} if fault in {"too_many", "block"} else {}
    rig.order(fault, times=1, **({"seconds": 0.1} if fault == "slow" else {}), **extra)
    expected = rig.sim.vendor.NETWORK_STATUS if fault == "network_rule" else REFUSALS.get(fault)
    if expected is not None:
        with pytest.raises(httpx2.HTTPStatusError) as refused:
            _tour(rig)
        answer = refused.value.response
        assert answer.status_code == expected
        assert answer.headers.get("retry-after") == ("7" if extra else None)
        assert answer.json()
    elif fault in {"drop", "half_body"}:
        with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
            _tour(rig)
    elif fault in {"html", "broken_json"}:
        with pytest.raises(ValueError, match=r"."):
            _tour(rig)
    elif fault == "slow":
        assert _tour(rig) == clean
    else:
        try:
            harmed = _tour(rig)
        except (httpx2.ConnectError, httpx2.HTTPStatusError):  # where page 2 was not where it seemed to be
            harmed = []
        assert harmed != clean
    assert fault in rig.struck()
    rig.calm()
    vars(rig).pop("token", None)
    assert _tour(rig) == clean


@pytest.mark.parametrize("kind", modules.KINDS)
def test_a_fault_that_cannot_happen_to_a_vendor_is_refused(kind: str, rigs: Rigs) -> None:
    possible = rigs[kind].sim.vendor.possible_faults()
    for fault in FAULTS:
        if fault not in possible:
            assert "cannot happen" in rigs[kind].control("fault", {"kind": fault}, 400)["error"]
    assert "unknown key" in rigs[kind].control("fault", {"kind": "slow", "sekonds": 1}, 400)["error"]


@pytest.mark.parametrize("kind", [kind for kind, fault in PAIRS if fault == "duplicate"])
def test_a_duplicate_is_a_row_of_the_page_before(kind: str, rigs: Rigs) -> None:
    rig = rigs[kind]
    rig.calm()
    rig.order("duplicate")
    visit = VISITS[kind]
    rows = [key_of(row) for body in rig.pages(visit, 3) for row in at(body, visit.rows) or []]
    assert len(rows) - len(set(rows)) in {1, 2}
    rig.calm()


@pytest.mark.parametrize("kind", [kind for kind, fault in PAIRS if fault == "empty"])
def test_an_empty_account_answers_200_with_no_rows_until_it_is_taken_back(kind: str, rigs: Rigs) -> None:
    rig = rigs[kind]
    rig.calm()
    rig.order("empty")
    for _ in range(2):
        assert not at(rig.visited(VISITS[kind]).raise_for_status().json(), VISITS[kind].rows)
    rig.calm()


def test_429_without_retry_after_has_no_such_header(rigs: Rigs) -> None:
    rig = rigs["huntress"]
    rig.calm()
    rig.order("too_many", skip=1)
    assert rig.visited(VISITS["huntress"]).status_code == 200
    answer = rig.visited(VISITS["huntress"])
    assert (answer.status_code, "retry-after" in answer.headers) == (429, False)
    assert rig.visited(VISITS["huntress"]).status_code == 200


def test_a_block_stays_until_it_is_lifted(rigs: Rigs) -> None:
    rig = rigs["vsa10"]
    rig.calm()
    rig.order("block", skip=1)
    statuses = [rig.visited(VISITS["vsa10"]).status_code for _ in range(4)]
    assert statuses == [200, 403, 403, 403]
    rig.calm()


def test_vendors_say_what_they_are() -> None:
    for kind in modules.KINDS:
        made = vendor_class(kind)
        assert kind == made.KIND
        assert issubclass(made, Vendor)
        assert made.CREDENTIALS
