"""Which customer is this site? Suggestions by id, name, words and likeness; never one that may not be mapped."""

from __future__ import annotations

import pytest

from trueup.app.mapping.matching import CustomerNames, Suggestion
from trueup.core.contract import Customer
from trueup.core.usage import ModuleOrganization


def offers(site: str, *names: str, hint: str | None = None) -> tuple[Suggestion, ...]:
    customers = [Customer(str(place), name) for place, name in enumerate(names, start=1)]
    return CustomerNames(customers).suggest(ModuleOrganization("site-1", site, hint))


def only(site: str, *names: str) -> tuple[str, str]:
    """Name and reason of the one suggestion there is."""
    (found,) = offers(site, *names)
    assert found.sole
    return found.customer.name, found.reason.code


@pytest.mark.parametrize(
    ("site", "customer", "reason"),
    [
        ("Ateliers Morel", "Ateliers Morel", "match.same_name"),
        ("ÉLECTRICITÉ MÜLLER", "Electricite Muller", "match.same_name"),
        ("Durand & Fils", "Durand and Fils", "match.same_name"),
        ("Ateliers Morel", "Ateliers Morel SARL", "match.same_bare_name"),
        ("S.A.R.L. Ateliers Morel", "Ateliers Morel S.A.S.", "match.same_bare_name"),
        ("Morel GmbH & Co. KG", "Morel", "match.same_bare_name"),
        ("Petit Boulangerie", "Boulangerie Petit SARL", "match.same_words"),
        ("Atelier Morel", "Ateliers Morel", "match.similar"),
    ],
)
def test_one_site_and_its_customer(site, customer, reason):
    assert only(site, customer, "Zahnarztpraxis Oberland", "Garage du Lac") == (customer, reason)


def test_the_id_that_the_module_carries_comes_before_any_name():
    found = offers("Ateliers Morel", "Ateliers Morel", "Groupe Morel", hint="2")
    assert [(one.customer.id, one.reason.code, one.score, one.sole) for one in found] == [
        ("2", "match.psa_id", 100, True)
    ]


def test_an_id_that_no_customer_has_is_ignored():
    (found,) = offers("Ateliers Morel", "Ateliers Morel", hint="99")
    assert (found.customer.id, found.reason.code) == ("1", "match.same_name")


@pytest.mark.parametrize("unfit", [Customer("2", "Morel", active=False), Customer("2", "Morel", billable=False)])
def test_a_hint_to_a_customer_that_cannot_be_billed_is_ignored(unfit):
    names = CustomerNames([unfit, Customer("1", "Ateliers Morel")])
    (found,) = names.suggest(ModuleOrganization("s", "Ateliers Morel", "2"))
    assert found.customer.id == "1"


@pytest.mark.parametrize("unfit", [Customer("2", "Morel", active=False), Customer("2", "Morel", billable=False)])
def test_an_inactive_or_dead_customer_is_not_offered(unfit):
    assert CustomerNames([unfit]).suggest(ModuleOrganization("s", "Morel", None)) == ()


def test_a_dead_namesake_does_not_make_a_tie():
    names = CustomerNames([Customer("1", "Morel"), Customer("2", "Morel", billable=False)])
    (found,) = names.suggest(ModuleOrganization("s", "Morel"))
    assert (found.customer.id, found.sole) == ("1", True)


@pytest.mark.parametrize(
    "names", [("Morel", "Morel"), ("Morel SARL", "Morel SAS"), ("Boulangerie Petit", "Boulangerie Petit SARL")]
)
def test_two_customers_that_fit_as_well_are_both_shown_and_neither_is_sole(names):
    found = offers("Petit Boulangerie" if "Petit" in names[0] else "Morel", *names)
    assert {one.customer.id for one in found} == {"1", "2"}
    assert [one.sole for one in found] == [False, False]


def test_an_equal_name_is_taken_before_one_that_only_lacks_the_legal_form():
    found = offers("Morel SARL", "Morel SAS", "Morel SARL")
    assert [one.customer.id for one in found] == ["2"]


def test_the_nearer_an_equality_the_higher_its_score():
    scores = [
        offers("Petit Boulangerie", "x y z", hint="1")[0].score,
        offers("Boulangerie Petit", "Boulangerie Petit")[0].score,
        offers("Boulangerie Petit", "Boulangerie Petit SA")[0].score,
        offers("Petit Boulangerie", "Boulangerie Petit")[0].score,
        offers("Boulangeries Petit", "Boulangerie Petit")[0].score,
    ]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 5


def test_of_two_similar_names_the_nearer_comes_first_and_only_it_may_be_accepted():
    found = offers("Ateliers Morell", "Ateliers Morelle", "Ateliers Morel et Fils", "Ateliers Moral")
    assert found[0].customer.name == "Ateliers Morelle"
    assert [one.sole for one in found] == [True, *[False] * (len(found) - 1)]


def test_two_equally_similar_names_are_no_ones():
    found = offers("Garage Dupon", "Garage Dupons", "Garage Dupont")
    assert [one.sole for one in found] == [False, False]


def test_nothing_is_suggested_where_nothing_is_near():
    assert offers("Lager Nord", "Ateliers Morel", "Boulangerie Petit") == ()


@pytest.mark.parametrize("name", ["", "   ", "---", "\N{SNOWMAN}"])
def test_a_site_without_a_readable_name_matches_nobody(name):
    assert offers(name, "Ateliers Morel", "SA") == ()


def test_unreadable_names_on_both_sides_are_not_the_same_name():
    assert offers("---", "***", "Ateliers Morel") == ()


def test_names_in_another_script_are_not_all_alike():
    assert offers("北京公司", "東京会社", "Ateliers Morel") == ()
