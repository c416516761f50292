"""A write leaves in time or not at all, and no call lasts longer than its answer may be awaited."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from tests.psa.autotask.conftest import Desk

from trueup.psa.port import NewCost, UnitChange, WriteResult, WriteStatus
from trueup.psa.window import SendWindow

NOON = datetime(2026, 6, 16, 12, tzinfo=UTC)
LEAVE = timedelta(seconds=30)
CHANGE = UnitChange("5001", "1001", "301", date(2026, 6, 16), 3)


@dataclass
class Hands:
    """A clock whose two hands are put apart."""

    wall: datetime = NOON
    passed: float = 0.0

    def now(self) -> datetime:
        return self.wall

    def ticks(self) -> float:
        return self.passed


def sent(desk: Desk, hands: Hands, window: SendWindow) -> WriteResult:
    return desk.use(lambda psa: psa.adjust(CHANGE, window))


def opened(hands: Hands, answer: float = 20) -> SendWindow:
    return SendWindow.opened(hands, hands.now(), LEAVE, timedelta(seconds=answer))


def test_a_write_leaves_while_its_window_is_open(desk: Desk) -> None:
    hands = Hands()
    window = opened(hands)
    hands.wall, hands.passed = NOON + LEAVE - timedelta(seconds=1), 29.0
    assert sent(desk, hands, window).status is WriteStatus.ACCEPTED
    assert len(desk.adjustments()) == 1


@pytest.mark.parametrize(
    ("wall", "passed"),
    [(30, 30.0), (30, 0.0), (0, 30.0), (-600, 330.0)],
    ids=["both", "asleep_with_its_machine", "only_the_monotonic_clock", "wall_clock_set_back"],
)
def test_a_write_whose_window_has_closed_by_either_clock_is_certainly_not_sent(
    wall: int, passed: float, desk: Desk
) -> None:
    hands = Hands()
    window = opened(hands)
    hands.wall, hands.passed = NOON + timedelta(seconds=wall), passed
    result = sent(desk, hands, window)
    assert (result.status, result.reason and result.reason.code) == (WriteStatus.NOT_SENT, "autotask.too_late")
    assert desk.adjustments() == []


def test_a_connection_goes_on_being_usable_after_a_write_was_held_back(desk: Desk) -> None:
    hands = Hands()
    closed = opened(hands)
    hands.passed = 31.0

    async def both(psa) -> tuple[WriteResult, WriteResult]:  # type: ignore[no-untyped-def]
        return await psa.adjust(CHANGE, closed), await psa.adjust(CHANGE, opened(hands))

    first, second = desk.use(both)
    assert (first.status, second.status) == (WriteStatus.NOT_SENT, WriteStatus.ACCEPTED)
    assert len(desk.adjustments()) == 1


def test_a_call_that_dribbles_its_answer_is_given_up_in_all_and_unclear(desk: Desk) -> None:
    desk.fault("slow", seconds=5, action="create")
    began = time.monotonic()
    result = sent(desk, Hands(), opened(Hands(), answer=0.5))
    assert time.monotonic() - began < 4
    assert (result.status, result.reason and result.reason.code) == (WriteStatus.UNCLEAR, "autotask.timed_out")


def test_a_unit_cost_that_is_too_late_does_not_leave(desk: Desk) -> None:
    hands = Hands()
    window = opened(hands)
    hands.wall, hands.passed = NOON + LEAVE + timedelta(seconds=1), 31.0
    result = desk.use(lambda psa: psa.set_unit_cost(NewCost("301", Decimal(2)), window))
    assert result.status is WriteStatus.NOT_SENT
    (service,) = desk.use(lambda psa: psa.read_services(["301"]))
    assert service.cost == Decimal("1.2")
