"""Unit costs as entries of a plan: proposed, written once after an approval, and never over somebody else's."""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.request
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from tests.app.office import Office, run
from tests.places import ask

from trueup.app.activity.story import activity
from trueup.app.connections.setup import TenantChoices, change_settings
from trueup.app.errors import UseCaseError
from trueup.app.mapping import customers
from trueup.app.margins import prices
from trueup.app.margins.costs import unit_costs
from trueup.app.plans import approving, explaining, planning, preview, ready
from trueup.app.rulebook import rules
from trueup.app.rulebook.rules import RuleDraft
from trueup.app.undo.planning import plan_undo_of
from trueup.app.writes import applying, verifying
from trueup.core.margins.prices import Tier, VendorPrice
from trueup.core.outcome import CostChange, EntryKind, Outcome, OutcomeStatus, Plan
from trueup.core.rule import Mode
from trueup.core.settings import UnitCosts
from trueup.messages.sentences import Sentences
from trueup.psa.port import NewCost
from trueup.store.journal import IntentState
from trueup.store.story import StoryQuestion
from trueup_simulators.autotask import default_scenario

SERVER = "datto_rmm.server"
JANUARY = date(2026, 1, 1)
LINE = "cost-304"
BY_HAND = Decimal("5.5000")


def price(amount: str, currency: str = "EUR", first: date = JANUARY, last: date | None = None) -> VendorPrice:
    return VendorPrice(SERVER, currency, first, last, (Tier(Decimal(0), Decimal(amount)),))


def asked(office: Office, amount: str = "4.00", choice: UnitCosts | None = UnitCosts.WRITE) -> Office:
    """A rule counts servers for Managed Server (30.00 a unit in the catalogue), and the vendor asks another price."""
    office.do(customers.accept_above, 92)
    office.do(rules.set_rule, RuleDraft(service="304", quantity=SERVER))
    office.do(prices.save_prices, [price(amount)])
    if choice is not None:
        allow(office, choice)
    return office


def allow(office: Office, choice: UnitCosts) -> None:
    office.do(change_settings, TenantChoices(unit_costs=choice))


def costs(plan: Plan) -> list[Outcome]:
    return [one for one in plan.outcomes if one.kind is EntryKind.UNIT_COST]


def catalogue(office: Office, service: int = 304) -> Decimal:
    (row,) = [one for one in office.psa_state()["services"] if one["id"] == service]
    return Decimal(str(row["unitCost"]))


def patches(office: Office) -> int:
    """How many writes of services the simulator counted, whatever became of them."""
    with urllib.request.urlopen(f"{office.autotask.url}/_simulator/calls", timeout=10) as answer:
        counters: dict[str, int] = json.load(answer)["counters"]
    return counters.get("Services PATCH update", 0)


def by_hand(office: Office, cost: Decimal) -> None:
    async def write() -> None:
        async with office.ws.psa() as psa:
            await psa.set_unit_cost(NewCost("304", cost))

    run(write())


def states(office: Office) -> list[IntentState]:
    return [one.state for one in office.ws.store.journal.of_line(LINE)]


def approved(office: Office) -> Plan:
    plan: Plan = office.do(planning.make_plan)
    office.do(approving.approve, plan.id, lines={LINE})
    return plan


def applied(office: Office, plan: Plan) -> applying.ApplyResult:
    return office.do(applying.apply, plan.id)


def result(office: Office, plan: Plan) -> applying.LineResult:
    return next(one for one in applied(office, plan).lines if one.line_id == LINE)


def code(one: applying.LineResult | Outcome) -> str | None:
    reason = one.reason if isinstance(one, applying.LineResult) else one.reasons[0]
    return reason.code if reason else None


def test_a_cost_that_is_not_what_the_vendor_asks_is_proposed_with_its_cure_and_cannot_be_written(own: Office) -> None:
    asked(own, choice=None)
    plan: Plan = own.do(planning.make_plan)
    (one,) = costs(plan)
    assert (one.line_id, one.status, code(one)) == (LINE, OutcomeStatus.HELD, "held.unit_cost_proposed")
    assert one.cost is not None
    assert (one.cost.before, one.cost.after, one.cost.currency) == (Decimal(30), Decimal(4), "EUR")
    assert (one.before, one.after, one.adjustments, one.recurring, one.amount) == (None, None, (), None, None)
    with pytest.raises(UseCaseError) as refused:
        own.do(approving.approve, plan.id, lines={LINE})
    assert refused.value.reason.code == "plan.nothing_to_approve"
    assert catalogue(own) == 30


def test_the_entry_says_which_price_which_rule_since_when_and_the_margin_of_all_units(own: Office) -> None:
    asked(own)
    plan: Plan = own.do(planning.make_plan)
    (one,) = costs(plan)
    told = {reason.code: reason.as_dict() for reason in one.reasons}
    change = told["change.unit_cost"]
    assert (change["metrics"], change["price"], change["since"]) == (SERVER, Decimal("4.00"), JANUARY)
    assert change["rule"] == own.ws.store.rules.list()[0].id
    lines = [line for line in own.psa_state()["lines"] if line["serviceID"] == 304]
    rows = own.psa_state()["rows"]
    day = plan.as_of.isoformat()
    units = sum(
        int(str(row["units"]))
        for line in lines
        for row in rows
        if row["contractServiceID"] == line["id"] and str(row["startDate"])[:10] <= day <= str(row["endDate"])[:10]
    )
    assert one.cost == CostChange(Decimal(30), Decimal(4), "EUR", units, Decimal(26 * units))
    assert units > 0


def test_off_says_nothing_of_unit_costs(own: Office) -> None:
    asked(own, choice=UnitCosts.OFF)
    assert costs(own.do(planning.make_plan)) == []


def test_an_allowed_and_approved_cost_is_written_once_read_back_and_on_record(own: Office) -> None:
    asked(own)
    plan = approved(own)
    assert patches(own) == 0
    run_of = applied(own, plan)
    assert [one.state for one in run_of.lines if one.line_id == LINE] == ["done"]
    assert (catalogue(own), patches(own)) == (4, 1)
    with pytest.raises(UseCaseError):
        applied(own, plan)
    assert patches(own) == 1
    proof = own.do(verifying.verify, run_of.run_id)
    assert [(one.request_id, one.expected_cost, one.found_cost, one.right) for one in proof.entries] == [
        (LINE, Decimal(4), Decimal(4), True)
    ]
    by_hand(own, BY_HAND)
    assert [one.right for one in own.do(verifying.verify, run_of.run_id).entries] == [False]
    assert "unit_cost.written" in own.actions()
    shown, _ = own.do(activity, StoryQuestion("cost-304"), None, 20)
    assert [one.entry.detail.code for one in shown] == ["activity.unit_cost"]
    assert shown[0].about.service == "Managed Server"


def test_a_right_cost_is_no_entry(own: Office) -> None:
    asked(own, "30.00")
    assert costs(own.do(planning.make_plan)) == []


def test_other_fields_of_the_service_stay_as_they_are(own: Office) -> None:
    before = {str(one["id"]): dict(one) for one in own.psa_state()["services"]}
    asked(own)
    applied(own, approved(own))
    after = {str(one["id"]): dict(one) for one in own.psa_state()["services"]}
    for service in before.values():
        service.pop("lastModifiedDate", None)
    for service in after.values():
        service.pop("lastModifiedDate", None)
    before["304"]["unitCost"] = after["304"]["unitCost"]
    assert after == before


def test_in_automatic_mode_a_cost_still_waits_for_a_person(own: Office) -> None:
    asked(own)
    own.do(change_settings, TenantChoices(mode=Mode.AUTOMATIC))
    plan: Plan = own.do(planning.make_plan)
    with contextlib.suppress(UseCaseError):  # where nothing else goes by itself
        applied(own, plan)
    assert (catalogue(own), states(own)) == (30, [])


def test_what_was_approved_is_bound_to_the_cost_that_was_shown(own: Office) -> None:
    asked(own)
    first: Plan = own.do(planning.make_plan)
    again: Plan = own.do(planning.make_plan)
    assert costs(first)[0].digest == costs(again)[0].digest
    by_hand(own, BY_HAND)
    moved: Plan = own.do(planning.make_plan)
    assert costs(moved)[0].digest != costs(first)[0].digest
    assert moved.checksum != first.checksum


@pytest.mark.parametrize("fault", ["commit-then-drop", "commit-then-504", "half-body"])
def test_a_lost_answer_is_settled_by_looking_and_nothing_is_written_twice(own: Office, fault: str) -> None:
    asked(own)
    plan = approved(own)
    own.psa_fault(fault, entity="Services", method="PATCH", action="update")
    assert result(own, plan).state == "unsettled"
    assert states(own) == [IntentState.UNSETTLED]
    applied(own, plan)
    assert (states(own), catalogue(own), patches(own)) == ([IntentState.DONE], 4, 1)


def test_a_write_that_never_arrived_is_sent_again_only_after_the_longest_call(own: Office) -> None:
    asked(own)
    plan = approved(own)
    own.psa_fault("drop", entity="Services", method="PATCH", action="update")
    assert result(own, plan).state == "unsettled"
    assert result(own, plan).state == "unsettled", "it may still be on its way"
    assert catalogue(own) == 30
    own.clock.put(own.clock.now() + timedelta(seconds=351))
    assert result(own, plan).state == "done"
    assert (catalogue(own), own.ws.store.journal.of_line(LINE)[0].tries) == (4, 2)


def test_an_unclear_cost_is_held_by_the_next_plan_and_settled_by_it(own: Office) -> None:
    asked(own)
    plan = approved(own)
    own.psa_fault("drop", entity="Services", method="PATCH", action="update")
    applied(own, plan)
    (one,) = costs(own.do(planning.make_plan))
    assert (one.status, code(one)) == (OutcomeStatus.HELD, "held.unsettled")
    own.clock.put(own.clock.now() + timedelta(seconds=351))
    (one,) = costs(own.do(planning.make_plan))
    assert (one.status, states(own)) == (OutcomeStatus.CHANGE, [IntentState.SKIPPED])


def test_a_cost_that_somebody_else_wrote_after_a_lost_answer_is_nobodys_to_overwrite(own: Office) -> None:
    asked(own)
    plan = approved(own)
    own.psa_fault("drop", entity="Services", method="PATCH", action="update")
    applied(own, plan)
    by_hand(own, BY_HAND)
    told = result(own, plan)
    assert (told.state, code(told)) == ("conflict", "journal.cost_neither")
    assert catalogue(own) == BY_HAND


def test_a_cost_that_somebody_changed_since_the_plan_is_left_alone(own: Office) -> None:
    asked(own)
    plan = approved(own)
    by_hand(own, BY_HAND)
    told = result(own, plan)
    assert (told.state, code(told)) == ("skipped", "apply.cost_moved")
    assert told.reason is not None
    assert told.reason.get("found") == BY_HAND
    assert (catalogue(own), states(own)) == (BY_HAND, [])
    (one,) = costs(own.do(planning.make_plan))
    assert one.cost is not None
    assert (one.status, one.cost.before) == (OutcomeStatus.CHANGE, BY_HAND)


def test_a_user_who_may_not_edit_the_catalogue_is_told_so_and_nothing_changes(offices: Callable[..., Office]) -> None:
    users: list[dict[str, object]] = [dict(one) for one in default_scenario().content["users"]]  # type: ignore[call-overload]
    own = asked(offices(psa={"users": [{**users[0], "can_edit_catalogue": False}, *users[1:]]}).open())
    plan = approved(own)
    told = result(own, plan)
    assert (told.state, code(told)) == ("refused", "autotask.refused.catalogue")
    assert told.reason is not None
    assert "right to edit services of the catalogue" in (Sentences.for_language("en").cure(told.reason) or "")
    assert catalogue(own) == 30
    (one,) = costs(own.do(planning.make_plan))
    assert (one.status, one.reasons[-1].code) == (OutcomeStatus.CHANGE, "note.entry_refused")


def test_what_was_allowed_when_planned_and_is_not_any_more_is_not_written(own: Office) -> None:
    asked(own)
    plan = approved(own)
    allow(own, UnitCosts.PROPOSE)
    told = result(own, plan)
    assert (told.state, code(told)) == ("skipped", "apply.unit_costs_not_allowed")
    assert (catalogue(own), patches(own)) == (30, 0)


def test_the_undo_writes_the_cost_before_and_is_not_planned_again(own: Office) -> None:
    asked(own)
    done = applied(own, approved(own))
    undo: Plan = own.do(plan_undo_of, done.run_id, None, "wrong price")
    (one,) = costs(undo)
    assert one.cost is not None
    assert (one.status, one.cost.before, one.cost.after) == (OutcomeStatus.CHANGE, Decimal(4), Decimal(30))
    own.do(approving.approve, undo.id, lines={LINE})
    assert result(own, undo).state == "done"
    assert catalogue(own) == 30
    (after,) = costs(own.do(planning.make_plan))
    assert (after.status, code(after)) == (OutcomeStatus.HELD, "held.unit_cost_undone")
    own.do(prices.end_price, own.ws.store.vendors.prices()[0].id, date(2026, 5, 31))
    own.do(prices.save_prices, [price("6.00", first=date(2026, 6, 1))])
    (other,) = costs(own.do(planning.make_plan))
    assert other.status is OutcomeStatus.CHANGE, "another price is another question"
    (late,) = costs(own.do(plan_undo_of, done.run_id))
    assert code(late) == "held.undo_cost_later"


def test_the_undo_of_a_cost_that_somebody_changed_leaves_it(own: Office) -> None:
    asked(own)
    done = applied(own, approved(own))
    by_hand(own, BY_HAND)
    (one,) = costs(own.do(plan_undo_of, done.run_id))
    assert (one.status, code(one), one.cost) == (OutcomeStatus.HELD, "held.undo_cost_edited", None)


def test_an_edit_of_a_cost_that_was_ours_is_told_beside_the_proposal(own: Office) -> None:
    asked(own)
    applied(own, approved(own))
    by_hand(own, BY_HAND)
    (one,) = costs(own.do(planning.make_plan))
    assert (one.status, one.reasons[-1].code) == (OutcomeStatus.CHANGE, "note.unit_cost_edited")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ([price("4.00", "USD")], "unit_cost.other_currency"),
        (
            [price("4.00", last=date(2026, 6, 9)), price("5.00", first=date(2026, 6, 10))],
            "unit_cost.price_inside_month",
        ),
        ([price("4.00", first=date(2026, 6, 10))], "unit_cost.no_price"),
    ],
)
def test_no_entry_where_no_single_cost_can_be_said(own: Office, wrong: list[VendorPrice], why: str) -> None:
    asked(own)
    own.do(prices.remove_price, own.ws.store.vendors.prices()[0].id)
    own.do(prices.save_prices, wrong)
    plan: Plan = own.do(planning.make_plan)
    assert costs(plan) == []
    assert [note.get("services") for note in plan.notes if note.code == "plan.unit_costs_undecided"] == [1]
    (told,) = own.do(unit_costs).without
    assert (told.service_id, told.reason.code) == ("304", why)


def test_a_plan_of_a_cost_alone_can_be_approved_as_a_whole_and_no_month_waits_for_it(own: Office) -> None:
    asked(own)
    plan: Plan = own.do(planning.make_plan)
    shown = own.do(preview.preview_approval, plan.id, {LINE})
    assert (shown.count, shown.customers, [one.monthly for one in shown.worth]) == (1, 0, [Decimal("0.00")])
    waits = own.do(ready.readiness)
    own.do(change_settings, TenantChoices(unit_costs=UnitCosts.OFF))
    own.do(planning.make_plan)
    assert own.do(ready.readiness).undecided == waits.undecided


def test_explain_tells_the_entry_without_asking_for_units(own: Office) -> None:
    asked(own)
    own.do(planning.make_plan)
    found = own.do(explaining.explain, LINE)
    assert (found.kind, found.currency, found.psa.rows) == (EntryKind.UNIT_COST, "EUR", ())
    assert found.cost is not None
    assert found.cost.after == 4


def test_the_journal_holds_the_cost_before_and_after(own: Office) -> None:
    asked(own)
    applied(own, approved(own))
    (intent,) = own.ws.store.journal.of_line(LINE)
    told = dict(intent.details)
    assert (told["service"], Decimal(told["before"]), Decimal(told["after"])) == ("304", Decimal(30), Decimal(4))
    assert (intent.change, intent.tries, intent.state) == (0, 1, IntentState.DONE)


def test_the_intent_is_committed_as_sent_before_the_psa_carries_the_write_out(own: Office) -> None:
    asked(own)
    plan = approved(own)
    own.psa_fault("commit-late", entity="Services", method="PATCH", action="update", seconds=2)
    work = threading.Thread(target=applied, args=(own, plan))
    work.start()
    seen: list[tuple[str, Decimal]] = []
    while work.is_alive() and not seen:
        rows = ask(own.where, "SELECT state FROM intent WHERE line = ?", LINE)
        if rows == [("sent",)]:
            seen.append(("sent", catalogue(own)))
    work.join()
    assert seen == [("sent", Decimal(30))]
    assert (states(own), catalogue(own)) == ([IntentState.DONE], 4)
