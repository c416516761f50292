"""What a person types or pipes in and cannot be used: what, where and the cure, before anything is touched."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.bad_input.desk import DAY, DAY_BEFORE, GROWN_CHANGES, TODAY, USAGE_DAY, Desk, Said, run, typed
from tests.bad_input.test_files import refused
from tests.places import nowhere_yet
from tests.scenarios.msp import GROWTH, USAGE

SECRET = "hunter2-hunter2"


def both(desk: Desk, *arguments: str) -> tuple[Said, Said]:
    return desk.typed(*arguments, lang="en"), desk.typed(*arguments, lang="fr")


def test_a_tenant_that_does_not_exist_is_named(desk: Desk) -> None:
    before = desk.kept()
    for command in (("plan",), ("collect",), ("history", "--json")):
        for said in both(desk, "--tenant", "nobody", *command):
            refused(said, "store.unknown_tenant", "nobody")
    assert desk.kept() == before


def test_ids_that_do_not_exist_are_named(desk: Desk) -> None:
    for command, code, name in (
        (("approve", "P19990101-000000"), "store.unknown_plan", "P19990101-000000"),
        (("apply", "P19990101-000000", "--json"), "store.unknown_plan", "P19990101-000000"),
        (("verify", "run-999"), "store.unknown_run", "run-999"),
    ):
        for said in both(desk, *command):
            refused(said, code, name)
    for said in both(desk, "explain", "999999"):
        assert said.code in (1, 2)
        assert "999999" in said.text


def test_a_release_that_does_not_exist_is_named_and_nothing_is_approved(desk: Desk) -> None:
    desk.rmm.show(GROWTH)
    try:
        assert desk.typed("collect").code == 0
        planned = str(desk.typed("plan", "--json").document()["plan"])
    finally:
        desk.rmm.show(USAGE)
    for said in both(desk, "approve", planned, "--release", "no_such_rail", "--reason", "because"):
        refused(said, "approve.unknown_release", "no_such_rail", exit_code=2)
    for said in both(desk, "approve", planned, "--line", "424242"):
        refused(said, "approve.unknown_line", "424242", exit_code=2)
    for said in both(desk, "approve", planned, "--release", "line_to_zero"):
        refused(said, "approve.reason_needed", exit_code=2)
    with desk.open() as ws:
        assert ws.store.plans.approvals(planned) == ()
    for said in both(desk, "apply", planned):
        assert said.code == 4
        assert len(said.codes) == 1
    assert desk.psa.accepted() == []
    assert desk.changes(desk.plan()) == GROWN_CHANGES


def test_a_day_to_come_and_a_day_before_any_usage_make_no_plan(desk: Desk) -> None:
    with desk.open() as ws:
        plans = ws.store.plans.list()
    for day, code in (
        (USAGE_DAY + DAY, "plan.day_to_come"),
        (TODAY + 400 * DAY, "plan.day_to_come"),
        (DAY_BEFORE - DAY, "plan.day_before_usage"),
        (DAY_BEFORE.replace(year=1999, day=1), "plan.day_before_usage"),
    ):
        for said in both(desk, "plan", "--as-of", day.isoformat()):
            refused(said, code, exit_code=2)
    for text in ("tomorrow", "2026-02-30", "20/11/2026", ""):
        for said in both(desk, "plan", "--as-of", text):
            refused(said, "usage.not_a_day", exit_code=2)
    for said in both(desk, "collect", "--day", (TODAY - 30 * DAY).isoformat()):
        refused(said, "collect.past_day")
    with desk.open() as ws:
        assert ws.store.plans.list() == plans
    assert desk.typed("plan", "--as-of", DAY_BEFORE.isoformat()).code == 0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """The options that name a place where no store is yet."""
    with nowhere_yet(tmp_path / "new.sqlite") as where:
        yield "--store", where, "--key-file", str(tmp_path / "new.key")


def test_a_plan_before_anything_was_collected_or_connected_says_so(store: tuple[str, ...]) -> None:
    assert typed(*store, "init", "--name", "Neu").code == 0
    for command, code in (("plan", "plan.no_usage"), ("collect", "collect.no_module")):
        for language in ("en", "fr"):
            refused(typed(*store, command, lang=language), code)


INIT = {
    "time_zone": ("--time-zone", "Mars/Olympus", "setup.unknown_time_zone"),
    "currency": ("--currency", "ZZZ", "setup.unknown_currency"),
    "language": ("--language", "tlh", "setup.unknown_language"),
    "name": ("--name", "   ", "setup.name_empty"),
}


@pytest.mark.parametrize(("option", "value", "code"), INIT.values(), ids=INIT.keys())
def test_a_choice_that_does_not_exist_makes_neither_store_nor_key(
    option: str, value: str, code: str, store: tuple[str, ...], tmp_path: Path
) -> None:
    for language in ("en", "fr"):
        said = typed(*store, "init", option, value, lang=language)
        refused(said, code, value.strip(), exit_code=2)
    assert list(tmp_path.iterdir()) == []
    assert run(*store, "init", "--json").document()["created"] is True


def test_secrets_on_standard_input_that_are_no_json_or_lack_one_are_refused_unquoted(desk: Desk) -> None:
    command = ("connect", "psa", "autotask", "--name", "psa", "--set", f"zone_lookup_url={desk.psa.sim.url}")
    credentials = dict(desk.psa.sim.credentials)
    short = {name: value for name, value in credentials.items() if name != "integration_code"}
    for given, code, named, language in (
        (f"secret: {SECRET}\n", "usage.secrets_unreadable", "integration_code", "en"),
        (json.dumps([SECRET]), "usage.secrets_unreadable", "integration_code", "fr"),
        (json.dumps({"secret": 5}), "usage.secrets_unreadable", "integration_code", "fr"),
        (json.dumps(short), "usage.secret_missing", "integration_code", "fr"),
    ):
        said = desk.typed(*command, "--secrets-stdin", lang=language, given=given)
        refused(said, code, named, exit_code=2)
        assert SECRET not in said.text
    with desk.open() as ws:
        assert ws.store.connections.secret("psa") == credentials
    for said in both(desk, *command, "--set", f"secret={SECRET}"):
        refused(said, "usage.secret_in_settings", "secret", exit_code=2)
        assert SECRET not in said.text
    said = run(*desk.options, *command, "--secrets-stdin", "--json", given=json.dumps(credentials))
    assert said.code == 0, said.text
    said.document()


# --- expressions

WRONG = {
    "unknown_name": ("datto_rmm.desktop + datto_rmm.destkop", "datto_rmm.destkop", 17),
    "accents_before": ('"é" + "ü" + wröng', "wröng", 5),
    "wide_before": ('"漢字" + nothing', "nothing", 7),
    "tab_before": ("\tdatto_rmm.desktop +\tnothing", "nothing", 7),
    "second_line": ("datto_rmm.desktop +\n  nothing", "nothing", 7),
    "cut_off": ("datto_rmm.desktop +", None, 1),
    "call_of_anything": ("__import__('os')", "__import__", None),
}


def shown_place(said: Said) -> tuple[str, str]:
    """The line of the expression and the line with the marker below it."""
    lines = said.err.splitlines()
    number = next(place for place, line in enumerate(lines) if line.strip() and set(line.strip()) == {"^"})
    return lines[number - 1], lines[number]


def columns(text: str) -> int:
    """Columns of a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


@pytest.mark.parametrize(("text", "faulty", "length"), WRONG.values(), ids=WRONG.keys())
def test_an_expression_s_fault_is_marked_exactly_below_its_characters(
    desk: Desk, text: str, faulty: str | None, length: int | None
) -> None:
    for command in (("metrics", "test"), ("metrics", "define", "wrong")):
        for language in ("en", "fr"):
            said = desk.typed(*command, text, lang=language)
            assert said.code == 2, said.text
            assert len(said.codes) == 1
            line, marker = shown_place(said)
            assert "\t" not in line + marker, "a terminal's tab stops would move the marker"
            start = columns(marker) - columns(marker.lstrip())
            if faulty is not None:
                assert start == columns(line[: line.index(faulty)]), f"{line}\n{marker}"
            if length is not None:
                assert len(marker.strip()) == length
    told = desk.typed("metrics", "test", text, "--json", lang="fr")
    assert (told.code, told.out) == (2, "")
    assert told.error()["place"]
    with desk.open() as ws:
        assert ws.store.metrics.list() == ()


def test_a_division_by_a_count_that_is_zero_is_named_and_lowers_nothing(desk: Desk) -> None:
    """The garage has no printers: what divides by them cannot be worked out there, and is not taken for zero."""
    expression = "datto_rmm.desktop / datto_rmm.printer"
    for language in ("en", "fr"):
        said = desk.typed("metrics", "test", expression, lang=language)
        assert said.code == 0
        assert "Garage du Lac - " in said.text
        assert "20" in said.text
    told = desk.typed("metrics", "test", expression, "--json", lang="fr").document()
    problems = {one["name"]: one["problem"] for one in told["customers"]}  # type: ignore[attr-defined]
    assert problems["Ateliers Morel"] is None
    assert problems["Garage du Lac"]["code"] == "metrics.cannot_compute"
    with desk.open() as ws:
        (rule,) = [found for found in ws.store.rules.list() if found.target == "10"]
        ws.store.rules.save(replace(rule, quantity=expression), "tests", expected_version=rule.version, now=ws.now())
    assert desk.typed("collect").code == 0
    for language in ("en", "fr"):
        said = desk.typed("plan", lang=language)
        assert said.code == 3
        assert "Garage du Lac" in said.text
    plan = desk.plan()
    assert 3000 not in desk.changes(plan)
    (line,) = [outcome for outcome in plan.outcomes if outcome.line_id == "3000"]
    assert line.status.value == "held"
    assert "held.expression" in [reason.code for reason in line.reasons]
    assert desk.psa.accepted() == []
