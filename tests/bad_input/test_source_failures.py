"""A module's answers that cannot be used: each is named with its cure, and what was measured before stays as it was."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pytest
from rich.console import Console
from tests.bad_input.desk import GROWN_CHANGES, USAGE_DAY, Desk, Said, begun, documented, ended
from tests.ledger.stage import RMM
from tests.scenarios.msp import GROWTH, USAGE

from trueup.app.usage.collecting import CollectResult
from trueup.cli.rendering.runs import write_collected
from trueup.core.usage import Coverage
from trueup.messages.sentences import Sentences

DEVICES = "/v2/account/devices"
FAULTS: Mapping[str, tuple[Mapping[str, object], str]] = {
    "broken_json": ({"kind": "broken_json"}, "module.cut_short"),
    "html_page": ({"kind": "html"}, "module.html_page"),
    "half_a_body": ({"kind": "half_body"}, "module.connection_dropped"),
    "connection_breaks": ({"kind": "drop"}, "module.unreachable"),
    "server_error": ({"kind": "status", "status": 500}, "module.server_error"),
    "error_in_a_good_answer": ({"kind": "error_body_200"}, "module.server_error"),
    "cursor_loops": ({"kind": "loop"}, "module.page_loop"),
    "cursor_loops_to_the_first_page": ({"kind": "loop_to_first"}, "module.page_loop"),
    "cursor_leaves_the_host": ({"kind": "other_host"}, "module.next_page_elsewhere"),
    "list_ends_early": ({"kind": "early_end"}, "module.list_short"),
    "no_page_details": ({"kind": "missing_page_details"}, "module.cursor_missing"),
    "no_next_page_field": ({"kind": "missing_next_url"}, "module.cursor_missing"),
    "empty_page_in_the_middle": ({"kind": "empty"}, "module.total_jumped"),
    "total_that_jumps": ({"kind": "total_off", "by": 30}, "module.total_jumped"),
    "forbidden": ({"kind": "status", "status": 403}, "module.address_blocked"),
}


def broken(desk: Desk, fault: Mapping[str, object], page: int = 1) -> None:
    """The RMM shows five more devices, and breaks on the second page of its devices."""
    desk.rmm.control.post("switches", {"page_max": 10})
    desk.rmm.show(GROWTH)
    desk.rmm.fault(**fault, path=DEVICES, page=page, times=0)  # type: ignore[arg-type]


def shown(result: CollectResult, language: str) -> Said:
    """What the command line says of a collection."""
    out = io.StringIO()
    write_collected(Console(file=out, width=100), [result], Sentences.for_language(language))
    return Said(1, out.getvalue(), "", language).decent()


@pytest.fixture(autouse=True)
def _whole_again(prepared: Desk) -> None:
    prepared.rmm.heal()
    prepared.rmm.show(USAGE)


@pytest.mark.parametrize(("fault", "code"), FAULTS.values(), ids=FAULTS.keys())
def test_a_broken_answer_is_named_loses_nothing_and_the_next_night_is_whole(
    desk: Desk, fault: Mapping[str, object], code: str
) -> None:
    before = desk.kept()
    broken(desk, fault)
    result = desk.collect()

    assert result.failure is not None
    assert result.failure.reason.code == code
    assert result.coverage is Coverage.UNKNOWN
    for language in ("en", "fr"):
        said = shown(result, language)
        assert said.codes == [code]
        assert RMM in said.text
        sentences = Sentences.for_language(language)
        assert sentences.cure(result.failure.reason), f"{code} has no cure in {language}"
    named = {name: str(value) for name, value in result.failure.reason.params}
    assert named.get("stream") in ("devices", "exempt"), named
    assert desk.kept() == before
    plan = desk.plan()
    assert desk.changes(plan) == {}
    assert all(outcome.after in (None, outcome.before) for outcome in plan.outcomes)

    desk.rmm.heal()
    assert desk.collect().failure is None
    assert desk.changes(desk.plan()) == GROWN_CHANGES
    assert desk.kept() == before


@pytest.mark.parametrize(
    ("kind", "says"),
    [("loop", "page 2"), ("other_host", "elsewhere.invalid"), ("early_end", "devices"), ("missing_page_details", "")],
)
def test_the_command_line_says_which_list_broke_in_both_languages_and_as_json(desk: Desk, kind: str, says: str) -> None:
    before = desk.kept()
    broken(desk, {"kind": kind})
    for language in ("en", "fr"):
        said = desk.typed("collect", lang=language)
        assert said.code == 1
        assert said.text.startswith(f"{RMM}, ")
        assert says in said.text
        assert len(said.codes) == 1
    told = desk.typed("collect", "--json", lang="fr")
    assert (told.code, told.err) == (1, "")
    (one,) = told.document()["collections"]  # type: ignore[misc]
    assert (one["connection"], one["day"], one["coverage"]) == (RMM, USAGE_DAY.isoformat(), "unknown")
    assert one["failure"]["code"] in documented()
    assert one["failure"]["cure"]
    planned = desk.typed("plan", "--json", lang="fr")
    notes = [note["code"] for note in planned.document()["notes"]]  # type: ignore[attr-defined]
    assert notes.count("plan.source_failed") == 1 or planned.document()["as_of"] != USAGE_DAY.isoformat()
    assert [one["adjustments"] for one in planned.document()["outcomes"]] == [[]] * 4  # type: ignore[attr-defined]
    assert desk.kept() == before

    desk.rmm.heal()
    assert desk.typed("collect").code == 0
    assert desk.typed("plan", lang="fr").code == 3


def test_calls_that_are_tried_again_leave_standard_output_to_the_result(desk: Desk) -> None:
    """Processes of their own: nothing but the document, while each call is tried four times."""
    broken(desk, {"kind": "html"})
    options = (*desk.options, "collect")
    told = ended(begun(*options, "--json"))
    said = ended(begun(*options, lang="fr"), "fr")  # one connection is never collected twice at a time
    assert (told.code, said.code) == (1, 1)
    (one,) = told.document()["collections"]  # type: ignore[misc]
    assert one["failure"]["code"] == "module.html_page"
    assert told.err == ""
    assert said.out.startswith(f"{RMM}, ")
    assert said.codes == ["module.html_page"]


def test_a_category_nobody_knows_is_counted_and_named(desk: Desk) -> None:
    before = desk.kept()
    desk.rmm.control.post("devices", {"add": [{"site": "Garage du Lac", "hostname": "toaster", "category": "Toaster"}]})
    try:
        said = desk.typed("collect", lang="fr")
        assert said.code == 0
        assert "Toaster" in said.text
        told = desk.typed("collect", "--json")
        (one,) = told.document()["collections"]  # type: ignore[misc]
        assert ("module.unknown_value", "Toaster") in [
            (note["code"], note["params"].get("value")) for note in one["notes"]
        ]
        assert desk.changes(desk.plan()) == {}
        assert desk.kept() == before
    finally:
        desk.rmm.control.post("devices", {"remove": ["toaster"]})
