"""`trueup undo` at the terminal: shapes and exit codes are a contract."""

from __future__ import annotations

from decimal import Decimal

from tests.cli.conftest import Cli, Office


def test_a_run_is_taken_back_and_taken_back_once(apart: Office) -> None:
    cli = apart.cli
    plan = cli("plan", "--json").json()["plan"]
    cli.ok("approve", plan)
    run = cli.ok("apply", plan, "--json").json()["run"]

    shown = cli("undo", run, "--reason", "wrong month", "--json")
    assert shown.code == 3, shown.err
    undo = shown.json()
    assert undo["undoes"] == run
    assert [note["code"] for note in undo["notes"]] == ["plan.undoes"]
    assert undo["notes"][0]["params"]["reason"] == "wrong month"
    changes = [outcome for outcome in undo["outcomes"] if outcome["status"] == "change"]
    assert changes
    for outcome in changes:
        assert outcome["reasons"][0]["code"] == "change.undo"
        (adjustment,) = outcome["adjustments"]
        assert adjustment["change"] == outcome["after"] - outcome["before"]
        assert Decimal(adjustment["amount"]) == Decimal(outcome["amount_now"])

    text = cli("undo", run)
    assert text.code == 3
    assert max(len(line) for line in text.out.splitlines()) <= 80
    assert f"takes back what {run} wrote" in " ".join(text.out.split())
    assert "trueup approve P" in text.out
    french = cli("--lang", "fr", "undo", run)
    assert f"annule ce que {run} a écrit" in " ".join(french.out.split())

    newest = cli("undo", run, "--json").json()["plan"]
    cli.ok("approve", newest)
    undone = cli.ok("apply", newest, "--json").json()["run"]
    cli.ok("verify", undone)
    again = cli("undo", run)
    assert again.code == 4
    assert "[undo.nothing_left]" in again.err
    assert "undo" in cli.ok("history").out


def test_a_run_that_is_no_run_of_apply_is_a_usage_error(ready: Cli) -> None:
    refused = ready("undo", "run-1", "--json")
    assert refused.code == 2
    assert refused.error()["code"] == "undo.not_an_apply_run"
    unknown = ready("undo", "run-999")
    assert unknown.code == 1
    assert "[store.unknown_run]" in unknown.err
