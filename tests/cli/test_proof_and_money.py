"""What an owner hands out and looks at: statements that prove themselves, checks, margins and reports as commands."""

from __future__ import annotations

import csv
import json
from decimal import Decimal

from tests.cli.conftest import Cli


def test_a_statement_is_proved_and_an_altered_one_is_found(ready: Cli) -> None:
    month = ready("plan", "--json").json()["as_of"][:7]
    asked = ("statement", "Boulangerie Lefèvre SARL", "--period", month, "--format", "csv", "--out", "s.csv")
    issued = ready.ok(*asked, "--json").json()
    assert ready.ok("statement", "--verify", "s.csv", "--json").json()["unaltered"] is True
    file = ready.folder / issued["file"]
    text = file.read_text(encoding="utf-8-sig")
    (ready.folder / "altered.csv").write_text(text.replace("Boulangerie", "Boucherie"), encoding="utf-8")
    altered = ready("statement", "--verify", "altered.csv", "--json")
    assert (altered.code, altered.json()["unaltered"]) == (1, False)
    key = ready.ok("statement", "--public-key").out.strip()
    assert ready("--store", "none.sqlite", "statement", "--verify", "s.csv", "--key", key).code == 0


def test_a_check_is_tried_saved_run_shown_and_removed(ready: Cli) -> None:
    expression, items = 'category == "Server"', ("--items", "datto_rmm.devices")
    assert ready("checks", "try", expression, *items).code == 0
    ready.ok("checks", "define", "servers", expression, *items)
    ready.ok("checks", "run")
    shown = ready.ok("checks", "show", "servers", "--json").json()
    assert "servers" in json.dumps(shown)
    ready.ok("checks", "remove", "servers")
    assert ready("checks", "show", "servers").code == 1


def test_what_is_billed_twice_is_listed_and_what_is_not_there_cannot_be_muted(ready: Cli) -> None:
    ready("plan")
    shown = ready.ok("billed-twice", "--items", "--json").json()
    assert (shown["items"], shown["rows"], shown["found"]) == (0, [], [])
    assert "No item is billed by more than one line" in ready.ok("billed-twice").out
    refused = ready("billed-twice", "--mute", "twice.none", "--reason", "meant", "--json")
    assert (refused.code, refused.error()["code"]) == (1, "unbilled.unknown_twice")
    assert ready("billed-twice", "--mute", "a", "--unmute", "b").code == 2


def test_margins_show_what_a_vendor_asks_beside_what_is_billed(ready: Cli) -> None:
    ready("plan")
    price = ("prices", "set", "datto_rmm.server", "3.10", "--currency", "EUR", "--from", "2026-01-01")
    ready.ok(*price)
    again = ready("prices", "set", "datto_rmm.server", "2.90", "--currency", "EUR", "--from", "2026-03-01", "--json")
    assert (again.code, again.error()["code"]) == (4, "price.overlaps")
    found = ready("margins", "--json")
    assert found.code in (0, 3)
    assert "datto_rmm.server" in found.out


def test_a_report_is_written_as_a_file_that_says_what_the_command_says(ready: Cli) -> None:
    ready("plan")
    ready.ok("report", "recurring", "--by", "customer", "--out", "r.csv")
    rows = list(csv.reader((ready.folder / "r.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) > 2
    assert all(len(row) == len(rows[0]) for row in rows)
    wrong = ready("report", "recurring", "--by", "moon")
    assert wrong.code == 2


def test_how_long_data_are_kept_is_shown_and_said(ready: Cli) -> None:
    ready.ok("history", "keep", "plans", "24")
    found = {one["kind"]: one for one in ready.ok("history", "prune", "--dry-run", "--json").json()}
    assert (found["plans"]["months"], found["usage"]["months"]) == (24, None)
    assert all(one["records"] == 0 for one in found.values())
    refused = ready("history", "keep", "usage", "3")
    assert refused.code == 2
    assert "26" in refused.err


def test_a_unit_cost_is_proposed_allowed_approved_written_proved_and_told(ready: Cli) -> None:
    ready.ok("rules", "set", "--service", "302", "--quantity", "datto_rmm.server")
    ready.ok("prices", "set", "datto_rmm.server", "3.50", "--currency", "EUR", "--from", "2026-01-01")
    proposed = ready("plan")
    assert proposed.code == 3
    assert "Catalogue of the PSA (2)" in proposed.out
    assert "unit cost: Datto RMM" in proposed.out
    assert "other services count it too: Managed Server" in " ".join(proposed.out.split())
    assert "trueup init --unit-costs write" in proposed.out
    listed = ready.ok("margins", "--costs", "--json").json()
    assert [one["service"] for one in listed["costs"]] == ["302", "304"]
    assert ready("init", "--unit-costs", "sometimes").code == 2
    assert ready.ok("init", "--unit-costs", "write", "--json").json()["unit_costs"] == "write"
    plan = ready("plan", "--json").json()
    one, other = [one for one in plan["outcomes"] if one["kind"] == "unit_cost"]
    assert other["line"] == "cost-304"
    assert (one["line"], one["status"], one["unit_cost"]["currency"]) == ("cost-302", "change", "EUR")
    assert (Decimal(one["unit_cost"]["before"]), Decimal(one["unit_cost"]["after"])) == (Decimal("3.1"), Decimal("3.5"))
    assert "It follows vendors' prices and changes no bill" in " ".join(ready.ok("explain", "cost-302").out.split())
    ready.ok("approve", plan["plan"], "--line", "cost-302")
    run = ready.ok("apply", plan["plan"], "--json").json()
    assert [line["state"] for line in run["lines"]] == ["done"]
    assert "The unit cost of Datto RMM - Server is 3.50" in ready.ok("verify", run["run"]).out
    ready("undo", run["run"])
    assert "takes back what" in ready("explain", "cost-302").out
    off = ready.ok("init", "--unit-costs", "off", "--json").json()
    assert off["unit_costs"] == "off"
    assert "unit cost" not in ready("plan").out


def test_what_has_a_price_and_no_single_cost_is_listed_with_the_cure(ready: Cli) -> None:
    ready.ok("rules", "set", "--service", "302", "--quantity", "datto_rmm.server")
    ready.ok("prices", "set", "datto_rmm.server", "3.50", "--currency", "USD", "--from", "2026-01-01")
    ready("plan")
    listed = ready.ok("margins", "--costs").out
    assert "the vendor asks in USD, the catalogue's costs are in EUR" in " ".join(listed.split())
    assert "trueup margins --costs says why" in ready("plan").out
