"""Company names made comparable, and service names by the good practice."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.situations import PROFILE, contract

from trueup.core.contract import Contract, Line, Service
from trueup.core.naming import plain, without_legal_forms, word_set
from trueup.core.rule import Rule, RuleLevel
from trueup.core.service_naming import (
    CustomerUsage,
    ServiceSuggestion,
    invoice_warnings,
    mixing_warnings,
    proposed_name,
    suggest_services,
)
from trueup.core.usage import BillingType, Certainty, MetricKind


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Électricité Générale", "ELECTRICITE GENERALE"),
        ("Müller", "MULLER"),
        ("Straße 7", "strasse 7"),
        ("Smørrebrød", "smorrebrod"),
        ("Łódź Meble", "Lodz meble"),
        ("Œuvre", "oeuvre"),
        ("Durand & Fils", "Durand and Fils"),
        ("L'Atelier", "L\N{RIGHT SINGLE QUOTATION MARK}Atelier"),
        ("S.A.R.L. Morel", "SARL Morel"),
        ("Ateliers-Morel", "ateliers  morel"),
        ("E\N{COMBINING ACUTE ACCENT}cole", "École"),
    ],
)
def test_two_spellings_of_one_name(one, other):
    assert plain(one) == plain(other)


@pytest.mark.parametrize(("one", "other"), [("Morel", "Moreau"), ("Bureau 12", "Bureau 21"), ("Petit Paris", "Petit")])
def test_two_names_that_are_not_the_same(one, other):
    assert plain(one) != plain(other)
    assert word_set(one) != word_set(other)


@pytest.mark.parametrize(
    "name",
    ["Morel SARL", "SARL Morel", "Morel S.A.R.L.", "Morel GmbH", "Morel, Inc.", "MOREL LTD", "Morel GmbH & Co. KG"],
)
def test_the_legal_form_is_not_part_of_the_name(name):
    assert without_legal_forms(name) == "morel"


def test_a_company_that_is_called_like_a_legal_form_keeps_its_name():
    assert without_legal_forms("SA") == "sa"
    assert without_legal_forms("Co & Co") == plain("Co & Co")


def test_a_legal_form_inside_a_word_stays():
    assert without_legal_forms("Sasha Agence") == "sasha agence"


def test_word_order_does_not_matter():
    assert word_set("Boulangerie Petit SARL") == word_set("Petit, Boulangerie")


@PROFILE
@given(st.text(max_size=40))
def test_making_plain_twice_changes_nothing_more(name):
    assert plain(plain(name)) == plain(name)
    assert without_legal_forms(without_legal_forms(name)) == without_legal_forms(name)


# --- services -------------------------------------------------------------------------------------------------

DESKTOP = BillingType("datto_rmm.desktop", "Desktop & Laptop", MetricKind.LEVEL, "device", Certainty.DOCUMENTED)
SERVER = BillingType("datto_rmm.server", "Server", MetricKind.LEVEL, "device", Certainty.DOCUMENTED)
NAMED = Service("10", "Datto RMM - Desktop & Laptop")


def used(key: str, *customers: tuple[str, int]) -> dict[str, tuple[CustomerUsage, ...]]:
    return {key: tuple(CustomerUsage(who, f"Customer {who}", Decimal(count)) for who, count in customers)}


def suggested(
    usage: dict[str, tuple[CustomerUsage, ...]],
    services: tuple[Service, ...] = (NAMED,),
    lines: tuple[Line, ...] = (),
    rules: tuple[Rule, ...] = (),
) -> tuple[ServiceSuggestion, ...]:
    contracts: dict[str, Contract] = {"100": contract(), "200": replace(contract(), id="200", customer_id="2")}
    return suggest_services("Datto RMM", (DESKTOP, SERVER), usage, services, lines, contracts, rules)


def test_the_name_that_an_invoice_should_show():
    assert proposed_name("Datto RMM", "Desktop & Laptop") == "Datto RMM - Desktop & Laptop"


def test_only_what_somebody_uses_is_suggested():
    assert suggested(used("datto_rmm.desktop", ("1", 0))) == ()
    assert [found.billing_type for found in suggested(used("datto_rmm.server", ("1", 2)))] == ["datto_rmm.server"]


def test_an_existing_service_is_found_by_its_name_however_it_is_written():
    other = replace(NAMED, name="datto rmm: desktop and laptop")
    (found,) = suggested(used("datto_rmm.desktop", ("1", 4)), (other, replace(NAMED, id="11", active=False)))
    assert found.services == (other,)


def test_a_customer_that_uses_it_and_has_no_line_is_named_with_its_contracts():
    (found,) = suggested(used("datto_rmm.desktop", ("1", 4), ("2", 7)), lines=(Line("1000", "100", "10"),))
    assert [(miss.customer_id, miss.quantity, miss.contracts) for miss in found.missing_lines] == [
        ("2", Decimal(7), ("200",))
    ]


def test_a_line_of_another_service_that_a_rule_feeds_counts_as_billed():
    feeds = Rule("r", RuleLevel.SERVICE, "77", "77", quantity="datto_rmm.desktop + datto_rmm.server")
    lines = (Line("1000", "100", "77"),)
    (found,) = suggested(used("datto_rmm.desktop", ("1", 4)), (), lines, (feeds,))
    assert (found.governed_by, found.missing_lines) == (("77",), ())


def test_a_rule_that_cannot_be_read_feeds_nothing():
    broken = Rule("r", RuleLevel.SERVICE, "77", "77", quantity="datto_rmm.desktop +")
    (found,) = suggested(used("datto_rmm.desktop", ("1", 4)), (), (Line("1000", "100", "77"),), (broken,))
    assert [miss.customer_id for miss in found.missing_lines] == ["1"]


def test_a_text_that_replaces_the_name_on_invoices_is_warned_about():
    hidden = replace(NAMED, invoice_name="Monthly fee")
    lines = (Line("1000", "100", "10", invoice_name="Forfait"), Line("1001", "100", "11", invoice_name="Forfait"))
    assert [reason.code for reason in invoice_warnings(hidden, lines)] == [
        "suggest.invoice_name",
        "suggest.line_invoice_names",
    ]
    assert invoice_warnings(replace(NAMED, invoice_name="DATTO RMM desktop & laptop"), ()) == ()


def test_a_rule_that_adds_several_types_is_told_with_their_labels():
    labels = {"datto_rmm.desktop": "Desktop & Laptop", "datto_rmm.server": "Server"}
    mixed = Rule("r", RuleLevel.SERVICE, "10", "10", quantity="datto_rmm.desktop + datto_rmm.server")
    single = replace(mixed, quantity="2 * datto_rmm.desktop")
    (warning,) = mixing_warnings((mixed, single), {"10": NAMED}, labels)
    assert warning.get("types") == "Desktop & Laptop, Server"
