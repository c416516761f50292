"""A plan on paper: currencies apart, signs always, names that cannot harm, widths kept."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from trueup.cli.rendering.money import totals
from trueup.cli.rendering.plain import value_plain
from trueup.cli.rendering.plan import in_currency, plan_document, write_plan
from trueup.core.outcome import Adjustment, Outcome, OutcomeStatus, Plan
from trueup.core.reason import Reason
from trueup.messages.sentences import Sentences

DAY = date(2026, 11, 12)
EN, FR = Sentences.for_language("en"), Sentences.for_language("fr")


def outcome(line: str, change: int, recurring: str | None, currency: str | None, **more: object) -> Outcome:
    values: dict[str, object] = {
        "status": OutcomeStatus.CHANGE,
        "reasons": (Reason.of("change.increase", change=change),),
        "customer_name": "Ateliers Morel",
        "service_name": "Datto RMM - Workstations",
        **more,
    }
    amount = Decimal(recurring) if recurring is not None else None
    return Outcome(
        line,
        customer_id="1",
        contract_id="2",
        service_id="3",
        before=41,
        after=41 + change,
        effective=DAY,
        adjustments=(Adjustment(line, DAY, change, amount, amount),),
        currency=currency,
        recurring=amount,
        amount=amount,
        **values,
    )


def plan_of(*outcomes: Outcome) -> Plan:
    return Plan("P20261112-abcdef", DAY, datetime(2026, 11, 13, 1, 14, tzinfo=UTC), outcomes, "sum")


def shown(plan: Plan, said: Sentences, width: int = 80) -> str:
    paper = StringIO()
    write_plan(Console(file=paper, width=width, highlight=False, markup=False, emoji=False), plan, said)
    return paper.getvalue()


def test_amounts_of_two_currencies_stand_apart_and_are_never_added() -> None:
    plan = plan_of(outcome("1", 3, "13.50", "EUR"), outcome("2", 1, "4.50", "EUR"), outcome("3", -1, "-20.00", "CHF"))
    text = shown(plan, EN).replace("\u00a0", " ")
    assert "+18.00 EUR per month" in text
    assert "\u221220.00 CHF per month" in text
    assert [total["amount_per_month"] for total in plan_document(plan, EN)["totals"]] == ["-20.00", "18.00"]


def test_a_line_without_a_price_is_counted_and_said_not_to_be_in_the_amount() -> None:
    plan = plan_of(outcome("1", 3, "13.50", "EUR"), outcome("2", 1, None, "EUR"))
    assert "1 line has no price and is not in this amount" in shown(plan, EN)
    (total,) = totals(plan.outcomes)
    assert (total.lines, total.unpriced, total.monthly) == (2, 1, Decimal("13.50"))


def test_a_contract_without_a_currency_takes_the_tenants() -> None:
    plan = in_currency(plan_of(outcome("1", 3, "13.50", None), outcome("2", 1, "1.00", "CHF")), "EUR")
    assert [one.currency for one in plan.outcomes] == ["EUR", "CHF"]


@pytest.mark.parametrize("said", [EN, FR], ids=["en", "fr"])
@pytest.mark.parametrize("width", [60, 80, 140])
def test_nothing_is_wider_than_the_terminal(said: Sentences, width: int) -> None:
    held = outcome(
        "9",
        -38,
        "-1240.50",
        "EUR",
        status=OutcomeStatus.HELD,
        reasons=(Reason.of("held.fall_more_than_half", before=41, after=3, share=Decimal("0.5")),),
        releasable=("fall_more_than_half", "customer_amount"),
        service_name="A service with quite a long name that does not fit - Workstations and Servers",
    )
    for line in shown(plan_of(held, outcome("1", 3, "13.50", "EUR")), said, width).splitlines():
        assert cell_len(line) <= max(width, 80)


def test_what_waits_comes_first_with_its_reason_and_how_to_release_it() -> None:
    held = outcome(
        "9",
        -38,
        "-171.00",
        "EUR",
        status=OutcomeStatus.HELD,
        reasons=(Reason.of("held.to_zero", before=41, after=0),),
        releasable=("to_zero",),
        customer_name="Zenith",
    )
    text = shown(plan_of(outcome("1", 3, "13.50", "EUR"), held), EN, 140)
    assert text.index("1 line waits for you") < text.index("would fall from 41 units to zero")
    assert text.index("Zenith (1)") < text.index("Ateliers Morel (1)")
    assert "trueup approve P20261112-abcdef --line 9 --release to_zero --reason" in " ".join(text.split())


def test_customers_are_sorted_as_a_person_would_without_regard_to_accents() -> None:
    names = ["Zola", "\u00c9tude Roux", "Etoile", "abbaye"]
    plan = plan_of(*(outcome(str(place), 1, "1.00", "EUR", customer_name=name) for place, name in enumerate(names)))
    text = shown(plan, EN)
    places = [text.index(f"{name} (1)") for name in ("abbaye", "Etoile", "\u00c9tude Roux", "Zola")]
    assert places == sorted(places)


def test_a_hostile_name_cannot_steer_the_terminal() -> None:
    text = shown(
        plan_of(outcome("1", 3, "13.50", "EUR", customer_name="A\x1b[2JB", service_name="[red]x[/red]\rY")), EN
    )
    assert "\x1b" not in text
    assert "\r" not in text
    assert "[red]x[/red]" in text


def test_json_values_are_exact_text() -> None:
    assert value_plain(Decimal("0.10")) == "0.10"
    assert value_plain(Decimal("1E+2")) == "100"
    assert value_plain(DAY) == "2026-11-12"
    assert value_plain(OutcomeStatus.HELD) == "held"
