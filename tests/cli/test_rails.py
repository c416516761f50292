"""The numbers of the guard rails at the terminal: set, shown, inherited, taken back, refused."""

from __future__ import annotations

import pytest
from tests.cli.conftest import Cli


def numbers(cli: Cli, *place: str) -> dict[str, tuple[str, str]]:
    (shown,) = [
        one
        for one in cli.ok("rails", "list", *place, "--json").json()["rails"]
        if one["level"] != "tenant" or not place
    ][:1]
    return {name: (number["value"], number["origin"]) for name, number in shown["numbers"].items()}


def test_a_line_comes_before_its_service_and_that_before_the_tenant(ready: Cli) -> None:
    assert numbers(ready)["line_fall_share"] == ("0.5", "default")
    ready.ok("rails", "set", "--line-fall-share", "40%", "--line-amount", "250")
    ready.ok("rails", "set", "--service", "Managed Server", "--line-move-units", "2", "--line-amount", "90,50")
    plan = ready("plan", "--json").json()
    lines = [one for one in plan["outcomes"] if one["service_name"] == "Managed Server"]
    line = lines[0]["line"]
    ready.ok("rails", "set", "--line", line, "--line-move-units", "0", "--line-amount", "off")
    assert numbers(ready)["line_fall_share"] == ("0.4", "tenant")
    assert numbers(ready)["customer_share"] == ("0.2", "default")
    service = numbers(ready, "--service", "Managed Server")
    assert service["line_move_units"] == ("2", "service")
    assert service["line_amount"] == ("90.50", "service")
    assert service["line_fall_share"] == ("0.4", "tenant")
    assert "plan_share" not in service
    own = numbers(ready, "--line", line)
    assert own["line_move_units"] == ("0", "line")
    assert own["line_amount"] == ("off", "line")
    ready.ok("rails", "clear", "--line", line, "line-amount")
    assert numbers(ready, "--line", line)["line_amount"] == ("90.50", "service")
    ready.ok("rails", "clear", "--line", line)
    ready.ok("rails", "clear", "--service", "Managed Server")
    assert numbers(ready, "--line", line)["line_amount"] == ("250", "tenant")


def test_a_change_is_kept_with_who_and_the_same_again_is_none(ready: Cli) -> None:
    first = ready.ok("rails", "set", "--plan-base", "5", "--json").json()
    assert (first["changed"], first["version"], first["saved_by"]) == (True, 1, "anna")
    again = ready.ok("rails", "set", "--plan-base", "5", "--json").json()
    assert (again["changed"], again["version"]) == (False, 1)
    other = ready.ok("rails", "set", "--plan-base", "6", "--json").json()
    assert (other["changed"], other["version"]) == (True, 2)
    assert "Version 2" in ready.ok("rails", "list").out
    assert "réglée par anna" in ready.ok("--lang", "fr", "rails", "list").out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--line-fall-share", "1.5"), "rails.share"),
        (("--line-fall-share", "-0.1"), "rails.share"),
        (("--line-fall-share", "140%"), "rails.share"),
        (("--line-fall-share", "half"), "rails.share"),
        (("--line-move-units", "2.5"), "rails.count"),
        (("--line-move-units", "-1"), "rails.count"),
        (("--line-amount", "-5"), "rails.amount"),
        (("--customer-amount", "off"), "rails.amount"),
        (("--line-amount", "NaN"), "rails.amount"),
        (("--line-to-zero", "maybe"), "rails.flag"),
        (("--service", "Managed Server", "--plan-share", "0.2"), "rails.tenant_only"),
        (("--second-approval-above", "XXY=5"), "setup.unknown_currency"),
        (("--second-approval-above", "EUR=-5"), "rails.amount"),
        ((), "rails.nothing_said"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_cure(ready: Cli, arguments: tuple[str, ...], code: str) -> None:
    done = ready("rails", "set", *arguments, "--json")
    assert done.code == 2
    assert done.error()["code"] == code
    assert done.error()["cure"]
    assert all(origin == "default" for _, origin in numbers(ready).values())


def test_a_service_or_line_that_nobody_knows_is_refused(ready: Cli) -> None:
    assert ready("rails", "set", "--service", "Nothing", "--line-to-zero", "false", "--json").error()["code"] == (
        "rules.unknown_service"
    )
    assert ready("rails", "set", "--line", "999999", "--line-to-zero", "false", "--json").error()["code"] == (
        "rules.unknown_target"
    )
    assert ready("rails", "clear", "line-to-zero", "--json").error()["code"] == "rails.not_set"
    assert ready("rails", "set", "--service", "a", "--line", "b", "--line-to-zero", "false").code == 2
