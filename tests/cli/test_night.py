"""A whole night at the terminal: plan, approve, apply, read back, explain; exit codes and shapes are a contract."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from tests.cli.conftest import Cli, Office

STATUSES = {"change", "none", "scheduled", "held", "unmapped", "drift"}


@pytest.fixture
def planned(ready: Cli) -> tuple[Cli, Any]:
    made = ready("plan", "--json")
    assert made.code == 3, made.err
    return ready, made.json()


def units_in(office: Office) -> Any:
    with urllib.request.urlopen(f"{office.psa.url}/_simulator/state", timeout=30) as answer:
        return json.loads(answer.read())["rows"]


def lines(plan: Any, status: str) -> list[Any]:
    return [outcome for outcome in plan["outcomes"] if outcome["status"] == status]


def test_the_plan_as_json_has_its_shape_and_exact_numbers(planned: tuple[Cli, Any]) -> None:
    _, plan = planned
    assert set(plan) == {"plan", "as_of", "created_at", "checksum", "counts", "totals", "outcomes", "notes"}
    assert sum(plan["counts"].values()) == len(plan["outcomes"])
    assert {outcome["status"] for outcome in plan["outcomes"]} <= STATUSES
    for outcome in plan["outcomes"]:
        assert outcome["price"] is None or isinstance(outcome["price"], str)
        for reason in outcome["reasons"]:
            assert set(reason) == {"code", "params", "text", "cure"}
    for total in plan["totals"]:
        assert set(total) == {"status", "currency", "lines", "unpriced_lines", "amount_per_month", "amount_now"}
        assert isinstance(total["amount_per_month"], str)


def test_the_plan_as_text_fits_into_80_columns_without_colours(ready: Cli) -> None:
    shown = ready("plan", "--out", "plan.json")
    assert shown.code == 3
    assert "\x1b" not in shown.out
    assert max(len(line) for line in shown.out.splitlines()) <= 80
    plan = json.loads((ready.folder / "plan.json").read_text(encoding="utf-8"))
    assert plan["plan"] in shown.out
    counted = plan["counts"]
    waiting = sum(counted.get(status, 0) for status in ("held", "unmapped", "drift"))
    assert f"{waiting} line{'s' if waiting != 1 else ''} wait" in shown.out
    assert f"{counted['none']} lines are right" in shown.out
    headings = [shown.out.index(text) for text in ("lines wait", "1 line changes", "are right", "Changes: ")]
    assert headings == sorted(headings)
    for note in plan["notes"]:
        assert " ".join(note["text"].split()) in " ".join(shown.out.split())


def test_the_plan_in_french_leaves_no_english_over(ready: Cli) -> None:
    shown = ready("--lang", "fr", "plan").out
    assert "vous attend" in shown
    assert "à jour" in shown
    for word in (" line", "units", "waits", "change:", "Now", "New"):
        assert word not in shown


def test_a_night_from_approval_to_the_proof(apart: Office) -> None:
    cli = apart.cli
    plan = cli("plan", "--json").json()
    changes = lines(plan, "change")
    assert changes
    not_yet = cli("apply", plan["plan"])
    assert not_yet.code == 4
    assert "[apply.not_approved]" in not_yet.err
    approved = cli.ok("approve", plan["plan"], "--json").json()
    assert sorted(approved["lines"]) == sorted(outcome["line"] for outcome in changes)
    assert (approved["person"], approved["released"]) == ("anna", [])
    applied = cli.ok("apply", plan["plan"], "--json").json()
    assert applied["counts"] == {"done": len(changes)}
    proof = cli.ok("verify", applied["run"], "--json").json()
    assert proof["right"] is True
    assert {(line["line"], line["found"]) for line in proof["lines"]} == {
        (outcome["line"], outcome["after"]) for outcome in changes
    }
    held = units_in(apart)
    for outcome in changes:
        day = outcome["effective"]
        rows = [row for row in held if str(row["contractServiceID"]) == outcome["line"]]
        in_force = [row["units"] for row in rows if row["startDate"][:10] <= day <= row["endDate"][:10]]
        assert in_force == [outcome["after"]]
    again = cli("apply", plan["plan"])
    assert again.code == 4
    runs = cli.ok("history", "--json").json()["runs"]
    assert [run["kind"] for run in runs][:2] == ["apply", "plan"]
    assert "anna" in cli.ok("--lang", "fr", "history").out


def test_what_was_asked_for_is_planned_created_and_proved(apart: Office) -> None:
    cli = apart.cli
    cli.ok("rules", "suggest", "--create-service", "Datto RMM - Printer", "--price", "2.50", "--billing-code", "2001")
    plan = cli("plan", "--json").json()
    (entry,) = [outcome for outcome in plan["outcomes"] if outcome["kind"] == "create_service"]
    assert "2.50" in entry["reasons"][0]["text"]
    assert "nouveau service" in cli("--lang", "fr", "plan").out
    latest = cli.ok("history", "--json").json()["runs"][0]
    assert latest["kind"] == "plan"
    plan = cli("plan", "--json").json()
    cli.ok("approve", plan["plan"], "--line", entry["line"])
    applied = cli.ok("apply", plan["plan"], "--json").json()
    proof = cli.ok("verify", applied["run"], "--json").json()
    (created,) = proof["entries"]
    assert (created["kind"], created["name"], created["right"]) == ("create_service", "Datto RMM - Printer", True)
    assert created["created"]
    shown = cli.ok("--lang", "fr", "verify", applied["run"]).out
    assert "Datto RMM - Printer" in shown
    assert "n'a rien changé" not in shown


def test_a_held_line_is_released_only_with_every_rail_and_a_reason(planned: tuple[Cli, Any]) -> None:
    cli, plan = planned
    held = [outcome for outcome in lines(plan, "held") if outcome["releasable"]]
    assert held
    line, rails = held[0]["line"], held[0]["releasable"]
    options = [text for rail in rails for text in ("--release", rail)]
    without = cli("approve", plan["plan"], "--line", line, *options)
    assert without.code == 2
    assert "[approve.reason_needed]" in without.err
    no_rail = cli("approve", plan["plan"], "--line", line)
    assert no_rail.code == 4
    assert "[plan.nothing_to_approve]" in no_rail.err
    done = cli.ok("approve", plan["plan"], "--line", line, *options, "--reason", "asked the customer", "--json").json()
    assert done["released"] == [line]


def test_a_newer_plan_supersedes_the_older_one(planned: tuple[Cli, Any]) -> None:
    cli, plan = planned
    cli("plan", "--json")
    done = cli("--lang", "fr", "approve", plan["plan"])
    assert done.code == 4
    assert "a été remplacé par un plus récent" in done.err
    assert "[plan.superseded]" in done.err


def test_in_read_only_mode_nothing_is_written(planned: tuple[Cli, Any]) -> None:
    cli, _ = planned
    cli.ok("init", "--mode", "read-only")
    assert "Read-only: nothing is written." in cli("plan").out
    plan = cli("plan", "--json").json()
    cli("approve", plan["plan"])
    done = cli("apply", plan["plan"])
    assert done.code == 4
    assert "[apply.read_only]" in done.err


def test_an_unknown_plan_run_or_line_is_named(ready: Cli) -> None:
    for arguments, code in (
        (("approve", "P0"), "store.unknown_plan"),
        (("apply", "P0"), "store.unknown_plan"),
        (("verify", "run-99"), "store.unknown_run"),
        (("explain", "99"), "explain.unknown_line"),
    ):
        done = ready(*arguments)
        assert done.code == 1
        assert f"[{code}]" in done.err
        assert ready(*arguments, "--json").error()["code"] == code


def test_a_line_is_explained_from_its_items_to_its_money(planned: tuple[Cli, Any]) -> None:
    cli, plan = planned
    line = next(outcome for outcome in plan["outcomes"] if outcome["service_name"].endswith("Laptop"))["line"]
    told = cli.ok("explain", line, "--json").json()
    assert told["line"] == line
    for metric in told["metrics"]:
        counted = sum(len(place["items"]) for place in metric["organizations"])
        assert metric["value"] == str(counted)
    total = sum(int(metric["value"]) for metric in told["metrics"])
    assert told["value"] == str(total)
    shown = cli.ok("explain", line).out
    numbered = [text for text in shown.splitlines() if text[:2] in {f"{number}." for number in range(1, 10)}]
    assert len(numbered) >= 6
    names = [item["name"] for metric in told["metrics"] for place in metric["organizations"] for item in place["items"]]
    assert names[0] in shown
    french = cli.ok("--lang", "fr", "explain", line).out
    assert "Dans le PSA à présent" in french


def test_of_many_items_twenty_are_named_and_all_on_request(ready: Cli) -> None:
    ready.ok("rules", "set", "--service", "Managed Workstation", "--quantity", "datto_rmm.desktop")
    plan = ready("plan", "--json").json()
    line = next(one["line"] for one in plan["outcomes"] if one["customer_name"] == "Northwind Traders Ltd")
    told = ready.ok("explain", line, "--json").json()
    places = [place for metric in told["metrics"] for place in metric["organizations"]]
    crowded = max(([item["name"] for item in place["items"]] for place in places), key=len)
    assert len(crowded) > 20
    short, whole = ready.ok("explain", line).out, ready.ok("explain", line, "--all-items").out
    assert f"and {len(crowded) - 20} more" in " ".join(short.split())
    assert crowded[-1] not in short
    assert crowded[-1] in whole


def test_prerequisites_have_a_mark_a_word_and_a_cure(ready: Cli) -> None:
    shown = ready("check")
    assert shown.code == 0
    assert "\N{CHECK MARK} ok" in shown.out
    assert "? your answer" in shown.out
    told = ready.ok("check", "--json").json()
    assert told["failed"] is False
    assert {"question", "state", "code", "params", "text", "cure"} == set(told["findings"][0])
    plain = ready("check", env={"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii:replace"})
    assert "+ ok" in plain.out


def test_the_facts_are_probed_and_written_down_without_names_or_secrets(ready: Cli, office: Office) -> None:
    done = ready("check", "--facts", "--report", "report.json")
    assert done.code == 0
    report = (ready.folder / "report.json").read_text(encoding="utf-8")
    assert any(one["question"].startswith("autotask.fact.") for one in json.loads(report)["findings"])
    for secret in (*office.psa.credentials.values(), *office.rmm.credentials.values(), office.psa.url):
        assert secret not in report + done.out + done.err
    nowhere = ready("check", "--report", "no/such/folder/report.json")
    assert nowhere.code == 2
    assert "[usage.file_unwritable]" in nowhere.err


def test_a_module_that_cannot_be_reached_is_told_and_nothing_is_lowered(ready: Cli, office: Office) -> None:
    broken = ("connect", "module", "datto-rmm", "--set", "base_url=http://127.0.0.1:9", "--secrets-stdin", "--force")
    ready(*broken, stdin=office.rmm.secrets)
    done = ready("--lang", "fr", "collect", "--json")
    assert done.code == 1
    failure = done.json()["collections"][0]["failure"]
    assert (failure["category"], failure["code"]) == ("unreachable", "module.unreachable")
    assert "injoignable" in failure["text"]
    assert "relancez la collecte" in failure["cure"]
    assert ready("plan", "--json").json()["counts"].get("change", 0) >= 1
