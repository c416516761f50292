"""The first change of a line that a rule takes over: which one asks for a choice, and what each choice would mean."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.core.rail_situations import change

from trueup.core.outcome import EntryKind, Outcome, OutcomeStatus
from trueup.core.rails.adoption import may_be_adopted, with_choices
from trueup.core.reason import Reason

FIRST = replace(change(17, 12), first_time=True)


def test_a_first_fall_tells_what_each_choice_would_make_of_it() -> None:
    other = Reason.of("change.decrease", change=-5)
    found = with_choices(replace(FIRST, reasons=(other,)))
    assert found.reasons == (other, Reason.of("note.adoption", follow=12, keep=17, offset=5, minimum=17))


def test_a_first_rise_from_zero_tells_it_too() -> None:
    found = with_choices(replace(change(0, 4), first_time=True))
    assert found.reasons == (Reason.of("note.adoption", follow=4, keep=0, offset=-4, minimum=4),)
    lost = with_choices(replace(change(4, 0), first_time=True))
    assert lost.reasons == (Reason.of("note.adoption", follow=0, keep=4, offset=4, minimum=4),)


@pytest.mark.parametrize("status", OutcomeStatus)
def test_only_what_would_be_sent_or_is_held_asks(status: OutcomeStatus) -> None:
    asks = status in (OutcomeStatus.CHANGE, OutcomeStatus.HELD)
    assert may_be_adopted(replace(FIRST, status=status)) is asks
    assert bool(with_choices(replace(FIRST, status=status)).reasons) is asks


@pytest.mark.parametrize(
    "outcome",
    [
        change(17, 12),
        replace(FIRST, adjustments=()),
        replace(FIRST, before=None),
        replace(FIRST, after=None),
        replace(FIRST, kind=EntryKind.UNIT_COST),
    ],
    ids=["not the first", "nothing to send", "no units before", "no units after", "a unit cost"],
)
def test_anything_else_asks_nothing(outcome: Outcome) -> None:
    assert not may_be_adopted(outcome)
    assert with_choices(outcome) == outcome
