"""A network rule stops a module for some days of a billing period: what is seen at once, and what becomes of the days.

One unit for one day of November is 12.00 / 30 = 0.40.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.modules.vendor import Vendor
from tests.scenarios.blocked import LINE, UNITS, Blocked, ours, theirs

from trueup.app.connections.checking import check
from trueup.app.late.entries import listing
from trueup.app.notices.receivers import ReceiverChoices, add_receiver
from trueup.app.notices.telling import tell
from trueup.app.plans.explaining import explain
from trueup.app.schedule.states import ModuleState, ModuleStatus, module_states
from trueup.core.finding import Finding
from trueup.core.outcome import OutcomeStatus, Plan
from trueup.core.reason import Reason


def november(day: int) -> date:
    return date(2026, 11, day)


@pytest.fixture(params=[theirs, ours], ids=["the vendor refuses us", "we refuse the module"])
def blocked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Blocked]:
    opened: Callable[[Path], AbstractContextManager[Blocked]] = request.param
    with opened(tmp_path) as found:
        yield found


def state(at: Blocked) -> ModuleState:
    return next(one for one in at.work(module_states) if one.connection == at.NAME)


def said(reasons: tuple[Reason, ...], code: str) -> Reason:
    return next(one for one in reasons if one.code == code)


def codes(reasons: tuple[Reason, ...]) -> set[str]:
    return {one.code for one in reasons}


def found_blocked(at: Blocked) -> Finding:
    return next(
        one for one in at.work(check) if one.code == "check.blocked" and one.reason.get("connection") == at.NAME
    )


def dated(plan: Plan) -> list[tuple[int, int]]:
    (outcome,) = plan.outcomes
    return [(one.day.day, one.change) for one in outcome.adjustments]


def test_a_block_is_seen_at_once_everywhere_that_a_person_looks(blocked: Blocked) -> None:
    blocked.begin()
    with Vendor(lambda _: {}) as hook:
        blocked.work(lambda ws: add_receiver(ws, "webhook", ReceiverChoices("hook", {"url": hook.url}), {}))
        blocked.block()
        blocked.night(november(3), UNITS + 2)
        outcome = blocked.line(blocked.plan())
        blocked.work(tell)
        ((_, _, _, _, body),) = hook.log
    told = json.loads(body)
    assert (told["kind"], told["subject"], told["event"]) == ("module_blocked", blocked.NAME, "opened")
    assert told["params"]["lines"] == "1"

    note = said(outcome.reasons, "note.source_blocked")
    assert outcome.status is OutcomeStatus.NONE
    assert (note.get("connection"), note.get("failure")) == (blocked.NAME, blocked.CAUSE)
    assert note.get("since") == november(4)
    assert note.get("address") == (blocked.REFUSED or None)
    explained = blocked.work(lambda ws: explain(ws, LINE))
    assert "note.source_blocked" in codes(explained.reasons)

    now = state(blocked)
    assert now.state is ModuleStatus.BLOCKED
    assert (now.lines, now.lines_since) == (1, november(3))
    finding = found_blocked(blocked)
    assert finding.reason.get("lines") == 1
    assert finding.cure is not None


def test_the_days_of_a_block_are_had_again_and_the_line_catches_up_saying_after_what(blocked: Blocked) -> None:
    blocked.begin()
    blocked.block()
    blocked.night(november(3), UNITS + 2)
    blocked.night(november(4), UNITS + 3)
    assert dated(blocked.plan()) == []
    blocked.allow()
    blocked.night(november(5), UNITS + 3)

    assert (state(blocked).state, state(blocked).missed, state(blocked).lost) == (ModuleStatus.DELIVERED, (), ())
    plan = blocked.plan()
    assert dated(plan) == [(3, 2), (4, 1)]
    note = said(blocked.line(plan).reasons, "note.caught_up")
    assert note.as_dict() == {
        "connection": blocked.NAME,
        "first": november(3),
        "last": november(4),
        "failure": blocked.CAUSE,
    }
    blocked.write(plan)
    assert [blocked.stage.psa.units(int(LINE), november(day)) for day in (2, 3, 4, 5)] == [70, 72, 73, 73]
    again = blocked.plan()
    assert dated(again) == []
    assert "note.caught_up" not in codes(blocked.line(again).reasons)


def test_where_the_month_was_closed_meanwhile_an_entry_with_its_amount_names_the_block(blocked: Blocked) -> None:
    blocked.stage.psa.switch(posted_period="refuse")
    blocked.choose(posted_period="refuse")
    blocked.begin(november(27))
    blocked.block()
    for day in (november(28), november(29), november(30)):
        blocked.night(day, UNITS + 2)
    blocked.plan()
    blocked.stage.psa.post_through(november(30))
    blocked.allow()
    blocked.night(date(2026, 12, 1), UNITS + 2)

    plan = blocked.plan()
    outcome = blocked.line(plan)
    assert [(one.day, one.change) for one in outcome.adjustments] == [(date(2026, 12, 1), 2)]
    assert said(outcome.reasons, "note.catch_up").get("amount") == Decimal("2.40")
    assert blocked.work(listing) == (), "nothing is owed before somebody agrees"
    blocked.write(plan)
    (entry,) = blocked.work(listing)
    assert (entry.amount, entry.state) == (Decimal("2.40"), "open")
    (span,) = entry.owed.spans
    assert (span.first, span.last, span.billed, span.called_for) == (november(28), november(30), 70, 72)
    assert {(one.code, one.get("failure")) for one in entry.owed.causes} == {("catch_up.late_after", blocked.CAUSE)}
    assert entry in blocked.work(lambda ws: explain(ws, LINE)).catch_up
    assert blocked.stage.psa.units(int(LINE), november(30)) == 70


def test_a_day_that_is_not_sent_again_is_missing_then_given_up_when_no_plan_can_date_it_and_known_if_it_comes_after_all(
    tmp_path: Path,
) -> None:
    with ours(tmp_path) as blocked:
        blocked.begin()
        blocked.forgets = True
        blocked.block()
        blocked.night(november(3), UNITS + 2)
        blocked.allow()
        blocked.night(november(4), UNITS)
        plan = blocked.plan()
        assert dated(plan) == []
        note = said(blocked.line(plan).reasons, "note.days_missing")
        assert (note.get("first"), note.get("last"), note.get("failure")) == (november(3), None, blocked.CAUSE)
        assert state(blocked).missed == ((november(3), november(3)),)
        blocked.night(date(2026, 12, 8), UNITS)
        assert state(blocked).missed == ((november(3), november(3)),)
        blocked.night(date(2026, 12, 9), UNITS)
        assert (state(blocked).missed, state(blocked).lost) == ((), ((november(3), november(3)),))
        blocked.remember(november(3))
        blocked.night(date(2026, 12, 10), UNITS)
        assert (state(blocked).missed, state(blocked).lost) == ((), ())


def test_a_day_that_the_vendor_does_not_tell_any_more_is_on_the_line_and_in_its_explanation(tmp_path: Path) -> None:
    with theirs(tmp_path) as blocked:
        blocked.begin()
        blocked.block()
        blocked.night(november(3), UNITS + 2)
        blocked.allow()
        blocked.night(date(2026, 12, 5), UNITS)
        outcome = blocked.line(blocked.plan())
        note = said(outcome.reasons, "note.days_lost")
        assert (note.get("first"), note.get("last"), note.get("failure")) == (november(3), None, blocked.CAUSE)
        assert said(blocked.work(lambda ws: explain(ws, LINE)).reasons, "note.days_lost") == note
