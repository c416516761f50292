"""Renewed contracts: which line goes on as which, and how the two are planned as one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from tests.core.situations import (
    AT_ONCE,
    LINE,
    MONTH_END,
    codes,
    contract,
    day,
    line,
    planned,
    row,
    rule,
    seen,
    sent,
    spread,
)

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.contract import Contract, Line, PeriodType, UnitStep
from trueup.core.dates.succession import Link, LinkKind, NextLine, Succession, known_from, links_of
from trueup.core.outcome import OutcomeStatus
from trueup.core.planning.governing_mode import governing_mode
from trueup.core.rule import Mode, Rule, RuleLevel, governing_rule

OLD = contract("01-01", "11-14", successor_id="101")
NEW = Contract("101", "1", "Managed services 2027", day("11-15"), day("2027-11-14"), PeriodType.MONTHLY, currency="EUR")
NEW_LINE = replace(LINE, id="1010", contract_id="101")
NEXT = NextLine("101", "Managed services 2027", day("11-15"), "1010")
OLD_ROWS = (row("10-01", "10-31", 41, posted="11-02"), row("11-01", "11-14", 41))
NEW_ROWS = (row("11-15", "12-14", 41), row("12-15", "2027-01-14", 41))
OLD_SIDE = line(OLD_ROWS, OLD, next_line=NEXT)
AGREED = KnownUnits((UnitStep(day("11-01"), 41),), day("11-01"))


def new_side(**changes):
    return replace(line(NEW_ROWS, NEW, line=NEW_LINE, renews=True, known=AGREED), **changes)


# --- which line goes on as which


def _line(number: str, contract_id: str, service: str = "10", price: str = "12.00") -> Line:
    return Line(number, contract_id, service, price=Decimal(price))


def _lines_of(*found: Line) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    links, unclear = links_of((OLD, NEW), found)
    succession = Succession.of(links, unclear)
    return dict(succession.line_before), dict(succession.unclear)


def test_a_line_goes_on_as_the_line_of_the_same_service() -> None:
    found = _lines_of(
        _line("1000", "100"), _line("1001", "100", "11"), _line("1010", "101"), _line("1011", "101", "12")
    )
    assert found == ({"1010": "1000"}, {})


def test_a_raised_price_does_not_part_a_line_from_its_past() -> None:
    assert _lines_of(_line("1000", "100"), _line("1010", "101", price="12.60")) == ({"1010": "1000"}, {})


def test_the_same_service_twice_is_paired_in_order_where_the_prices_agree() -> None:
    old = (_line("999", "100"), _line("1000", "100", price="-2.00"))
    assert _lines_of(*old, _line("1010", "101"), _line("1011", "101", price="-2.00")) == (
        {"1010": "999", "1011": "1000"},
        {},
    )


@pytest.mark.parametrize(
    "new",
    [
        (_line("1010", "101"),),
        (_line("1010", "101", price="-2.00"), _line("1011", "101")),
    ],
    ids=["one of two is gone", "in another order"],
)
def test_the_same_service_twice_that_cannot_be_paired_is_told(new: tuple[Line, ...]) -> None:
    old = (_line("1000", "100"), _line("1001", "100", price="-2.00"))
    assert _lines_of(*old, *new) == ({}, {one.id: ("1000", "1001") for one in new})


def test_it_does_not_matter_on_which_contract_the_link_stands() -> None:
    other_way = (replace(OLD, successor_id=None), replace(NEW, predecessor_id="100"))
    lines = (_line("1000", "100"), _line("1010", "101"))
    assert links_of(other_way, lines) == links_of((OLD, NEW), lines)


def test_a_chain_of_renewals_is_followed_and_a_ring_ends() -> None:
    steps = (("1", "2"), ("2", "3"), ("3", "4"))
    links = tuple(Link(LinkKind.LINE, earlier, later, date(2026, 1, 1)) for earlier, later in steps)
    assert Succession.of(links).lines_before("4") == ("3", "2", "1")
    ring = (*links, Link(LinkKind.LINE, "4", "1", date(2026, 1, 1)))
    assert Succession.of(ring).lines_before("4") == ("3", "2", "1")


def test_a_renewal_names_both_contracts_and_lines_and_the_day_from_which_it_counts() -> None:
    links, _ = links_of((OLD, NEW), (_line("1000", "100"), _line("1010", "101")))
    since = day("11-15")
    assert links == (Link(LinkKind.CONTRACT, "100", "101", since), Link(LinkKind.LINE, "1000", "1010", since))


def test_what_is_known_of_renewals_is_asked_from_either_end() -> None:
    found = Succession.of(links_of((OLD, NEW), (_line("1000", "100"), _line("1010", "101")))[0])
    assert (found.contract_before, found.line_before, found.line_after) == (
        {"101": "100"},
        {"1010": "1000"},
        {"1000": "1010"},
    )
    place = found.place(_line("1010", "101"), NEW)
    assert (place["contracts_before"], place["lines_before"]) == (("100",), ("1000",))


def test_a_contract_that_was_renewed_by_one_that_nobody_sees_or_by_itself_has_no_renewal() -> None:
    assert links_of((replace(OLD, successor_id="999"),), ()) == ((), {})
    assert links_of((replace(OLD, successor_id="100"),), ()) == ((), {})


# --- rules follow


def _rule(level: RuleLevel, target: str, quantity: str) -> Rule:
    return Rule(f"{level.value}-{target}", level, "10", target, quantity)


def _governs(*rules: Rule) -> str | None:
    found = governing_rule(
        rules,
        service_id="10",
        customer_id="1",
        contract_id="102",
        line_id="1020",
        contracts_before=("101", "100"),
        lines_before=("1010", "1000"),
    )
    return found.id if found else None


def test_a_rule_of_the_old_contract_or_line_holds_on() -> None:
    service = _rule(RuleLevel.SERVICE, "10", "a")
    assert _governs(service, _rule(RuleLevel.CONTRACT, "100", "b")) == "contract-100"
    assert _governs(service, _rule(RuleLevel.CONTRACT, "101", "b"), _rule(RuleLevel.LINE, "1000", "c")) == "line-1000"


def test_the_mode_of_the_old_contracts_rule_holds_on() -> None:
    automatic = replace(_rule(RuleLevel.CONTRACT, "100", "b"), mode=Mode.AUTOMATIC)
    place = Succession({"101": "100"}).place(_line("1010", "101"), NEW)
    assert governing_mode((automatic,), Mode.READ_ONLY, **place) is Mode.AUTOMATIC


def test_a_rule_of_the_newer_contract_or_line_wins() -> None:
    assert _governs(_rule(RuleLevel.CONTRACT, "100", "b"), _rule(RuleLevel.CONTRACT, "102", "c")) == "contract-102"
    assert _governs(_rule(RuleLevel.LINE, "1000", "b"), _rule(RuleLevel.LINE, "1010", "c")) == "line-1010"


# --- what was agreed follows


def test_units_that_were_carried_over_are_agreed_with() -> None:
    known = known_from(AGREED, OLD_ROWS, NEW_ROWS, NEW.start)
    assert (known.steps, known.cutover, known.adopted) == ((UnitStep(day("11-15"), 41),), day("11-01"), True)
    agreed = replace(AGREED, levels=AGREED.steps, until=day("11-14"), meaning="m", rule_cutover=day("11-01"))
    follows = known_from(agreed, OLD_ROWS, NEW_ROWS, NEW.start)
    assert (follows.meaning, follows.rule_cutover) == ("m", day("11-01"))
    assert (follows.levels, follows.until) == ((), None), "no day of the new line is settled yet"


def test_units_of_the_day_of_the_renewal_are_carried_over_too() -> None:
    """The contract was renewed before the old line rose to 43: its copy has the 41 of that day."""
    before = KnownUnits((UnitStep(day("11-01"), 41), UnitStep(day("11-10"), 43)), day("11-01"))
    assert known_from(before, (), NEW_ROWS, NEW.start).steps == (UnitStep(day("11-15"), 41),)


@pytest.mark.parametrize("units", [41, 43, 44], ids=["copied", "agreed later", "seen in the PSA"])
def test_any_units_that_the_old_line_had_are_carried_over(units: int) -> None:
    before = KnownUnits((UnitStep(day("11-01"), 41), UnitStep(day("11-10"), 43)), day("11-01"))
    rows = (row("11-15", "12-14", units),)
    assert known_from(before, (row("11-12", "11-14", 44),), rows, NEW.start).steps == (UnitStep(day("11-15"), units),)


def test_other_units_are_compared_with_the_last_day_of_the_old_line() -> None:
    """On its last day, not on the day after: a step that was agreed for later never came."""
    steps = (UnitStep(day("11-01"), 41), UnitStep(day("11-14"), 43), UnitStep(day("11-15"), 46))
    rows = (row("11-15", "12-14", 50),)
    assert known_from(KnownUnits(steps, day("11-01")), OLD_ROWS, rows, NEW.start).steps == (UnitStep(NEW.start, 43),)


def test_where_nothing_was_agreed_the_psas_own_last_units_count() -> None:
    nothing = KnownUnits((), day("11-01"))
    rows = (row("10-01", "11-13", 41), row("11-14", "11-14", 42), row("11-15", "11-20", 47))
    assert known_from(nothing, rows, (row("11-15", "12-14", 50),), NEW.start).steps == (UnitStep(NEW.start, 42),)
    assert known_from(nothing, rows, (), NEW.start).steps == (), "a line without rows shows nothing to agree with"


def test_other_units_are_somebodys_choice_and_show_as_drift() -> None:
    rows = (row("11-15", "12-14", 50), row("12-15", "2027-01-14", 50))
    known = known_from(AGREED, OLD_ROWS, rows, NEW.start)
    outcome = planned(new_side(rows=rows, known=known), seen(spread(("11-10", "11-18", 41))), "11-18", rule(AT_ONCE))
    assert outcome.status is OutcomeStatus.DRIFT
    assert (outcome.reasons[0].get("known"), outcome.reasons[0].get("found")) == (41, 50)


def test_a_line_that_nobody_has_accepted_yet_is_not_accepted_by_a_renewal() -> None:
    known = known_from(replace(AGREED, adopted=False), OLD_ROWS, NEW_ROWS, NEW.start)
    outcome = planned(new_side(known=known), seen(spread(("11-10", "11-20", 41), ("11-20", "11-20", 43))), "11-20")
    assert outcome.first_time


# --- the date selects the line


def test_a_rise_after_the_renewal_belongs_to_the_new_line_alone() -> None:
    usage = seen(spread(("11-01", "11-19", 41), ("11-20", "11-20", 44)))
    new = planned(new_side(), usage, "11-20")
    assert (new.status, sent(new), new.first_time) == (OutcomeStatus.CHANGE, [("11-20", 3)], False)
    assert new.amount == Decimal("30.00")  # 3 x 12.00 x 25 of 30 days, 20 November to 14 December
    old = planned(OLD_SIDE, usage, "11-20")
    assert (old.status, codes(old), old.after) == (OutcomeStatus.NONE, ["none.renewed", "note.goes_on"], 41)


def test_a_rise_before_the_renewal_belongs_to_the_old_line_alone() -> None:
    usage = seen(spread(("11-01", "11-11", 41), ("11-12", "11-12", 44)))
    old = planned(OLD_SIDE, usage, "11-12")
    assert (old.status, sent(old)) == (OutcomeStatus.CHANGE, [("11-12", 3)])
    assert old.amount == Decimal("7.71")  # 3 x 12.00 x 3 of 14 days: the last period is cut by the contract's end
    new = planned(new_side(), usage, "11-12")
    assert (new.status, codes(new), sent(new)) == (OutcomeStatus.SCHEDULED, ["scheduled.line_begins"], [])
    assert new.reasons[0].get("day") == day("11-15")


def test_the_new_line_catches_up_from_its_first_day_where_the_copy_was_older() -> None:
    """41 were copied, 44 are there since the 12th: the new contract owes 3 from its first day, a whole period."""
    usage = seen(spread(("11-01", "11-11", 41), ("11-12", "11-15", 44)))
    known = known_from(AGREED, OLD_ROWS, NEW_ROWS, NEW.start)
    outcome = planned(new_side(known=known), usage, "11-15")
    assert (outcome.status, sent(outcome), outcome.amount) == (OutcomeStatus.CHANGE, [("11-15", 3)], Decimal("36.00"))


def test_the_last_night_of_the_old_contract_decides_for_the_new_one() -> None:
    usage = seen(spread(("11-01", "11-09", 41), ("11-10", "11-14", 43)))
    old, new = (planned(facts, usage, "11-14", rule(MONTH_END)) for facts in (OLD_SIDE, new_side()))
    assert (old.status, sent(old)) == (OutcomeStatus.NONE, [])
    assert (new.status, sent(new), new.amount) == (OutcomeStatus.CHANGE, [("11-15", 2)], Decimal("24.00"))
    assert (new.before, new.after) == (41, 43)


def test_before_the_last_night_the_change_is_scheduled_on_the_new_line_only() -> None:
    usage = seen(spread(("11-01", "11-09", 41), ("11-10", "11-12", 43)))
    old, new = (planned(facts, usage, "11-12", rule(MONTH_END)) for facts in (OLD_SIDE, new_side()))
    assert (old.status, codes(old)) == (OutcomeStatus.NONE, ["none.right", "note.goes_on"])
    assert (new.status, new.reasons[0].get("day")) == (OutcomeStatus.SCHEDULED, day("11-15"))


def test_a_decision_some_days_early_reaches_the_new_line_as_well() -> None:
    usage = seen(spread(("11-01", "11-09", 41), ("11-10", "11-11", 43)))
    timing = replace(MONTH_END, cutoff_days=3)
    assert sent(planned(new_side(), usage, "11-11", rule(timing))) == [("11-15", 2)]
    assert sent(planned(OLD_SIDE, usage, "11-11", rule(timing))) == []


@pytest.mark.parametrize("as_of", ["11-15", "11-17"])
def test_a_night_that_was_missed_at_the_renewal_loses_nothing(as_of: str) -> None:
    usage = seen(spread(("11-01", "11-09", 41), ("11-10", "11-14", 43), ("11-15", as_of, 44)))
    assert sent(planned(new_side(), usage, as_of, rule(MONTH_END))) == [("11-15", 2)]


def test_a_change_of_the_old_lines_own_days_that_was_not_sent_in_time_shows() -> None:
    usage = seen(spread(("11-01", "11-11", 41), ("11-12", "11-16", 44)))
    old = planned(OLD_SIDE, usage, "11-16")
    assert (old.status, codes(old)[0], old.before, old.after) == (OutcomeStatus.HELD, "held.contract_ended", 41, 44)
    assert (old.adjustments, old.releasable) == ((), ())


def test_without_a_line_on_the_new_contract_the_change_still_waits() -> None:
    usage = seen(spread(("11-01", "11-09", 41), ("11-10", "11-30", 43)))
    facts = line(of=contract(end="11-30"), next_line=NextLine("101", "Managed services 2027", day("12-01")))
    outcome = planned(facts, usage, "11-30", rule(MONTH_END))
    assert outcome.status is OutcomeStatus.HELD
    assert {"held.contract_ends", "note.not_renewed"} <= set(codes(outcome))


def test_a_contract_that_ended_for_good_shows_its_final_usage() -> None:
    usage = seen(spread(("11-01", "11-13", 41), ("11-14", "11-20", 43)))
    outcome = planned(line(OLD_ROWS, replace(OLD, successor_id=None)), usage, "11-20")
    assert (outcome.status, outcome.before, outcome.after) == (OutcomeStatus.HELD, 41, 43)
    reason = outcome.reasons[0]
    assert (reason.code, reason.get("units"), reason.get("wanted")) == ("held.contract_ended", 41, 43)


def test_a_rule_that_came_after_the_end_finds_nothing_missing() -> None:
    usage = seen(spread(("11-01", "11-20", 43)))
    late = rule(cutover=day("11-18"))
    gone = planned(line(OLD_ROWS, replace(OLD, successor_id=None)), usage, "11-20", late)
    assert (gone.status, gone.before, gone.after) == (OutcomeStatus.HELD, 41, 41)
    assert planned(OLD_SIDE, usage, "11-20", late).status is OutcomeStatus.NONE


def test_a_new_line_whose_past_cannot_be_told_waits() -> None:
    usage = seen(spread(("11-01", "11-20", 44)))
    outcome = planned(new_side(unclear_before=("1000", "1001")), usage, "11-20")
    assert (outcome.status, codes(outcome)[0]) == (OutcomeStatus.HELD, "held.renewal_unclear")


# --- the days of a line's life


def test_a_service_that_was_added_later_bills_nothing_from_before() -> None:
    """The rule is in force since 1 November, the service is on the contract since the 10th, with five units."""
    facts = line((row("11-10", "11-30", 5), row("12-01", "12-31", 5)))
    usage = seen(spread(("11-01", "11-11", 5), ("11-12", "11-12", 6)))
    assert sent(planned(facts, usage, "11-12")) == [("11-12", 1)]
    # the sixth was there before: nothing is billed from before the 10th, on which the row begins, and a date on which
    # a row begins inside a period is not known to be taken twice
    assert sent(planned(facts, seen(spread(("11-01", "11-12", 6))), "11-12")) == [("11-11", 1)]


def test_a_line_without_rows_bills_nothing_from_before_it_was_seen() -> None:
    usage = seen(spread(("11-01", "11-12", 6)))
    assert sent(planned(line(()), usage, "11-12")) == [("11-01", 6)]
    assert sent(planned(line((), appeared=day("11-12")), usage, "11-12")) == [("11-12", 6)]


def test_a_cut_over_that_is_still_to_come_bills_nothing_before_it() -> None:
    usage = seen(spread(("11-01", "11-12", 44)))
    waits = planned(line(), usage, "11-12", rule(AT_ONCE, cutover=day("11-20")))
    assert (waits.status, sent(waits), waits.reasons[0].get("day")) == (OutcomeStatus.SCHEDULED, [], day("11-20"))
    later = seen(spread(("11-01", "11-20", 44)))
    assert sent(planned(line(), later, "11-20", rule(AT_ONCE, cutover=day("11-20")))) == [("11-20", 3)]


def test_an_inactive_contract_still_bills_and_says_so() -> None:
    usage = seen(spread(("11-01", "11-11", 41), ("11-12", "11-12", 44)))
    outcome = planned(line(of=contract(active=False)), usage, "11-12")
    assert (outcome.status, sent(outcome)) == (OutcomeStatus.CHANGE, [("11-12", 3)])
    assert "note.contract_inactive" in codes(outcome)


def test_who_gets_the_invoice_is_told_where_it_is_another() -> None:
    usage = seen(spread(("11-01", "11-12", 41)))
    facts = line(of=contract(payer_id="9"), payer="Groupe Morel")
    found = next(reason for reason in planned(facts, usage, "11-12").reasons if reason.code == "note.billed_to")
    assert found.get("payer") == "Groupe Morel"
    own = planned(line(of=contract(payer_id="1")), usage, "11-12")
    assert "note.billed_to" not in codes(own)
