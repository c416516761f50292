"""Rules tried on the present month, at the terminal."""

from __future__ import annotations

from tests.cli.conftest import Cli


def test_a_rule_is_tried_shown_and_put_in_force_once(ready: Cli) -> None:
    plan = ready("plan", "--json").json()
    month = plan["as_of"][:7]
    asked = ("--service", "Managed Server", "--minimum", "50", "--from", month, "--until", month)
    made = ready("simulate", "rule", *asked, "--json")
    assert made.code in (0, 3)
    found = made.json()
    known = [one["months"][0]["simulated_units"] for one in found["lines"]]
    assert {units for units in known if units is not None} == {50}
    assert ready("simulate", "show", found["simulation"], "--csv").out.count("\n") == len(found["lines"]) + 1
    assert found["simulation"] in ready.ok("simulate", "list").out
    wrong = ready("simulate", "approve", found["simulation"], "--checksum", "0", "--json")
    assert (wrong.code, wrong.error()["code"]) == (4, "simulate.other_checksum")
    ready.ok("simulate", "approve", found["simulation"], "--checksum", found["checksum"], "--reason", "agreed")
    again = ready("simulate", "approve", found["simulation"], "--json")
    assert (again.code, again.error()["code"]) == (4, "simulate.approved_before")
