"""Changes that go together stay together: in what is chosen, in the order of sending, and in the batches."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from trueup.app.writes.together import batches, in_order, missing_from, whole
from trueup.core.outcome import Outcome, OutcomeStatus


def change(line: str, *together: str, recurring: int = 0) -> Outcome:
    made = Outcome(line, OutcomeStatus.CHANGE, "1", "100", "10", 1, 2, None)
    return replace(made, together=together, recurring=Decimal(recurring))


def names(outcomes: tuple[Outcome, ...]) -> list[str]:
    return [outcome.line_id for outcome in outcomes]


A, B, C = change("a", "b", recurring=30), change("b", "a", recurring=-5), change("c")


def test_a_change_chosen_without_its_companion_is_named_with_it() -> None:
    assert missing_from((A, C)) == (A, ("b",))
    assert missing_from((A, B, C)) is None


def test_what_has_lost_its_companion_is_left_out_unless_that_one_is_written_already() -> None:
    assert names(whole((A, C), ())) == ["c"]
    assert names(whole((A, C), ("b",))) == ["a", "c"]


def test_companions_are_sent_side_by_side_and_what_lowers_the_bill_first() -> None:
    assert names(in_order((A, C, B))) == ["b", "a", "c"]
    assert names(in_order((C, change("d", recurring=-9)))) == ["c", "d"], "others keep their order"


def test_no_batch_ends_between_companions() -> None:
    given = (C, change("d"), A, change("e"), B)
    assert [names(batch) for batch in batches(given, 3)] == [["c", "d", "b", "a"], ["e"]]
    assert [names(batch) for batch in batches(given, 2)] == [["c", "d"], ["b", "a"], ["e"]]
    assert list(batches((), 2)) == []
