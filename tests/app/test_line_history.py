"""Items behind units stay on record, and why a line has so many units is told by name and date."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.app.office import DAY, NIGHT, RMM, Office
from tests.places import everything_in

from trueup.app.activity.verifying import verified
from trueup.app.errors import UseCaseError
from trueup.app.history.forgetting import forget
from trueup.app.history.line_history import LineHistory, line_history
from trueup.app.history.past_day import past_day
from trueup.app.mapping import customers
from trueup.app.plans import approving, explaining, planning
from trueup.app.plans.explaining import Explanation
from trueup.app.rulebook import rules
from trueup.app.simulations import simulating
from trueup.app.writes import applying
from trueup.core.outcome import Outcome, Plan

LINE = "5013"
LEEDS, MAIN = "Leeds (Northwind)", "Northwind Traders"
RULE = rules.RuleDraft(
    service="303",
    quantity="datto_rmm.desktop + datto_rmm.laptop + datto_rmm.server",
    preset="prorate-daily",
    increase_settle_days=1,
    decrease_settle_days=1,
)
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def msp(own: Office) -> Office:
    """Matched, one rule, simulators of its own."""
    own.do(customers.accept_above, 92)
    own.do(rules.set_rule, RULE)
    return own


def outcome(plan: Plan) -> Outcome:
    return next(one for one in plan.outcomes if one.line_id == LINE)


def planned(office: Office) -> Outcome:
    return outcome(office.do(planning.make_plan))


def names(found: Explanation) -> set[str]:
    return {item.name for metric in found.metrics for count in metric.counts for item in count.items or ()}


def explained(office: Office) -> Explanation:
    return office.do(explaining.explain, LINE, live=False)


def written(office: Office) -> Outcome:
    """The line's change, planned, approved and written."""
    plan = office.do(planning.make_plan)
    office.do(approving.approve, plan.id, lines=[LINE])
    office.do(applying.apply, plan.id)
    return outcome(plan)


def devices(office: Office, **changes: object) -> None:
    office.order(office.datto.url, "devices", changes)


def next_night(office: Office) -> None:
    office.clock.put(NIGHT + timedelta(days=1))
    office.collect()


def laptop(name: str) -> dict[str, object]:
    return {"site": MAIN, "hostname": name, "category": "Laptop"}


def told(office: Office, first: date | None = DAY, last: date | None = NEXT) -> LineHistory:
    return office.do(line_history, LINE, first, last)


def test_items_behind_a_change_stay_as_they_were_when_the_day_is_corrected(msp: Office) -> None:
    before = planned(msp)
    assert before.adjustments
    listed = names(explained(msp))
    assert "LEEDSNOR-NB001" in listed
    devices(msp, delete=["LEEDSNOR-NB001"])
    msp.collect()  # the same usage day again: the store says now that the device was not there
    found = explained(msp)
    assert names(found) == listed
    assert found.evidence == before.evidence
    assert [note.code for note in found.notes] == ["explain.usage_changed"]


def test_another_item_in_the_place_of_one_changes_the_digest_of_the_line(msp: Office) -> None:
    before = planned(msp)
    devices(msp, change={"LEEDSNOR-NB001": {"hostname": "LEEDSNOR-NEW"}})
    msp.collect()
    after = planned(msp)
    assert after.after == before.after
    assert after.evidence != before.evidence
    assert after.digest != before.digest


def test_a_line_with_nothing_to_write_keeps_no_list(msp: Office) -> None:
    plan = msp.do(planning.make_plan)
    right = [one for one in plan.outcomes if not one.adjustments]
    assert right
    assert {one.evidence for one in right} == {""}
    assert all(one.evidence for one in plan.outcomes if one.adjustments)


def test_what_came_and_left_between_two_days_is_named_with_its_day(msp: Office) -> None:
    planned(msp)
    devices(msp, delete=["LEEDSNOR-NB001"], add=[laptop("NORTH-NEW-1"), laptop("NORTH-NEW-2")])
    next_night(msp)
    found = told(msp)
    assert (found.count_then, found.count_now) == (39, 40)
    assert [(one.day, one.reason.get("item")) for one in found.came] == [(NEXT, "NORTH-NEW-1"), (NEXT, "NORTH-NEW-2")]
    assert [(one.day, one.reason.get("item"), one.reason.get("organization")) for one in found.left] == [
        (NEXT, "LEEDSNOR-NB001", LEEDS)
    ]


def test_a_write_is_told_with_its_plan_and_the_digest_of_its_items(msp: Office) -> None:
    done = written(msp)
    next_night(msp)
    planned(msp)
    found = told(msp, DAY - timedelta(days=20))
    (write,) = [one for one in found.changes if one.kind == "written"]
    assert write.reason.get("change") == done.adjustments[0].change
    assert write.evidence == done.evidence
    assert msp.ws.store.evidence.get(write.evidence).day == DAY
    assert not [one for one in found.changes if one.kind == "hand"]
    assert (found.units_then, found.units_now) == (40, 39)


def test_where_nobody_says_since_when_the_past_begins_with_the_first_units_that_are_known(msp: Office) -> None:
    written(msp)
    next_night(msp)
    planned(msp)
    found = told(msp, None, None)
    assert found.first == found.units[0].first > DAY - timedelta(days=89)
    assert (found.units_then, found.units_now) == (40, 39)


def test_a_changed_rule_is_told_and_counts_from_its_day_on(msp: Office) -> None:
    planned(msp)
    msp.clock.put(NIGHT + timedelta(days=1, hours=8))
    msp.collect()
    msp.do(rules.set_rule, rules.RuleDraft(service="303", quantity="datto_rmm.server"))
    found = told(msp, DAY, DAY + timedelta(days=2))
    (change,) = [one for one in found.changes if one.kind == "rule"]
    assert (change.reason.code, change.reason.get("version")) == ("history.rule_changed", 2)
    assert found.count_then == 39


def test_an_organization_that_is_taken_away_is_told(msp: Office) -> None:
    planned(msp)
    msp.clock.put(NIGHT + timedelta(days=1, hours=8))
    msp.collect()
    msp.do(customers.unmap, RMM, msp.site(LEEDS))
    found = told(msp, DAY, NEXT + timedelta(days=1))
    (change,) = [one for one in found.changes if one.kind == "mapping"]
    assert (change.reason.code, change.reason.get("organization")) == ("history.mapping_ended", LEEDS)


def test_days_that_make_no_sense_are_refused(msp: Office) -> None:
    planned(msp)
    for first, last, code in (
        (NEXT, DAY, "history.day_to_come"),
        (DAY, DAY - timedelta(days=1), "history.days_reversed"),
    ):
        with pytest.raises(UseCaseError) as refused:
            told(msp, first, NEXT + timedelta(days=9) if code == "history.day_to_come" else last)
        assert refused.value.reason.code == code


def test_a_past_day_is_told_as_it_was_then(msp: Office) -> None:
    plan = msp.do(planning.make_plan)
    msp.clock.put(NIGHT + timedelta(days=1, hours=8))
    msp.collect()
    msp.do(rules.set_rule, rules.RuleDraft(service="303", quantity="datto_rmm.server"))
    msp.do(planning.make_plan)
    then = msp.do(past_day, DAY)
    assert [one.quantity for one in then.rules] == [RULE.quantity]
    assert then.plan is not None
    assert (then.plan.plan_id, then.plan.state) == (plan.id, "open")
    readings = msp.do(past_day, DAY, metric="datto_rmm.laptop").readings
    assert {one.organization: int(one.value) for one in readings if "Northwind" in one.organization} == {
        LEEDS: 4,
        MAIN: 10,
    }
    now = msp.do(past_day, NEXT + timedelta(days=1))
    assert [one.quantity for one in now.rules] == ["datto_rmm.server"]
    assert {one.line_id for one in now.units} >= {LINE}


def test_a_name_that_is_forgotten_leaves_counts_units_and_digests_as_they_were(msp: Office) -> None:
    done = written(msp)
    devices(msp, delete=["LEEDSNOR-NB001"])
    next_night(msp)
    before = told(msp)
    msp.do(forget, "leedsnor-nb001")
    after = told(msp)
    assert (after.counts, after.units, after.units_now) == (before.counts, before.units, before.units_now)
    (left,) = after.left
    assert str(left.reason.get("item")).startswith("forgotten-")
    kept = msp.ws.store.evidence.get(done.evidence)  # verified by its digest
    named = {item.name for metric in kept.metrics for count in metric.counts for item in count.items or ()}
    assert "LEEDSNOR-NB001" not in named
    assert len(named) == 39
    assert msp.ws.store.item_search.find("LEEDSNOR-NB001") == ()
    assert msp.do(verified).entries > 1, "the record of who did what is whole"


def test_a_name_that_a_module_still_lists_is_not_forgotten(msp: Office) -> None:
    with pytest.raises(UseCaseError) as refused:
        msp.do(forget, "LEEDSNOR-NB001")
    assert refused.value.reason.code == "history.still_listed"
    assert len(msp.ws.store.item_search.find("LEEDSNOR-NB001")) == 1
    with pytest.raises(UseCaseError) as refused:
        msp.do(forget, "nobody is called that")
    assert refused.value.reason.code == "history.nothing_to_forget"


def everything_kept(office: Office) -> str:
    return everything_in(office.where).decode(errors="replace")


def test_after_forgetting_the_name_stands_nowhere_in_the_store(msp: Office) -> None:
    gone, filtered = "LEEDSNOR-NB001", 'hostname != "LEEDSNOR-NB001"'
    msp.do(approving.approve, msp.do(planning.make_plan).id, lines=[LINE], reason=f"Without {gone}, as agreed.")
    msp.do(rules.set_rule, replace(RULE, items=filtered))
    msp.do(simulating.simulate, [replace(RULE, items=filtered)], DAY, DAY)
    planned(msp)
    devices(msp, delete=[gone])
    next_night(msp)
    planned(msp)
    counted = {one.line_id: one.after for one in msp.do(planning.make_plan).outcomes}
    assert gone in everything_kept(msp)
    msp.do(forget, gone)
    assert gone.lower() not in everything_kept(msp).lower()
    assert {one.line_id: one.after for one in msp.do(planning.make_plan).outcomes} == counted
