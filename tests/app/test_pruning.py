"""What is older than its kind is kept goes; what a write, its undo or a report rests on stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.app.office import DAY, NIGHT, Office
from tests.app.test_line_history import LINE, RULE

from trueup.app.connections.setup import TenantChoices, change_settings
from trueup.app.errors import UseCaseError
from trueup.app.history.pruning import prune, would_go
from trueup.app.mapping import customers
from trueup.app.plans import approving, explaining, planning
from trueup.app.rulebook import rules
from trueup.app.undo.planning import plan_undo_of
from trueup.app.writes import applying, verifying
from trueup.core.outcome import OutcomeStatus
from trueup.core.retention import Kept
from trueup.store.errors import StoreError


def test_after_years_only_what_was_written_is_left_of_old_plans(own: Office) -> None:
    own.do(customers.accept_above, 92)
    own.do(rules.set_rule, RULE)
    unused = own.do(planning.make_plan)
    plan = own.do(planning.make_plan)
    own.do(approving.approve, plan.id, lines=[LINE])
    run = own.do(applying.apply, plan.id).run_id
    last = own.do(planning.make_plan)
    items = own.ws.store.usage.items(DAY, "rmm", "devices")
    own.do(change_settings, TenantChoices(keep={"usage": "always", "plans": "12", "runs": "12"}))

    own.clock.put(NIGHT + timedelta(days=365))
    assert not any(one.records for one in own.do(would_go))  # the month twelve months back is the oldest that is kept
    own.clock.put(NIGHT + timedelta(days=400))
    shown = {one.kind: one.records for one in own.do(would_go)}
    assert shown == {one.kind: one.records for one in own.do(prune)}
    assert shown[Kept.PLANS] > 0
    assert shown[Kept.USAGE] == 0

    plans = own.ws.store.plans
    assert plans.outcomes(unused.id) == ()
    assert [one.line_id for _, one in plans.outcomes(plan.id)] == [LINE]
    assert len(plans.outcomes(last.id)) == len(last.outcomes)  # the last of its month
    assert own.do(verifying.verify, run).lines
    assert own.do(explaining.explain, LINE, live=False).metrics
    assert {one.digest for _, one in plans.outcomes(plan.id)} == {
        one.digest for one in plan.outcomes if one.line_id == LINE
    }
    evidence = next(one.evidence for one in plan.outcomes if one.line_id == LINE)
    assert own.ws.store.evidence.get(evidence).metrics
    assert own.ws.store.usage.items(DAY, "rmm", "devices") == items
    assert any(one.status is OutcomeStatus.CHANGE for _, one in plans.outcomes(plan.id))


def test_a_run_can_be_undone_when_all_that_is_old_is_gone(own: Office) -> None:
    """What it wrote, from which units and why, outlives the plans around it."""
    own.do(customers.accept_above, 92)
    own.do(rules.set_rule, RULE)
    plan = own.do(planning.make_plan)
    own.do(approving.approve, plan.id, lines=[LINE])
    run = own.do(applying.apply, plan.id).run_id
    own.do(change_settings, TenantChoices(keep={"plans": "12", "runs": "12"}))
    own.clock.put(NIGHT + timedelta(days=400))
    assert sum(one.records for one in own.do(prune)) > 0
    undo = own.do(plan_undo_of, run, None, "too late, and yet")
    (outcome,) = undo.outcomes
    assert outcome.line_id == LINE
    (written,) = next(one for one in plan.outcomes if one.line_id == LINE).adjustments
    (back,) = outcome.adjustments
    assert (outcome.status, back.change) == (OutcomeStatus.CHANGE, -written.change)
    assert "note.undo_closed" in [reason.code for reason in outcome.reasons]  # its period was billed long ago


def test_an_undo_of_a_run_that_went_with_its_age_says_that_nobody_knows_it(own: Office) -> None:
    """What wrote something stays for as long as there is anything to take back; what only looked goes."""
    first = own.ws.store.runs.list()[-1].id
    own.do(change_settings, TenantChoices(keep={"runs": "12"}))
    with pytest.raises(UseCaseError) as before:
        own.do(plan_undo_of, first, None, "tried")
    own.clock.put(NIGHT + timedelta(days=400))
    own.do(prune)
    with pytest.raises(StoreError) as gone:
        own.do(plan_undo_of, first, None, "tried")
    codes = (before.value.reason.code, gone.value.reason.code)
    assert codes == ("undo.not_an_apply_run", "store.unknown_run")


@pytest.mark.parametrize(("kind", "months"), [("usage", "25"), ("plans", "1"), ("plans", "soon"), ("audit", "24")])
def test_an_age_that_would_reach_what_is_open_is_refused(own: Office, kind: str, months: str) -> None:
    with pytest.raises(UseCaseError) as refused:
        own.do(change_settings, TenantChoices(keep={kind: months}))
    assert refused.value.reason.code == ("setup.keep_kind" if kind == "audit" else "setup.keep_range")
    assert own.do(would_go)[0].months is None
