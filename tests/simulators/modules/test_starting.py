"""Starting a module's simulator by its name, and what a scenario may say."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
from tests.simulators.modules.rig import Rig
from tests.simulators.modules.visits import VISITS

from trueup_simulators import launch, modules


@pytest.mark.parametrize("written", ["datto-saas-protection", "datto_saas_protection"])
def test_a_module_is_started_by_its_name_in_either_spelling(written: str) -> None:
    with launch.start(written) as running:
        pair = (running.credentials["public_key"], running.credentials["secret_key"])
        domains = httpx2.get(f"{running.url}/v1/saas/domains", auth=pair, trust_env=False).json()
        assert {domain["saasCustomerId"] for domain in domains} == set(range(53_001, 53_013))


def test_a_scenario_file_says_seed_size_and_faults(tmp_path: Path) -> None:
    file = tmp_path / "account.yaml"
    file.write_text(
        "seed: 4\norganizations: 3\nsize: 2\nfaults: [{kind: too_many, retry_after: 9}]\n", encoding="utf-8"
    )
    with launch.start("huntress", scenario_path=file) as running:
        pair = (running.credentials["api_key"], running.credentials["api_secret"])
        first, second = (httpx2.get(f"{running.url}/v1/organizations", auth=pair, trust_env=False) for _ in range(2))
        assert (first.status_code, first.headers["retry-after"]) == (429, "9")
        assert len(second.json()["organizations"]) == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("organisations: 3", "unknown key 'organisations'"),
        ("organizations: many", "Expected `int`"),
        ("organizations: 0", "at least one organization"),
        ("dealt: [[0, 3]]", "from 1"),
        ("allowed_networks: [10.0.0.0/99]", "allowed_networks"),
        ("faults: [{kind: nonsense}]", "possible here"),
        ("faults: [{kind: mixed_units}]", "cannot happen here"),
        ("- 3", "a scenario is a mapping"),
        ("a: [", "account.yaml"),
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused_with_what_is_known(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "account.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(launch.LaunchError) as refused:
        launch.start("huntress", scenario_path=file)
    assert told in str(refused.value)


def test_items_are_dealt_out_to_named_customers_of_the_msp() -> None:
    every = modules.start("huntress", scenario={"organizations": 9})
    some = modules.start("huntress", scenario={"dealt": [[7, 30], [3, 0]]})
    with every, some:
        names = {customer.number: customer.name for customer in every.vendor.customers}
        found = [(entry["name"], entry["counts"]["agents_count"]) for entry in some.truth.values()]
        assert found == [(names[7], 30), (names[3], 0)]


def test_collections_of_a_scenario_replace_the_invented_ones() -> None:
    rows = [{"eid": 5, "name": "Leeds", "licensing_package": "business", "active_users": 7}]
    with Rig("proofpoint_essentials", {"data": {"organizations": rows}}) as rig:
        assert rig.visited(VISITS["proofpoint_essentials"]).json() == rows
        assert rig.sim.truth == {"5": {"name": "Leeds", "counts": {"active_users": 7, "business": 7}}}


def test_a_row_is_copied_under_a_new_key_changed_and_removed() -> None:
    with Rig("pax8", {"organizations": 2}) as rig:
        company, before = next(iter(rig.sim.truth.items()))
        product = "Microsoft 365 Business Basic"
        where = {"companyId": company, "productName": product}
        rig.control("data", {"collection": "subscriptions", "where": where, "set": {"quantity": 50}, "copies": 1})
        assert rig.sim.truth[company]["counts"][product] == 100
        keys = [row["id"] for row in rig.sim.vendor.data["subscriptions"]]
        assert len(keys) == len(set(keys))
        rig.control("data", {"collection": "subscriptions", "where": where, "remove": True})
        assert product not in rig.sim.truth[company]["counts"]
        assert product in before["counts"]


def test_the_switches_of_one_account_are_not_those_of_another() -> None:
    setup = modules.Setup(organizations=2)
    with modules.start("huntress", scenario=setup) as one:
        httpx2.post(f"{one.url}/_simulator/switches", json={"page_max": 1}, trust_env=False)
        assert setup.page_max is None
