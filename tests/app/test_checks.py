"""Checks across modules: what is in the RMM and not in another tool, and what may not be concluded from silence."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.app.office import DAY, NIGHT, RMM, Office

from trueup.app.checks import counting, saving
from trueup.app.checks.working_out import NamedResult
from trueup.app.errors import UseCaseError
from trueup.app.mapping import customers
from trueup.app.notices.conditions import conditions
from trueup.app.usage.importing import Asked, import_file
from trueup.app.usage.profiles import save_profile
from trueup.core.checks.cross_check import CrossCheck
from trueup.core.expression import ExpressionError

EDR = "edr"
DEVICES = "datto_rmm.devices"
WITHOUT_EDR = "hostname not in datto_edr.items.item_name"
PROFILE = {"organization": "Org", "item": "Agent", "item_name": "Host", "counts": "agents", "complete": "yes"}
CHECK = CrossCheck("rmm-without-edr", WITHOUT_EDR, DEVICES)


def hosts(office: Office, site: str) -> list[str]:
    key = office.site(site)
    return [item.name for item in office.ws.store.usage.items(DAY, RMM, "devices") if item.organization == key]


def edr(office: Office, folder: Path, agents: Iterable[tuple[str, str]]) -> None:
    """Deliver a list of agents (organization, host) by file; an empty host is a row that cannot be used."""
    path = folder / "edr.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Org", "Agent", "Host"])
        writer.writerows((org, host and f"agent-{number}", host) for number, (org, host) in enumerate(agents))
    office.do(save_profile, EDR, "datto_edr", PROFILE)
    office.do(import_file, EDR, path, Asked(day=DAY))


def both(office: Office, folder: Path, missing: int = 2) -> list[str]:
    """Two customers; the first has EDR on all devices but a few, which are given back, the second has no EDR at all."""
    first, second = "Garage du Lac", "Leeds (Northwind)"
    names = hosts(office, first)
    edr(office, folder, [("Garage", name.lower() + " ") for name in names[missing:]])
    office.map(first, "206")
    office.map(second, "207")
    office.do(customers.map_organization, EDR, "Garage", "206")
    return names[:missing]


def found(named: NamedResult) -> list[tuple[str, str]]:
    return [(one.customer_id, one.name) for one in named.result.found]


def left_out(named: NamedResult) -> dict[str, str]:
    return {one.customer_id: one.reason.code for one in named.result.left_out}


def test_devices_without_an_agent_of_the_same_name_are_found_whatever_the_case(office: Office, tmp_path: Path) -> None:
    missing = both(office, tmp_path)
    named = office.do(saving.attempt, WITHOUT_EDR, DEVICES)
    assert sorted(found(named)) == sorted(("206", name) for name in missing)
    assert named.result.judged == 1
    assert named.result.unmapped > 0


def test_a_customer_with_nothing_in_the_other_module_is_told_and_not_counted(office: Office, tmp_path: Path) -> None:
    both(office, tmp_path)
    named = office.do(saving.attempt, WITHOUT_EDR, DEVICES)
    assert left_out(named) == {"207": "cross_check.no_organization"}


def test_an_agent_of_another_customer_protects_nobody_here(office: Office, tmp_path: Path) -> None:
    names = hosts(office, "Garage du Lac")
    edr(office, tmp_path, [("Garage", names[0]), ("Elsewhere", names[1]), ("Elsewhere", names[2])])
    office.map("Garage du Lac", "206")
    office.do(customers.map_organization, EDR, "Garage", "206")
    office.do(customers.map_organization, EDR, "Elsewhere", "207")
    assert sorted(found(office.do(saving.attempt, WITHOUT_EDR, DEVICES))) == sorted(("206", name) for name in names[1:])


def test_a_list_that_was_read_in_part_proves_no_absence(office: Office, tmp_path: Path) -> None:
    names = hosts(office, "Garage du Lac")
    many = [("Garage", f"{name}-other") for name in (*names, *range(20))]
    edr(office, tmp_path, [*(("Garage", name) for name in names[2:]), *many, ("Garage", "")])
    office.map("Garage du Lac", "206")
    office.do(customers.map_organization, EDR, "Garage", "206")
    named = office.do(saving.attempt, WITHOUT_EDR, DEVICES)
    assert found(named) == []
    assert left_out(named)["206"] == "cross_check.not_whole"


def test_a_list_that_is_too_old_proves_no_absence(own: Office, tmp_path: Path) -> None:
    both(own, tmp_path)
    own.clock.put(NIGHT + timedelta(days=10))
    own.collect()
    named = own.do(saving.attempt, WITHOUT_EDR, DEVICES)
    assert found(named) == []
    assert left_out(named)["206"] == "cross_check.stale"


def test_counts_of_two_modules_are_compared_customer_by_customer(office: Office, tmp_path: Path) -> None:
    both(office, tmp_path)
    named = office.do(saving.attempt, "datto_rmm.total_device_count > datto_edr.agents + 1", None)
    total = len(hosts(office, "Garage du Lac"))
    assert [(one.customer_id, dict(one.counts)) for one in named.result.found] == [
        ("206", {"datto_rmm.total_device_count": total, "datto_edr.agents": total - 2})
    ]
    assert left_out(named) == {"207": "cross_check.no_organization"}
    assert office.do(saving.attempt, "datto_rmm.total_device_count > datto_edr.agents + 2", None).result.found == ()


@pytest.mark.parametrize(
    ("expression", "items", "code", "position"),
    [
        ("hostname not in datto_edr.agents.hostname", DEVICES, "expression.unknown_list", 16),
        ("hostnam not in datto_edr.items.item_name", DEVICES, "expression.unknown_name", 0),
        ("suspended in datto_edr.items.item_name", DEVICES, "expression.wrong_kind", 0),
        ("hostname in datto_edr.items.item_name", None, "expression.list_needed", 12),
        ("datto_rmm.server + 1", None, "expression.wrong_kind", 0),
    ],
)
def test_a_fault_is_shown_in_its_place_and_nothing_is_saved(
    office: Office, tmp_path: Path, expression: str, items: str | None, code: str, position: int
) -> None:
    both(office, tmp_path)
    with pytest.raises(ExpressionError) as error:
        office.do(saving.define, CrossCheck("wrong", expression, items))
    assert (error.value.code, error.value.position) == (code, position)
    assert office.ws.store.checks.list() == ()


def test_a_list_of_items_that_nobody_delivers_is_refused_with_those_that_are_there(office: Office) -> None:
    with pytest.raises(UseCaseError) as error:
        office.do(saving.define, CrossCheck("wrong", "True", "datto_rmm.device"))
    assert error.value.reason.code == "cross_check.unknown_items"
    assert DEVICES in str(error.value.reason.get("known"))


def test_a_check_is_counted_once_a_day_tells_while_it_finds_and_is_silent_again(own: Office, tmp_path: Path) -> None:
    both(own, tmp_path)
    own.do(saving.define, CHECK)
    with pytest.raises(UseCaseError):
        own.do(saving.define, CrossCheck(CHECK.key, "True", DEVICES))
    own.do(counting.count_all)
    own.do(counting.count_all)
    (listed,) = own.do(saving.listing)
    assert [(one.day, one.found, one.judged, one.left_out) for one in listed.counts] == [(DAY, 2, 1, 1)]
    told = conditions(own.ws)["check_found", CHECK.key]
    assert told.get("found") == 2
    own.clock.put(NIGHT + timedelta(minutes=5))
    edr(own, tmp_path, [("Garage", name) for name in hosts(own, "Garage du Lac")])
    own.do(counting.count_all)
    assert ("check_found", CHECK.key) not in conditions(own.ws)
    own.do(saving.remove, CHECK.key)
    assert own.do(saving.listing) == ()
    assert [one for one in own.actions() if one.startswith("check.")] == ["check.defined", "check.removed"]


def test_a_silent_check_opens_no_notice(office: Office, tmp_path: Path) -> None:
    both(office, tmp_path)
    office.do(saving.define, CrossCheck(CHECK.key, WITHOUT_EDR, DEVICES, tell=False))
    office.do(counting.count_all)
    assert ("check_found", CHECK.key) not in conditions(office.ws)
