"""`trueup drift` at the terminal: shapes and exit codes are a contract."""

from __future__ import annotations

import json
import urllib.request

from tests.cli.conftest import Cli, Office


def edit(office: Office, line: str, units: int) -> None:
    """A person changes units in the PSA, dated today."""
    body = json.dumps({"line": int(line), "units": units}).encode()
    asked = urllib.request.Request(f"{office.psa.url}/_simulator/edit-units", data=body, method="POST")
    with urllib.request.urlopen(asked, timeout=30) as answer:
        assert answer.status == 200


def test_an_edit_is_shown_decided_and_gone(apart: Office) -> None:
    cli = apart.cli
    plan = cli("plan", "--json").json()
    line = next(outcome["line"] for outcome in plan["outcomes"] if outcome["status"] == "none")
    quiet = cli.ok("drift", "--json").json()
    assert set(quiet) == {"as_of", "compared", "lines", "says_who_changed", "plan", "plan_lines"}
    assert (quiet["lines"], quiet["plan"]) == ([], plan["plan"])

    edit(apart, line, 2)
    shown = cli("drift", "--json")
    assert shown.code == 3, shown.err
    (found,) = shown.json()["lines"]
    (only,) = found["edits"]
    assert set(only) == {"day", "agreed", "found", "difference"}
    assert (found["line"], only["difference"], found["policy"], found["open"]) == (line, 2, "wait", True)
    assert found["changed_by"] is None
    text = cli("drift")
    assert text.code == 3
    assert max(len(row) for row in text.out.splitlines()) <= 80
    assert "The PSA does not say who made an edit" in " ".join(text.out.split())
    assert "quelqu'un a changé les unités" in " ".join(cli("--lang", "fr", "drift").out.split())

    bare = cli("drift", "--line", line, "--decide", "keep")
    assert bare.code == 2
    assert "[drift.reason_needed]" in bare.err
    kept = cli.ok("drift", "--line", line, "--decide", "keep", "--reason", "two spares").out
    assert "stands until usage changes" in " ".join(kept.split())
    assert cli.ok("drift", "--json").json()["lines"] == []
    again = cli("plan", "--json").json()
    (outcome,) = [one for one in again["outcomes"] if one["line"] == line]
    assert (outcome["status"], outcome["reasons"][0]["code"]) == ("none", "none.edit_stands")


def test_a_decision_without_a_line_or_of_another_kind_is_a_usage_error(ready: Cli) -> None:
    assert ready("drift", "--decide", "keep").code == 2
    assert ready("drift", "--line", "1", "--decide", "forget").code == 2
    nobody = ready("drift", "--line", "999999", "--decide", "keep", "--reason", "why not")
    assert nobody.code == 1
    assert "[drift.no_edit]" in nobody.err


def test_the_policy_is_a_part_of_the_rule_and_of_the_tenants_choices(apart: Office) -> None:
    cli = apart.cli
    rule = cli.ok("rules", "list", "--json").json()["rules"][0]
    assert rule["drift"] is None
    changed = cli.ok("rules", "set", "--service", rule["service"], "--drift", "take-back", "--json").json()
    assert changed["drift"] == "take_back"
    assert "edits by hand: take back" in changed["sentence"]
    assert cli("rules", "set", "--service", rule["service"], "--drift", "sometimes").code == 2
    cleared = cli.ok("rules", "set", "--service", rule["service"], "--clear", "drift", "--json").json()
    assert cleared["drift"] is None
    cli.ok("init", "--drift", "keep")
    assert cli("init", "--drift", "never").code == 2
