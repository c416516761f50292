"""What an owner hands out and looks at: statements that prove themselves, checks, margins and reports as commands."""

from __future__ import annotations

import csv
import json

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
