"""Silence is never zero: nothing is lowered by a day that was missing, partial or unknown."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from tests.core.situations import AT_ONCE, DESKTOP, PROFILE, UNKNOWN, day, days, line, planned, rule, seen, sent, spread

from trueup.core.outcome import OutcomeStatus
from trueup.core.rule import Basis, QuantityPolicy, Timing, TimingPolicy
from trueup.core.usage import Coverage, DayUsage, MetricUsage, ScopeUsage

DAY_COUNT = 25
COUNTS = st.lists(st.integers(0, 12), min_size=DAY_COUNT, max_size=DAY_COUNT)
TIMINGS = st.builds(
    TimingPolicy,
    increase=st.sampled_from(list(Timing)),
    decrease=st.sampled_from(list(Timing)),
    increase_settle_days=st.integers(1, 3),
    decrease_settle_days=st.integers(1, 4),
)
POLICIES = st.builds(
    QuantityPolicy, basis=st.sampled_from([Basis.LAST, Basis.PEAK]), included=st.integers(0, 3).map(Decimal)
)


@PROFILE
@given(
    units=st.integers(1, 12), timing=TIMINGS, policy=POLICIES, lost=st.lists(st.sampled_from([UNKNOWN, "", "~0", "~5"]))
)
def test_days_without_a_whole_answer_never_lower_a_line(units, timing, policy, lost):
    """Usage equals the line for ten days; then nothing but silence, absence and fragments: no unit is taken off."""
    story: dict = spread(("11-01", "11-10", units + int(policy.included)))
    story |= {on: kind for on, kind in zip(days("11-11", "11-30"), lost, strict=False) if kind}
    for as_of in ("11-11", "11-13", "11-20", "11-30"):
        upto = seen({on: value for on, value in story.items() if on <= day(as_of)})
        outcome = planned(line(units), upto, as_of, rule(timing, policy))
        assert all(change > 0 for _, change in sent(outcome))


@PROFILE
@given(timing=TIMINGS, part=st.integers(0, 60), grows=st.booleans())
def test_a_part_may_raise_only_where_the_expression_can_only_grow(timing, part, grows):
    text = DESKTOP if grows else f"100 - {DESKTOP}"
    base = 41 if grows else 59
    story = spread(("11-01", "11-11", base)) | dict.fromkeys(days("11-12", "11-30"), f"~{part}")
    outcome = planned(line(), seen(story), "11-30", rule(timing, quantity=text))
    if not grows or part <= 41:
        assert sent(outcome) == []
    elif timing.increase is not Timing.HOLD:
        assert sum(change for _, change in sent(outcome)) == part - 41


@PROFILE
@given(counts=COUNTS, lost=st.sets(st.integers(0, DAY_COUNT - 1)), settle=st.integers(1, 4))
def test_a_line_is_never_lower_than_the_lowest_count_that_was_measured(counts, lost, settle):
    kept = {
        on: count
        for place, (on, count) in enumerate(zip(days("11-01", "11-25"), counts, strict=True))
        if place not in lost
    }
    outcome = planned(line(12), seen(kept), "11-25", rule(TimingPolicy(decrease_settle_days=settle)))
    if sent(outcome):
        assert min(step.units for step in outcome.expected) >= min([12, *kept.values()])
    if not kept:
        assert outcome.status is OutcomeStatus.HELD


def test_a_partial_metric_beside_a_measured_one_that_is_subtracted():
    """`all - exempt` with a part of `exempt` is too high, with a part of `all` it is a lower bound."""
    text = "datto_rmm.all - datto_rmm.exempt"

    def with_part(of: str) -> ScopeUsage:
        found = []
        for on in days("11-01", "11-14"):
            late = on >= day("11-12")
            weak = Coverage.PARTIAL if late else Coverage.MEASURED
            metrics = tuple(
                (name, MetricUsage(Decimal(value), weak if name == of else Coverage.MEASURED))
                for name, value in (("datto_rmm.all", 60 if late else 50), ("datto_rmm.exempt", 9))
            )
            found.append(DayUsage(on, metrics))
        return ScopeUsage(tuple(found))

    by = rule(AT_ONCE, quantity=text)
    assert sent(planned(line(), with_part("datto_rmm.all"), "11-14", by)) == [("11-12", 10)]
    assert sent(planned(line(), with_part("datto_rmm.exempt"), "11-14", by)) == []
