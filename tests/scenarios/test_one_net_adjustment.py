"""One net adjustment per line, date and plan, whatever the PSA makes of a second one on the same day."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from tests.scenarios.msp import CHANGES, GROWN_UNITS, Msp

SETTLED = timedelta(seconds=351)


@pytest.mark.parametrize("mode", ["reject_midperiod", "reject_always", "merge"])
def test_each_line_and_date_gets_one_adjustment_though_answers_are_lost_and_calls_fail(mode: str, msp: Msp) -> None:
    msp.psa.switch(same_day_duplicate=mode)
    plan = msp.approved_plan()
    msp.psa.fault("commit-then-504")
    msp.psa.fault("drop")
    msp.apply(plan)
    for _ in range(4):
        msp.later(SETTLED)
        if msp.apply_the_rest(plan) is None:
            break
    assert Counter(msp.psa.accepted()) == Counter(dict.fromkeys(CHANGES, 1))
    assert msp.units_now() == GROWN_UNITS
    assert Counter((one.plan_id, one.line_id, one.day) for one in msp.intents()).most_common(1)[0][1] == 1
