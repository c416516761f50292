from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from trueup_simulators import autotask, datto_rmm, msp

SERVICES = {service.id: service for service in msp.CATALOGUE}


@pytest.fixture(scope="module")
def generated() -> msp.Msp:
    return msp.generate_msp(1)


def _newest_units(line: dict) -> int | None:
    units = line.get("units")
    return None if units is None else units[max(units)]


def _compared(generated: msp.Msp) -> list[tuple[int, int]]:
    """Units of today and devices, for each line that follows devices."""
    holder = {contract["id"]: contract["companyID"] for contract in generated.autotask["contracts"]}
    pairs = []
    for line in generated.autotask["lines"]:
        tokens, units = SERVICES[line["serviceID"]].counts, _newest_units(line)
        if tokens and units is not None:
            devices = generated.billable[holder[line["contractID"]]]
            pairs.append((units, sum(devices.get(token, 0) for token in tokens)))
    return pairs


def test_the_msp_has_the_size_that_was_asked_for(generated: msp.Msp) -> None:
    psa, rmm = generated
    assert len(psa["contracts"]) == 158
    assert len(psa["lines"]) == 400
    state = datto_rmm.State(datto_rmm.load_scenario(rmm))
    assert len(state.inventory.devices) == 6_000


@pytest.mark.parametrize(("customers", "devices", "lines"), [(1, 2, 1), (3, 40, 9), (40, 300, 90)])
def test_small_ones_can_be_served_too(customers: int, devices: int, lines: int) -> None:
    psa, rmm = msp.generate_msp(7, customers, devices, lines)
    assert 1 <= len(psa["lines"]) <= lines
    assert len(datto_rmm.State(datto_rmm.load_scenario(rmm)).inventory.devices) == devices
    autotask.seed(autotask.Scenario(psa, "msp"))


def test_one_seed_is_one_msp_and_another_seed_is_another(generated: msp.Msp) -> None:
    assert msp.generate_msp(1) == generated
    assert msp.generate_msp(2).datto_rmm["sites"] != generated.datto_rmm["sites"]


def test_the_billable_counts_are_what_the_rmm_really_holds(generated: msp.Msp) -> None:
    state = datto_rmm.State(datto_rmm.load_scenario(generated.datto_rmm))
    servers: Counter[int] = Counter()
    for device in state.inventory.devices.values():
        site = state.inventory.sites[device.site]
        company = generated.company_of_site[site.name]
        if device.category == "Server" and not device.groups and not device.deleted and company is not None:
            servers[company] += 1
    assert servers == Counter({company: counts.get("server", 0) for company, counts in generated.billable.items()})
    assert 30 <= sum(bool(device.groups) for device in state.inventory.devices.values()) <= 100


def test_devices_are_dealt_with_a_heavy_tail(generated: msp.Msp) -> None:
    sizes = sorted((sum(counts.values()) for counts in generated.billable.values()), reverse=True)
    assert sum(sizes[:16]) > 0.35 * sum(sizes)
    assert sizes[len(sizes) // 2] < sum(sizes) / len(sizes)


def test_most_units_agree_with_the_devices_some_differ_a_little_and_four_a_lot(generated: msp.Msp) -> None:
    pairs = _compared(generated)
    little = sum(0 < abs(units - devices) <= 3 for units, devices in pairs)
    lot = sum(abs(units - devices) > 3 for units, devices in pairs)
    assert 0.04 <= little / len(pairs) <= 0.12
    assert lot == 4
    assert any(units == 0 for units, devices in pairs if devices)


def test_sites_are_spelled_in_other_ways_and_a_tenth_is_not_linked(generated: msp.Msp) -> None:
    names = {company["id"]: company["companyName"] for company in generated.autotask["companies"]}
    owned = [site for site in generated.datto_rmm["sites"] if generated.company_of_site[site["name"]] is not None]
    same = sum(site["name"] == names[generated.company_of_site[site["name"]]] for site in owned)
    unlinked = sum("autotask_company_id" not in site for site in owned)
    assert same < 0.3 * len(owned)
    assert 0.05 <= unlinked / len(owned) <= 0.15
    several = Counter(generated.company_of_site[site["name"]] for site in owned)
    assert max(several.values()) >= 3
    nobody = {site["name"] for site in generated.datto_rmm["sites"]} - {site["name"] for site in owned}
    assert {"OnDemand", "Deleted Devices", "Internal", "Test Lab"} <= nobody
    assert {"é", "ü", "&"} <= set("".join(names.values()))


def test_contracts_are_mostly_monthly_a_few_ended_one_is_posted_and_one_line_has_no_rows(generated: msp.Msp) -> None:
    contracts = generated.autotask["contracts"]
    periods = Counter(contract["contractPeriodType"] for contract in contracts)
    assert periods[2] > 0.8 * len(contracts)
    assert periods[3] >= 5
    assert periods[5] >= 3
    ended = [contract for contract in contracts if contract["endDate"] < msp.TODAY.isoformat()]
    assert 2 <= len(ended) <= 5
    assert sum("posted_through" in contract for contract in contracts) == 1
    assert sum("units" not in line for line in generated.autotask["lines"]) == 1
    assert sum("billToCompanyID" in contract for contract in contracts) == 3


def test_services_are_named_by_good_practice_and_one_follows_three_categories(generated: msp.Msp) -> None:
    used = {SERVICES[line["serviceID"]].name for line in generated.autotask["lines"]}
    assert {"Managed Workstation", "Managed Server", "Datto RMM - Desktop & Laptop", "Network Device Care"} <= used
    assert SERVICES[401].counts == ("desktop", "laptop", "server")
    assert all(isinstance(service["unitPrice"], Decimal) for service in generated.autotask["services"])


def test_both_simulators_serve_it(generated: msp.Msp) -> None:
    psa, rmm = generated
    with datto_rmm.start(rmm) as modules, autotask.start(autotask.Scenario(psa, "msp")) as target:
        assert len(modules.state.inventory.sites) == len(rmm["sites"])
        assert target.credentials["user_name"] == "api@msp.example"


def test_another_day_moves_contracts_and_clock() -> None:
    later = msp.generate_msp(1, today=date(2027, 1, 31))
    assert later.autotask["today"] == "2027-01-31"
    starts = [contract["startDate"] for contract in later.autotask["contracts"]]
    assert max(starts) > "2026-09-01"
    autotask.seed(autotask.Scenario(later.autotask, "msp"))


def test_an_impossible_size_is_refused() -> None:
    with pytest.raises(ValueError, match="two devices a customer"):
        msp.generate_msp(1, customers=10, devices=5)
