"""A rule that is changed counts from now on: what an earlier plan settled is never billed again, what it did not is."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.core.situations import AT_ONCE, day, line, planned, rule, seen, sent, spread

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.dates.rule_change import meaning_of
from trueup.core.outcome import Outcome
from trueup.core.rule import Mode, QuantityPolicy, Rule, RuleLevel

AT_41 = seen(spread(("11-01", "11-20", 41)))
AT_50 = QuantityPolicy(minimum=50)


def agreed_with(outcome: Outcome) -> KnownUnits:
    """What the application remembers of an outcome that is right or was written."""
    assert outcome.cutover is not None
    return KnownUnits(
        outcome.expected,
        outcome.cutover,
        outcome.levels,
        outcome.decided_until,
        meaning=outcome.meaning,
        rule_cutover=outcome.rule_cutover,
    )


def settled_on(day: str, by: Rule) -> KnownUnits:
    return agreed_with(planned(line(41), seen(spread(("11-01", day, 41))), day, by))


def test_a_minimum_that_is_set_on_the_20th_is_billed_from_the_20th_and_not_from_the_first():
    """9 more at 12.00 for the 11 days from the 20th to the 30th: 9 x 12.00 x 11 / 30 = 39.60."""
    known = settled_on("11-19", rule(AT_ONCE))
    outcome = planned(line(41, known=known), AT_41, "11-20", rule(AT_ONCE, AT_50))
    assert sent(outcome) == [("11-20", 9)]
    assert [str(made.amount) for made in outcome.adjustments] == ["39.60"]


def test_the_change_stays_the_only_one_on_later_nights():
    by = rule(AT_ONCE, AT_50)
    first = planned(line(41, known=settled_on("11-19", rule(AT_ONCE))), AT_41, "11-20", by)
    rows = (*line(41).rows[:1], *_split(41, 50))
    later = planned(line(rows, known=agreed_with(first)), seen(spread(("11-01", "11-25", 41))), "11-25", by)
    assert sent(later) == []


def _split(before: int, after: int):
    november, december = line(before).rows[1:]
    twentieth = november.end.replace(day=20)
    return (
        replace(november, end=november.end.replace(day=19)),
        replace(november, start=twentieth, units=after),
        replace(december, units=after),
    )


def test_a_mistake_that_nobody_approved_leaves_no_trace():
    """The first rule asked for 410 units and waited; the corrected one is the only one that counts for those days."""
    wrong, right = rule(AT_ONCE, QuantityPolicy(multiplier=Decimal(10))), rule(AT_ONCE)
    assert meaning_of(wrong) != meaning_of(right)
    outcome = planned(line(38), seen(spread(("11-01", "11-11", 38), ("11-12", "11-20", 41))), "11-20", right)
    assert sent(outcome) == [("11-12", 3)]


def test_days_that_waited_for_approval_follow_the_new_rule():
    """A rise of the 12th still waits when the rule begins to include two machines on the 15th."""
    known = settled_on("11-11", rule(AT_ONCE))
    grown = seen(spread(("11-01", "11-11", 41), ("11-12", "11-15", 46)))
    changed = rule(AT_ONCE, QuantityPolicy(included=Decimal(2)))
    assert sent(planned(line(41, known=known), grown, "11-15", rule(AT_ONCE))) == [("11-12", 5)]
    assert sent(planned(line(41, known=known), grown, "11-15", changed)) == [("11-12", 3)]


def test_a_cut_over_that_a_person_moves_back_is_honoured():
    """9 more from the 10th: 21 of 30 days, 9 x 12.00 x 21 / 30 = 75.60."""
    known = settled_on("11-19", rule(AT_ONCE))
    back = rule(AT_ONCE, AT_50, cutover=day("11-10"))
    outcome = planned(line(41, known=known), AT_41, "11-20", back)
    assert sent(outcome) == [("11-10", 9)]
    assert [str(made.amount) for made in outcome.adjustments] == ["75.60"]


def test_who_writes_and_where_a_rule_stands_change_nothing_that_is_counted():
    by = rule(AT_ONCE, AT_50)
    other = replace(by, id="r2", level=RuleLevel.CUSTOMER, target="1", version=7, mode=Mode.AUTOMATIC)
    assert meaning_of(other) == meaning_of(by)
    assert meaning_of(replace(by, quantity="datto_rmm.server")) != meaning_of(by)
