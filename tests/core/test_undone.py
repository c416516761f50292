"""After an undo: the same change waits for a person, other wishes go on, and what waits holds up nobody else."""

from __future__ import annotations

from dataclasses import replace

from tests.core.situations import AT_ONCE, codes, day, line, planned, rule, seen, spread

from trueup.core.outcome import Outcome, OutcomeStatus
from trueup.core.rails.guard import Release
from trueup.core.reason import Reason
from trueup.core.rule import Override, Rule
from trueup.core.undo.undone import Undone, is_over, with_undone, writes_again

TAKEN = Undone("1000", 44, day("11-12"), "run-2", "P1", "anna", day("11-13"), "wrong tariff")


def wish(units: int, before: int = 41) -> Outcome:
    usage = seen(spread(("11-01", "11-11", before), ("11-12", "11-14", units)))
    return planned(line(before), usage, "11-14", rule(AT_ONCE))


def as_they_are(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    return outcomes


def after(
    *outcomes: Outcome,
    taken: Undone = TAKEN,
    by: Rule | None = None,
    releases: tuple[Release, ...] = (),
    railed=as_they_are,
) -> tuple[Outcome, ...]:
    rules = {} if by is None else {"1000": by}
    return with_undone(outcomes, {taken.line_id: taken}, rules, releases, day("11-14"), railed)


def test_the_same_units_wait_with_who_took_them_back_and_why() -> None:
    (outcome,) = after(wish(44))
    assert (outcome.status, outcome.releasable) == (OutcomeStatus.HELD, ("undone",))
    held = outcome.reasons[0]
    assert held.code == "held.undone"
    assert (held.get("units"), held.get("day"), held.get("person"), held.get("on"), held.get("reason")) == (
        44,
        day("11-12"),
        "anna",
        day("11-13"),
        "wrong tariff",
    )


def test_they_wait_on_a_later_day_just_the_same() -> None:
    late = planned(line(41), seen(spread(("11-01", "11-13", 41), ("11-14", "11-14", 44))), "11-14", rule(AT_ONCE))
    assert writes_again(TAKEN, late)
    assert after(late)[0].status is OutcomeStatus.HELD


def test_other_units_go_on_and_end_the_wait() -> None:
    assert after(wish(45)) == (wish(45),)
    assert (is_over(TAKEN, wish(45)), is_over(TAKEN, wish(44))) == (True, False)


def test_a_line_that_is_right_ends_the_wait() -> None:
    right = wish(41)
    assert right.status is OutcomeStatus.NONE
    assert is_over(TAKEN, right)


def test_a_night_without_an_answer_ends_nothing() -> None:
    silent = replace(wish(44), status=OutcomeStatus.HELD, adjustments=(), after=None, effective=None)
    assert not is_over(TAKEN, silent)


def test_a_release_is_for_these_units_on_this_day() -> None:
    outcome = wish(44)
    assert after(outcome, releases=(Release("undone", "1000", 44, day("11-12")),)) == (outcome,)
    for other in (
        Release("undone", "1000", 44, day("11-13")),
        Release("undone", "1000", 45, day("11-12")),
        Release("undone", "1001", 44, day("11-12")),
        Release("drift", "1000", 44, day("11-12")),
    ):
        assert after(outcome, releases=(other,))[0].status is OutcomeStatus.HELD


def test_units_that_a_person_fixed_are_not_asked_for_again() -> None:
    fixed = rule(AT_ONCE, override=Override(44, "by telephone"))
    assert after(wish(44), by=fixed)[0].status is OutcomeStatus.CHANGE
    over = rule(AT_ONCE, override=Override(44, "by telephone", until=day("11-13")))
    assert after(wish(44), by=over)[0].status is OutcomeStatus.HELD


def test_what_a_rail_holds_too_needs_both_names() -> None:
    railed = replace(wish(44), status=OutcomeStatus.HELD, releasable=("rise_units",), reasons=(Reason.of("rail.x"),))
    (outcome,) = after(railed)
    assert outcome.releasable == ("rise_units", "undone")
    assert codes(outcome) == ["held.undone", "rail.x"]


def test_what_nobody_can_release_stays_so() -> None:
    stuck = replace(wish(44), status=OutcomeStatus.HELD, releasable=())
    assert after(stuck)[0].releasable == ()


def test_those_that_wait_are_railed_apart_and_the_order_stays() -> None:
    seen_by_rails: list[tuple[str, ...]] = []

    def rails(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        seen_by_rails.append(tuple(outcome.line_id for outcome in outcomes))
        return outcomes

    others = [replace(wish(50), line_id=name) for name in ("0999", "1001")]
    found = after(others[0], wish(44), others[1], railed=rails)
    assert seen_by_rails == [("0999", "1001"), ("1000",)]
    assert [(outcome.line_id, outcome.status.value) for outcome in found] == [
        ("0999", "change"),
        ("1000", "held"),
        ("1001", "change"),
    ]


def test_without_any_wait_the_rails_see_all_at_once() -> None:
    seen_by_rails: list[int] = []

    def rails(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        seen_by_rails.append(len(outcomes))
        return outcomes

    after(wish(45), replace(wish(50), line_id="1001"), railed=rails)
    assert seen_by_rails == [2]
