"""The other tools of the generated MSP: who has them, what bills them, and that one seed is one MSP."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict

import pytest

from trueup_simulators import autotask, modules, msp, msp_tools


@pytest.fixture(scope="module")
def furnished() -> msp.Msp:
    return msp_tools.with_tools(msp.generate_msp(1), 1)


def test_nine_tools_answer_and_two_report(furnished: msp.Msp) -> None:
    assert len(furnished.tools) == 9
    assert set(furnished.tools) < set(modules.KINDS)
    assert set(furnished.reports) == {"compliance_manager", "saas_defense"}


def test_one_seed_is_one_msp(furnished: msp.Msp) -> None:
    assert msp_tools.with_tools(msp.generate_msp(1), 1) == furnished
    assert msp_tools.with_tools(msp.generate_msp(1), 2).tools != furnished.tools


def test_the_rmm_and_its_lines_stay_as_they_were(furnished: msp.Msp) -> None:
    bare = msp.generate_msp(1)
    assert furnished.datto_rmm == bare.datto_rmm
    seats = msp_tools.SEATS_SERVICE
    before = [line for line in bare.autotask["lines"] if line["serviceID"] != seats]
    assert [line for line in furnished.autotask["lines"] if line["serviceID"] != seats][: len(before)] == before


def test_every_service_of_a_tool_is_on_some_contracts_in_force(furnished: msp.Msp) -> None:
    on = Counter(line["serviceID"] for line in furnished.autotask["lines"])
    assert all(on[one.service.id] >= 9 for one in msp_tools.TOOL_SERVICES)
    ends = {contract["id"]: contract["endDate"] for contract in furnished.autotask["contracts"]}
    ours = {one.service.id for one in msp_tools.TOOL_SERVICES}
    in_force = [
        ends[line["contractID"]] > msp.TODAY.isoformat()
        for line in furnished.autotask["lines"]
        if line["serviceID"] in ours
    ]
    assert all(in_force)
    autotask.seed(autotask.Scenario(furnished.autotask, "msp"))


def test_a_line_over_two_tools_has_the_units_of_both_together(furnished: msp.Msp) -> None:
    machines: dict[str, dict[int, int]] = defaultdict(dict)
    for kind, what in (("datto_bcdr", "agents"), ("datto_endpoint_backup", "assets")):
        with modules.start(kind, scenario=furnished.tools[kind]) as running:
            numbers = {customer.name: customer.autotask_id for customer in running.vendor.customers}
            for entry in running.truth.values():
                machines[kind][numbers[entry["name"]]] = entry["counts"][what]
    holder = {contract["id"]: contract["companyID"] for contract in furnished.autotask["contracts"]}
    lines = [line for line in furnished.autotask["lines"] if line["serviceID"] == 424]
    both = [
        (sum(line["units"].values()), sum(kind[holder[line["contractID"]]] for kind in machines.values()))
        for line in lines
    ]
    assert sum(units == used for units, used in both) >= 0.8 * len(both)
    assert all(abs(units - used) <= 2 for units, used in both)


def test_customers_are_spelled_differently_from_tool_to_tool(furnished: msp.Msp) -> None:
    spelled: dict[int, set[str]] = defaultdict(set)
    for kind, setup in furnished.tools.items():
        for customer in modules.vendor_class(kind)(setup).customers:
            spelled[customer.number].add(customer.name)
    several = [names for names in spelled.values() if len(names) > 1]
    assert len(several) > 0.5 * len(spelled)


def test_a_report_is_a_file_with_a_row_a_customer(furnished: msp.Msp) -> None:
    reports = furnished.reports["compliance_manager"]
    head, *rows = csv.reader(io.StringIO(msp_tools.as_csv(reports)))
    assert head == ["Organization", "Devices", "Users"]
    assert [(row[0], int(row[1])) for row in rows] == [(one.name, one.counts["devices"]) for one in reports]
