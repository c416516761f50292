"""Each cause of a difference between Trueup and the PSA, on one line with hand-worked figures.

Line 1000 of Ateliers Morel costs 12.00 a month. The plan is always the real one; the rows are what somebody else made
of the line in the PSA. A usage day is judged three days later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from tests.core.situations import (
    AT_ONCE,
    DESKTOP,
    MONTH_END,
    UNKNOWN,
    contract,
    day,
    line,
    planned,
    row,
    rule,
    seen,
    spread,
)

from trueup.core.beside.comparison import Behind, Judgement, LineNight, Verdict, judged
from trueup.core.contract import UnitRow
from trueup.core.dates.timing import days_between
from trueup.core.outcome import OutcomeStatus
from trueup.core.period import calendar_of
from trueup.core.reason import Reason
from trueup.core.rule import Basis, Override, QuantityPolicy, Rounding, Rule, TimingPolicy
from trueup.core.usage import Coverage, DayUsage, MetricUsage, ScopeUsage

LAPTOP, SERVER, PRINTER, BOTH = "m.laptop", "m.server", "m.printer", "m.both"


def november(*steps: tuple[str, int]) -> tuple[UnitRow, ...]:
    """The PSA's units in November as steps, and the last of them in December."""
    starts = [*steps, ("12-01", steps[-1][1])]
    rows = [UnitRow(day(start), day(after) - date.resolution, units) for (start, units), (after, _) in pairwise(starts)]
    return (*rows, row("12-01", "12-31", steps[-1][1]))


def night(
    rows: tuple[UnitRow, ...],
    usage: ScopeUsage,
    as_of: str,
    by: Rule | None = None,
    counts: Mapping[str, int] | None = None,
) -> LineNight:
    """The plan of one night with what it was made from."""
    facts, governing = line(rows), by or rule()
    values = {name: Decimal(value) for name, value in (counts or {}).items()}
    return LineNight(
        outcome=planned(facts, usage, as_of, governing),
        rule=governing,
        rows=rows,
        usage=usage,
        billing=calendar_of(contract(), rows),
        as_of=day(as_of),
        months=1,
        stale_days=3,
        counts=lambda _: values,
    )


def judge(one: LineNight, on: str) -> Judgement:
    """What is said of a day, when the day before it was judged."""
    before = replace(_neutral(one), last=day(on) - date.resolution)
    found, _ = judged(one, before, {}, 3)
    return next(answer for answer in found if answer.first <= day(on) <= answer.last)


def _neutral(one: LineNight) -> Judgement:
    return Judgement("1000", "1", "10", date.min, date.min, Verdict.AGREED, -1, -1)


def cause(one: LineNight, on: str) -> Reason | None:
    answer = judge(one, on)
    assert answer.verdict is Verdict.DIFFERS
    return answer.reason


GROWN = seen(spread(("11-01", "11-11", 41), ("11-12", "11-20", 44)))
"""41 desktops, from 12 November 44."""


def test_equal_units_agree() -> None:
    answer = judge(night(november(("11-01", 41), ("11-12", 44)), GROWN, "11-15"), "11-12")
    assert (answer.verdict, answer.wanted, answer.found, answer.reason, answer.monthly) == (
        Verdict.AGREED,
        44,
        44,
        None,
        None,
    )


def test_a_change_that_was_not_followed_names_its_day_and_its_worth_a_month() -> None:
    answer = judge(night(november(("11-01", 41)), GROWN, "11-15"), "11-12")
    assert answer.reason == Reason.of("compare.not_followed", ours=day("11-12"))
    assert (answer.wanted, answer.found, answer.monthly, answer.currency) == (44, 41, Decimal("36.00"), "EUR")


def test_the_same_units_dated_two_days_later() -> None:
    one = night(november(("11-01", 41), ("11-14", 44)), GROWN, "11-15")
    assert cause(one, "11-12") == Reason.of("compare.dated_later", day=day("11-14"), ours=day("11-12"), days=2)


def test_the_same_units_dated_two_days_earlier() -> None:
    one = night(november(("11-01", 41), ("11-10", 44)), GROWN, "11-14")
    assert cause(one, "11-11") == Reason.of("compare.dated_earlier", day=day("11-10"), ours=day("11-12"), days=2)


def test_a_day_that_was_not_measured() -> None:
    usage = seen(spread(("11-01", "11-11", 41), ("11-12", "11-12", UNKNOWN), ("11-13", "11-20", 44)))
    one = night(november(("11-01", 41), ("11-12", 44)), usage, "11-15")
    assert cause(one, "11-12") == Reason.of("compare.source_silent")


def test_a_rule_that_waits_for_the_next_period_where_the_psa_follows_at_once() -> None:
    one = night(november(("11-01", 41), ("11-12", 44)), GROWN, "11-15", rule(MONTH_END))
    assert cause(one, "11-12") == Reason.of("compare.timing", timing="next_period")


def test_a_dip_of_two_days_that_somebody_credited() -> None:
    usage = seen(spread(("11-01", "11-11", 41), ("11-12", "11-13", 38), ("11-14", "11-20", 41)))
    one = night(november(("11-01", 41), ("11-12", 38), ("11-14", 41)), usage, "11-16")
    assert cause(one, "11-12") == Reason.of("compare.timing", timing="usage_day")


def by_policy(policy: QuantityPolicy, found: int, of: int = 41, **changes: object) -> Reason | None:
    usage = seen(spread(("11-01", "11-20", of)))
    return cause(night(november(("11-01", found)), usage, "11-15", rule(AT_ONCE, policy, **changes)), "11-12")


def test_a_minimum_that_the_psa_does_not_know() -> None:
    assert by_policy(QuantityPolicy(minimum=10), 7, of=7) == Reason.of("compare.policy_step", step="minimum")


def test_a_maximum_that_the_psa_does_not_know() -> None:
    assert by_policy(QuantityPolicy(maximum=40), 41) == Reason.of("compare.policy_step", step="maximum")


def test_included_units_that_the_psa_bills() -> None:
    assert by_policy(QuantityPolicy(included=Decimal(10)), 41) == Reason.of("compare.policy_step", step="included")


def test_packs_that_the_psa_bills_one_by_one() -> None:
    assert by_policy(QuantityPolicy(pack_size=10), 41) == Reason.of("compare.policy_step", step="pack_size")


def test_a_multiplier_that_the_psa_leaves_out() -> None:
    policy = QuantityPolicy(multiplier=Decimal("0.5"))
    assert by_policy(policy, 41) == Reason.of("compare.policy_step", step="multiplier")


def test_the_bare_count_where_several_steps_apply() -> None:
    policy = QuantityPolicy(included=Decimal(10), pack_size=10)
    assert by_policy(policy, 41) == Reason.of("compare.policy_step", step="all")


def test_fixed_units_where_the_psa_follows_usage() -> None:
    fixed = Override(50, "ordered", until=day("12-31"))
    assert by_policy(QuantityPolicy(), 41, override=fixed) == Reason.of("compare.policy_step", step="override")


def test_a_peak_where_the_psa_shows_the_days_own_count() -> None:
    usage = seen(spread(("11-01", "11-11", 44), ("11-12", "11-20", 41)))
    one = night(november(("11-01", 44), ("11-12", 41)), usage, "11-15", rule(AT_ONCE, QuantityPolicy(Basis.PEAK)))
    assert cause(one, "11-12") == Reason.of("compare.policy_step", step="basis")


def of_types(found: int, counts: Mapping[str, int], quantity: str, *names: str) -> Reason | None:
    metrics = tuple((name, MetricUsage(Decimal(counts[name]), Coverage.MEASURED)) for name in names)
    days = tuple(DayUsage(on, metrics) for on in days_between(day("11-01"), day("11-20")))
    usage = ScopeUsage(days, organizations=(("rmm", "morel"),))
    one = night(november(("11-01", found)), usage, "11-15", rule(AT_ONCE, quantity=quantity), counts)
    return cause(one, "11-12")


COUNTS = {DESKTOP: 20, LAPTOP: 9, SERVER: 4, PRINTER: 6, BOTH: 29}
ALL = (DESKTOP, LAPTOP, SERVER)
SUM = " + ".join(ALL)
"""33 computers."""


def test_a_single_billing_type_in_place_of_the_sum() -> None:
    assert of_types(20, COUNTS, SUM, *ALL) == Reason.of("compare.counts_one", metrics=DESKTOP, difference=-13)
    assert of_types(29, COUNTS, SUM, *ALL) == Reason.of("compare.counts_one", metrics=BOTH, difference=-4)


def test_one_billing_type_left_out() -> None:
    assert of_types(24, COUNTS, SUM, *ALL) == Reason.of("compare.counts_without", metrics=LAPTOP, difference=-9)


def test_one_billing_type_too_many() -> None:
    assert of_types(39, COUNTS, SUM, *ALL) == Reason.of("compare.counts_also", metrics=PRINTER, difference=6)


def test_some_of_several_billing_types() -> None:
    names = (*ALL, PRINTER)
    found = of_types(13, COUNTS, " + ".join(names), *names)
    assert found == Reason.of("compare.counts_only", metrics=f"{LAPTOP} + {SERVER}", difference=-26)


def test_two_billing_types_of_the_same_count_are_both_named() -> None:
    counts = {**COUNTS, "m.switch": 6}
    found = of_types(39, counts, SUM, *ALL)
    assert found == Reason.of("compare.counts_also", metrics="m.printer, m.switch", difference=6)


def test_units_that_nothing_explains() -> None:
    assert of_types(37, COUNTS, SUM, *ALL) == Reason.of("compare.unexplained", difference=4)


def test_a_change_that_a_rail_would_have_held_for_trueup_too() -> None:
    one = night(november(("11-01", 41)), GROWN, "11-15")
    rail = Reason.of("held.large_move", before=41, after=44)
    held = replace(one, outcome=replace(one.outcome, status=OutcomeStatus.HELD, reasons=(rail,)))
    assert cause(held, "11-12") == Reason.of("compare.held", hold="held.large_move")


def without_answer(usage: ScopeUsage, as_of: str, on: str) -> Reason | None:
    answer = judge(night(november(("11-01", 41)), usage, as_of), on)
    assert (answer.verdict, answer.wanted, answer.monthly) == (Verdict.UNDECIDED, None, None)
    return answer.reason


def test_an_unmapped_customer_leaves_trueup_without_an_answer() -> None:
    usage = replace(GROWN, unmapped=("datto_rmm",))
    assert without_answer(usage, "11-15", "11-12") == Reason.of("compare.unmapped", modules="datto_rmm")


def test_a_source_that_stays_silent_leaves_trueup_without_an_answer() -> None:
    assert without_answer(seen(spread(("11-01", "11-08", 41))), "11-15", "11-12") == Reason.of("compare.source_silent")


def test_a_contract_that_has_ended_is_not_compared_any_more() -> None:
    one = night(november(("11-01", 41)), GROWN, "11-15")
    before = replace(_neutral(one), last=day("11-11"))
    ended = replace(one, billing=replace(one.billing, contract=contract(end="11-14")))
    assert judged(ended, before, {}, 3) == ((), {})


def test_another_hold_without_figures_is_named() -> None:
    one = night(november(("11-01", 41)), GROWN, "11-15")
    ended = Reason.of("held.contract_ended", end=day("11-01"))
    held = replace(one, outcome=replace(one.outcome, status=OutcomeStatus.HELD, reasons=(ended,), levels=()))
    answer = judge(held, "11-12")
    assert answer.reason == Reason.of("compare.undecided", hold="held.contract_ended")


def test_a_day_is_judged_after_the_wait_and_not_before() -> None:
    rows = november(("11-01", 41), ("11-12", 44))
    before = replace(_neutral(night(rows, GROWN, "11-14")), last=day("11-11"))
    assert judged(night(rows, GROWN, "11-14"), before, {}, 3) == ((), {})
    (answer,), _ = judged(night(rows, GROWN, "11-15"), before, {}, 3)
    assert (answer.first, answer.last) == (day("11-12"), day("11-12"))


def test_a_fall_that_has_to_settle_longer_is_judged_once_it_has() -> None:
    usage = seen(spread(("11-01", "11-11", 41), ("11-12", "11-25", 39)))
    slow = rule(TimingPolicy(decrease_settle_days=6))
    before = replace(_neutral(night(november(("11-01", 41)), usage, "11-16", slow)), last=day("11-11"))
    for as_of in ("11-15", "11-16"):
        assert judged(night(november(("11-01", 41)), usage, as_of, slow), before, {}, 3)[0] == ()
    (answer,), _ = judged(night(november(("11-01", 41)), usage, "11-17", slow), before, {}, 3)
    assert (answer.first, answer.wanted, answer.found) == (day("11-12"), 39, 41)


def test_entered_late_with_the_right_date_agrees_and_says_on_how_many_nights_it_was_missing() -> None:
    before = replace(_neutral(night(november(("11-01", 41)), GROWN, "11-12")), last=day("11-11"))
    behind: Mapping[date, Behind] = {}
    for as_of in ("11-12", "11-13", "11-13"):
        found, behind = judged(night(november(("11-01", 41)), GROWN, as_of), before, behind, 3)
        assert found == ()
    assert behind == {day("11-12"): Behind(2, day("11-13")), day("11-13"): Behind(1, day("11-13"))}
    entered = november(("11-01", 41), ("11-12", 44))
    _, behind = judged(night(entered, GROWN, "11-14"), before, behind, 3)
    (answer,), behind = judged(night(entered, GROWN, "11-15"), before, behind, 3)
    assert (answer.verdict, answer.reason) == (Verdict.AGREED, Reason.of("compare.entered_late", nights=2))
    assert behind == {day("11-13"): Behind(1, day("11-13"))}


def test_nights_that_were_missed_are_judged_together() -> None:
    rows = november(("11-01", 41), ("11-12", 44))
    before = replace(_neutral(night(rows, GROWN, "11-20")), last=day("11-10"))
    found, _ = judged(night(rows, GROWN, "11-20"), before, {}, 3)
    assert [(one.first, one.last, one.wanted) for one in found] == [
        (day("11-11"), day("11-11"), 41),
        (day("11-12"), day("11-17"), 44),
    ]


def test_a_difference_that_goes_on_keeps_its_cause_when_its_beginning_is_out_of_sight() -> None:
    usage = seen(spread(("11-01", "11-20", 44)))
    one = night(november(("11-01", 41)), usage, "11-15")
    behind = Reason.of("compare.not_followed", ours=day("10-12"))
    before = Judgement(
        "1000", "1", "10", day("10-12"), day("11-11"), Verdict.DIFFERS, 44, 41, behind, "EUR", Decimal("36.00")
    )
    (answer,), _ = judged(one, before, {}, 3)
    assert (answer.first, answer.last, answer.reason) == (day("10-12"), day("11-12"), behind)


def test_a_number_between_the_count_and_its_half_is_explained_by_no_step() -> None:
    policy = QuantityPolicy(multiplier=Decimal("0.5"), rounding=Rounding.DOWN)
    assert by_policy(policy, 30) == Reason.of("compare.unexplained", difference=10)
