"""Acceptance cases, taken from failures of other tools: what goes wrong between a quantity and the contract.

docs/acceptance.md lists all cases; the other half is in test_usage_side.py. Every figure was worked out by hand; the
judge is the PSA simulator's log of accepted adjustments and its billing items.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from tests.ledger.case import CASES, load_case
from tests.ledger.comparing import differences
from tests.ledger.playing import Story, play
from tests.ledger.stage import Site, accepted_in, staged
from tests.scenarios.msp import (
    CHANGES,
    FIRST,
    GROWN,
    GROWN_UNITS,
    MIXED,
    SERVERS,
    SMALL,
    USAGE,
    WORKSTATIONS,
    Msp,
    of_line,
    open_msp,
    psa_content,
    reasons,
    states,
)

from trueup.cli.rendering.money import totals
from trueup.cli.rendering.plan import in_currency
from trueup.core.outcome import OutcomeStatus
from trueup.core.rails.guard import RailFacts, customer_rails
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings, Thresholds

NOVEMBER, DECEMBER = date(2026, 11, 30), date(2026, 12, 1)


def played(name: str, folder: Path) -> Story:
    """A hand-worked case of the ledger, which must end as it says."""
    case = load_case(CASES / f"{name}.yaml")
    story = play(case, folder)
    assert not differences(case, story)
    return story


def sent(story: Story) -> list[tuple[int, date, int]]:
    return accepted_in(story.after)


def test_mixed_currencies(tmp_path: Path) -> None:
    """Elsewhere amounts in two currencies are added into one total, and a threshold is compared with the mixture.
    Trueup keeps one total and one customer's rail for each currency: +24.00 EUR and +18.00 CHF are never 42.00."""
    content = psa_content()
    content["currencies"] = {"1": 1, "2": Decimal("1.05")}
    companies = [dict(one) for one in content["companies"]]  # type: ignore[attr-defined]
    companies[2]["currencyID"] = 2  # Petit pays in Swiss francs
    content["companies"] = companies
    settings = TenantSettings(
        mode=Mode.MANUAL,
        currency="EUR",
        thresholds=Thresholds(customer_amount=Decimal(15), customer_share=Decimal("0.05")),
    )
    with staged(tmp_path, FIRST, content, settings, {"currencies": "2=CHF"}) as stage:
        msp = Msp(stage)
        msp.set_up()
        msp.grow()
        plan = in_currency(msp.plan(), "EUR")
        # Morel and the garage +1 x 12.00 EUR each; Petit +2 x 9.00 CHF a month, 19 of 30 days: 7.60 + 7.60, and 11.40
        assert [(one.currency, one.monthly, one.now) for one in totals(plan.outcomes)] == [
            ("CHF", Decimal("18.00"), Decimal("11.40")),
            ("EUR", Decimal("24.00"), Decimal("15.20")),
        ]
        # the rail: 18.00 CHF on 180.00 CHF is more than 15.00 and 5 %, 12.00 EUR are not
        (held,) = (reason for reason in of_line(plan, MIXED).reasons if reason.code == "held.customer_amount")
        assert (held.get("now"), held.get("move"), held.get("currency")) == (Decimal(180), Decimal(18), "CHF")
        assert of_line(plan, WORKSTATIONS).status is OutcomeStatus.CHANGE
        # one customer with both contracts: 12.00 EUR and 18.00 CHF are each below 25.00, though their sum is above
        both = [of_line(plan, WORKSTATIONS), replace(of_line(plan, MIXED), status=OutcomeStatus.CHANGE)]
        both = [replace(outcome, customer_id="1") for outcome in both]
        limit = Thresholds(customer_amount=Decimal(25), customer_share=Decimal(0))
        assert customer_rails(both, RailFacts({}, {}, {}), limit) == {}


def test_zero_to_five_and_five_to_zero(tmp_path: Path) -> None:
    """Elsewhere a line at 0 is skipped for good (nothing to take a share of), and a line that falls to 0 is never
    lowered, or lowered unasked. Trueup bills 0 to 5 from its day, and 5 to 0 once a person has released it."""
    story = played("92-zero-to-five-and-back", tmp_path)
    assert sent(story) == [(1000, date(2026, 11, 12), 5), (1000, date(2026, 11, 18), -5)]
    # 5 x 18.00 for the six days from the 12th to the 17th: 90.00 x 6 / 30
    assert story.changed_amount == Decimal("18.00")


def test_hand_edit(tmp_path: Path) -> None:
    """Elsewhere the nightly run takes back what a clerk entered, or adds its own difference on top of it.
    Trueup adopts an edit that is equal to what usage says; one that differs waits for a person as drift."""
    (tmp_path / "equal").mkdir()
    (tmp_path / "other").mkdir()
    equal = played("54-hand-edit-equal-to-ours", tmp_path / "equal")
    assert (sent(equal), equal.held) == ([], {})
    other = played("55-hand-edit-different-from-ours", tmp_path / "other")
    assert (sent(other), "drift.edited" in other.held["1000"]) == ([], True)


def test_two_changes_on_one_date(tmp_path: Path) -> None:
    """Elsewhere two changes of a line on one date are two calls, of which the PSA refuses the second: units are lost.
    Trueup sends one net change for each line and date; a later one moves to the next free day, with the difference."""
    (tmp_path / "net").mkdir()
    (tmp_path / "later").mkdir()
    with open_msp(tmp_path / "net") as msp:
        msp.set_up()
        msp.psa.switch(same_day_duplicate="reject_always")
        msp.apply(msp.approved_plan())  # Petit: a laptop and a server came on one day
        assert [change for change in msp.psa.accepted() if change[0] == MIXED] == [(MIXED, GROWN, 2)]
        assert msp.units_now() == GROWN_UNITS
    later = played("52-same-day-refused-moves-on", tmp_path / "later")
    assert sent(later) == [(1000, DECEMBER, -1), (1000, date(2026, 12, 2), 2)]
    # 2 x 12.00 for 30 of 31 days is 23.23 instead of 24.00
    assert later.changed_amount == Decimal("-12.00") + Decimal("23.23")


def test_date_outside_the_contract(tmp_path: Path) -> None:
    """Elsewhere a change dated after the contract's end is sent, refused, and lost among other errors.
    Trueup sends nothing, holds the line as `contract_ended`, and says so on every plan."""
    for name in ("29-contract-ended", "30-month-end-after-the-last-period"):
        (tmp_path / name).mkdir()
        story = played(name, tmp_path / name)
        assert sent(story) == []
        assert {"held.contract_ended", "held.contract_ends"} & set(story.held["1000"])


def test_posted_period(tmp_path: Path) -> None:
    """Elsewhere a period that was approved and posted is changed all the same, and the difference is billed to nobody.
    Trueup goes by what this PSA is known to do: an item of its own, the first open period with the shortfall shown, or,
    while it is not known, the first change waits for a person and proves it."""
    outcomes = {
        "48-posted-period-bills-apart": ([(date(2026, 11, 12), 3)], "22.80"),
        "49-posted-period-refused": ([(DECEMBER, 3)], "36.00"),
        "50-posted-period-unproven": ([(date(2026, 11, 12), 2), (date(2026, 11, 20), 1)], "19.60"),
    }
    for name, (changes, amount) in outcomes.items():
        (tmp_path / name).mkdir()
        story = played(name, tmp_path / name)
        assert [(day, change) for _, day, change in sent(story)] == changes
        assert story.changed_amount == Decimal(amount)


def test_a_customer_that_moves_between_two_services(tmp_path: Path) -> None:
    """Elsewhere the new service rises at once and the old one falls days later or never: the customer pays twice.
    Trueup lets both changes wait for each other, and dates both on the day of the move (-25.33 and +38.00)."""
    story = played("85-customer-moves-between-two-services", tmp_path)
    moved = date(2026, 11, 12)
    assert sorted(sent(story)) == [(1000, moved, -4), (1001, moved, 4)]
    assert story.changed_amount == Decimal("12.67")


def test_retry_after_timeout(tmp_path: Path) -> None:
    """Elsewhere a call that got no answer is sent again, though the PSA had done it: the units are there twice.
    Trueup looks first, and sends nothing for the line while the call may still arrive: it is there once."""
    with open_msp(tmp_path, TenantSettings(mode=Mode.MANUAL), {"write_seconds": "0.5"}) as msp:
        msp.set_up()
        plan = msp.approved_plan()
        msp.psa.fault("commit-late", seconds=60)
        assert states(msp.apply(plan)) == {WORKSTATIONS: "unsettled", MIXED: "done", SMALL: "done"}
        sends = msp.psa.sends()
        msp.later(timedelta(seconds=60))
        assert states(msp.apply(plan)) == {WORKSTATIONS: "unsettled"}, "it may still arrive, so nothing is sent"
        msp.psa.let_in(3)
        again = msp.apply(plan)
        assert [(line.line_id, line.state) for line in again.settled] == [(str(WORKSTATIONS), "done")]
        assert msp.psa.sends() == sends
        assert sorted(msp.psa.accepted()) == sorted(CHANGES)
        assert msp.units_now() == GROWN_UNITS


def test_plan_made_stale(tmp_path: Path) -> None:
    """Elsewhere an approved list is sent as it is, whatever happened to the lines since it was shown.
    Trueup reads each line again just before writing: the one that a person edited is skipped and named."""
    with open_msp(tmp_path) as msp:
        msp.set_up()
        plan = msp.approved_plan()
        msp.psa.edit(MIXED, GROWN, 1)
        applied = msp.apply(plan)
        assert states(applied) == {WORKSTATIONS: "done", MIXED: "skipped", SMALL: "done"}
        assert reasons(applied)[MIXED] == "apply.moved"
        assert set(msp.psa.accepted()) == {(WORKSTATIONS, GROWN, 1), (SMALL, GROWN, 1)}
        assert msp.psa.units(MIXED, GROWN) == 21, "what the person entered stands"


def test_3_of_4_held(tmp_path: Path) -> None:
    """Elsewhere thresholds in units let a small line lose almost everything: 3 of 4 servers are "only three".
    Trueup asks for a share too, from one unit up; with that share raised to 80 %, a base of two units catches it."""
    content = psa_content()
    content["lines"] = [
        {**line, "units": {"2026-01-01": 4}} if line["id"] == SERVERS else line
        for line in content["lines"]  # type: ignore[attr-defined]
    ]
    four, one = (
        {**USAGE, "Ateliers Morel": Site({"desktop": 9, "laptop": 3, "server": count, "printer": 4})}
        for count in (4, 1)
    )
    with staged(tmp_path, FIRST, content) as stage:
        msp = Msp(stage)
        msp.set_up(four)
        for day in (12, 13, 14):  # the fall stands from the 12th on
            msp.night(date(2026, 11, day))
            msp.collect(one)
            plan = msp.plan()

        def held_with(**numbers: object) -> tuple[OutcomeStatus, tuple[str, ...]]:
            msp.choose(thresholds=Thresholds(customer_share=Decimal(1), **numbers))  # type: ignore[arg-type]
            outcome = of_line(msp.plan(), SERVERS)
            assert (outcome.before, outcome.after, outcome.effective) == (4, 1, GROWN)
            return outcome.status, outcome.releasable

        assert of_line(plan, SERVERS).status is OutcomeStatus.HELD
        assert held_with() == (OutcomeStatus.HELD, ("fall_more_than_half",))
        raised = {"line_fall_share": Decimal("0.8")}
        assert held_with(**raised, line_move_units=2) == (OutcomeStatus.HELD, ("large_move",))
        # what that costs: with neither of the two nothing holds it, as in the other tools
        assert held_with(**raised) == (OutcomeStatus.CHANGE, ())
        assert held_with(line_fall_base=5) == (OutcomeStatus.CHANGE, ())
        assert msp.psa.sends() == 0
