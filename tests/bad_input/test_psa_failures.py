"""Autotask's answers that cannot be used: named with their cure; no plan is made of half of what is there."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.bad_input.desk import GROWN_CHANGES, Desk, begun, documented, ended
from tests.scenarios.msp import GROWTH

VENDOR_SAYS = "The logged in Resource does not have"


def grown(desk: Desk) -> None:
    desk.rmm.show(GROWTH)
    assert desk.collect().failure is None


def refused(desk: Desk, *named: str) -> str:
    """The plan command fails in both languages and as JSON, naming each of these; gives the code."""
    before = desk.kept()
    with desk.open() as ws:
        plans = [saved.plan.id for saved in ws.store.plans.list()]
    codes = set()
    for language in ("en", "fr"):
        said = desk.typed("plan", lang=language)
        assert said.code == 1, said.text
        assert len(said.codes) == 1
        codes.update(said.codes)
        for part in named:
            assert part in said.text
    told = desk.typed("plan", "--json", lang="fr")
    assert (told.code, told.out) == (1, "")
    assert told.error()["code"] in codes
    assert told.error()["cure"]
    with desk.open() as ws:
        assert [saved.plan.id for saved in ws.store.plans.list()] == plans
    assert desk.kept() == before
    (code,) = codes
    return code


REFUSED: Mapping[str, tuple[Mapping[str, object], str, str]] = {
    "half_a_page": ({"kind": "lost-rows", "path": "ContractServiceUnits/query"}, "autotask.rows_lost", "ContractServ"),
    "empty_companies": ({"kind": "empty-list", "entity": "Companies"}, "autotask.nothing_visible", "Companies"),
    "unknown_period_type": (
        {"kind": "set-field", "entity": "Contracts", "field": "contractPeriodType", "value": 99},
        "autotask.value_unknown",
        "contractPeriodType",
    ),
    "units_that_are_text": (
        {"kind": "set-field", "entity": "ContractServiceUnits", "field": "units", "value": "many"},
        "autotask.shape_changed",
        "ContractServiceUnits",
    ),
    "half_a_unit": (
        {"kind": "set-field", "entity": "ContractServiceUnits", "field": "units", "value": 11.5},
        "autotask.value_unknown",
        "units",
    ),
    "a_date_that_is_none": (
        {"kind": "set-field", "entity": "Contracts", "field": "endDate", "value": "soon"},
        "autotask.value_unknown",
        "endDate",
    ),
    "no_rights": (
        {"kind": "errors", "status": 500, "texts": [f"{VENDOR_SAYS} the adequate permissions"]},
        "autotask.permission_refused",
        "",
    ),
    "wrong_secret": (
        {"kind": "errors", "status": 401, "texts": ["Unauthorized"]},
        "autotask.credentials_refused",
        "",
    ),
}


@pytest.mark.parametrize(("fault", "code", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_an_answer_that_cannot_be_used_makes_no_plan(
    desk: Desk, fault: Mapping[str, object], code: str, named: str
) -> None:
    grown(desk)
    aimed = {} if {"entity", "path"} & fault.keys() else {"entity": "ContractServices"}
    desk.psa.fault(**fault, **aimed, times=None)  # type: ignore[arg-type]
    assert refused(desk, named) == code
    desk.psa.heal()
    assert desk.typed("plan").code == 3
    assert desk.changes(desk.plan()) == GROWN_CHANGES


@pytest.mark.parametrize("kind", ["loop-page", "foreign-page"])
def test_a_link_to_the_next_page_is_never_followed_so_it_can_neither_loop_nor_lead_away(desk: Desk, kind: str) -> None:
    """Pages are asked for by id; a link only says that there are more."""
    grown(desk)
    desk.psa.fault(kind, action="query", times=None)
    assert desk.changes(desk.plan()) == GROWN_CHANGES


def test_answers_that_stay_unreadable_end_the_plan_with_a_sentence(desk: Desk) -> None:
    """Each is asked four times, with the waits that the vendor is owed: two processes of their own at once."""
    grown(desk)
    before = desk.kept()
    desk.psa.fault("broken-json", entity="Companies", action="query", times=None)
    processes = begun(*desk.options, "plan"), begun(*desk.options, "plan", "--json", lang="fr")
    said, told = ended(processes[0]), ended(processes[1], "fr")
    assert (said.code, told.code) == (1, 1)
    assert said.codes == ["autotask.unreadable"]
    assert "Companies" in said.text
    assert told.out == ""
    assert told.error()["code"] == "autotask.unreadable"
    assert told.error()["cure"]
    assert desk.kept() == before
    with desk.open() as ws:
        assert [run.status for run in ws.store.runs.list(kind="plan", limit=2)] == ["failed", "failed"]
    desk.psa.heal()
    assert desk.typed("plan", "--json").document()["counts"] == {"change": 3, "none": 1}


def test_a_write_that_breaks_is_never_repeated_blindly_and_says_what_to_do(own_desk: Desk) -> None:
    desk = own_desk
    grown(desk)
    planned = str(desk.typed("plan", "--json").document()["plan"])
    assert desk.typed("approve", planned).code == 0
    desk.psa.fault("half-body", times=1)
    said = desk.typed("apply", planned, lang="fr")
    assert said.code in (0, 3), said.text
    accepted = desk.psa.accepted()
    assert sorted(line for line, _, _ in accepted) == sorted({line for line, _, _ in accepted})
    again = desk.typed("apply", planned, lang="fr")
    assert again.code in (0, 4), "what was unclear is read back; nothing waits"
    assert {line: change for line, _, change in desk.psa.accepted()} == GROWN_CHANGES
    assert len(desk.psa.accepted()) == len(GROWN_CHANGES)


def test_a_refused_write_names_the_line_and_the_others_are_written(own_desk: Desk) -> None:
    desk = own_desk
    grown(desk)
    planned = str(desk.typed("plan", "--json").document()["plan"])
    assert desk.typed("approve", planned).code == 0
    desk.psa.fault("errors", status=500, texts=["Something was wrong with the effective date."], times=1)
    told = desk.typed("apply", planned, "--json", lang="fr")
    assert told.code == 1
    document = told.document()
    assert document["counts"] == {"refused": 1, "done": 2}
    (line,) = [one for one in document["lines"] if one["state"] == "refused"]  # type: ignore[attr-defined]
    assert line["reason"]["code"] in documented()
    assert line["reason"]["text"]
    assert len(desk.psa.accepted()) == 2
    assert desk.typed("plan", "--json").document()["counts"]["change"] == 1  # type: ignore[index]
