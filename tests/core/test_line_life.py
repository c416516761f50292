"""The days of a line's life: which of its levels and waiting changes lie on this side of its contract's end."""

from __future__ import annotations

from tests.core.situations import contract, day, row

from trueup.core.contract import UnitStep
from trueup.core.dates.line_life import ended_by, first_day, life_notes, not_begun
from trueup.core.dates.succession import NextLine
from trueup.core.dates.timing import LevelPath
from trueup.core.reason import Reason

END = day("11-14")


def waits(on: str | None) -> Reason:
    return Reason.of("scheduled.next_period", day=day(on) if on else None, level=3, wanted=7)


def path(*steps: tuple[str, int], until: str = "11-30", pending: tuple[Reason, ...] = ()) -> LevelPath:
    return LevelPath(day(steps[0][0]), tuple(UnitStep(day(on), units) for on, units in steps), day(until), pending)


def test_what_begins_after_the_contracts_end_is_left_to_the_next_line() -> None:
    found = ended_by(path(("11-01", 41), ("11-14", 43), ("11-15", 44)), END)
    assert found.steps == (UnitStep(day("11-01"), 41), UnitStep(END, 43))
    assert (found.first, found.decided_until) == (day("11-01"), END)


def test_a_decision_before_the_end_is_not_made_later_by_it() -> None:
    assert ended_by(path(("11-01", 41), until="11-10"), END).decided_until == day("11-10")


def test_a_path_that_begins_after_the_end_keeps_its_first_level_alone() -> None:
    assert ended_by(path(("11-20", 41), ("11-25", 43)), END).steps == (UnitStep(day("11-20"), 41),)


def test_changes_that_wait_for_a_day_after_the_end_are_dropped_and_others_are_not() -> None:
    last, after, undated = waits("11-14"), waits("11-15"), waits(None)
    assert ended_by(path(("11-01", 41), pending=(last, after, undated)), END).pending == (last, undated)


def test_a_line_without_rows_begins_when_it_was_first_seen_or_with_its_contract() -> None:
    assert first_day(contract("03-01"), (), day("01-01"), day("05-07")) == day("05-07")
    assert first_day(contract("03-01"), (), day("01-01"), day("02-07")) == day("03-01")
    assert first_day(contract("03-01"), (), day("01-01"), None) == day("03-01")


def test_rows_that_begin_later_than_what_was_read_show_a_service_that_came_later() -> None:
    rows = (row("06-01", "06-30", 3), row("05-10", "05-31", 3))
    assert first_day(contract("03-01"), rows, day("04-01"), day("07-01")) == day("05-10")
    assert first_day(contract("03-01"), rows, day("05-10"), None) == day("03-01"), "it may have been there before"
    assert first_day(contract("05-10"), rows, day("01-01"), None) == day("05-10")


def test_a_line_that_is_to_begin_says_when_of_all_that_waits() -> None:
    other = Reason.of("note.goes_on", day=day("12-01"))
    found = not_begun(path(("11-15", 41), ("11-20", 43), pending=(waits("11-18"), other)), day("11-14"))
    begins = Reason.of("scheduled.line_begins", wanted=7, level=3, day=day("11-15"))
    assert (found.pending, found.decided_until) == ((begins, other), day("11-20"))
    begun = path(("11-15", 41), pending=(waits("11-18"),))
    assert not_begun(begun, day("11-15")) == begun


def test_notes_tell_an_inactive_contract_another_payer_and_where_a_line_goes_on() -> None:
    told = life_notes(
        contract(active=False, payer_id="2"), NextLine("101", "Managed 2027", day("11-15"), "1010"), "Holding"
    )
    assert told == (
        Reason.of("note.contract_inactive", contract="Managed services"),
        Reason.of("note.billed_to", payer="Holding"),
        Reason.of("note.goes_on", contract="Managed 2027", day=day("11-15"), line="1010"),
    )
    assert life_notes(contract(payer_id="1"), None, "Morel") == ()
    assert life_notes(contract(payer_id="2"), None, None) == (Reason.of("note.billed_to", payer="2"),)
    (lost,) = life_notes(contract(), NextLine("101", "Managed 2027", day("11-15")), None)
    assert lost.code == "note.not_renewed"
