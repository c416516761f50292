"""From a plan to an approved, applied, verified run and back, over the API alone. The tests build on each other."""

from __future__ import annotations

from tests.web.api.calling import Calls
from tests.web.msp import PlayedMsp

from trueup.core.outcome import OutcomeStatus


def test_a_plan_says_how_its_lines_stand_and_what_they_are_worth(api: Calls, msp: PlayedMsp) -> None:
    found = api.get("/plans/latest")
    assert (found["plan"], found["checksum"], found["state"]) == (msp.plan.id, msp.plan.checksum, "open")
    changing = [one for one in msp.plan.outcomes if one.status is OutcomeStatus.CHANGE]
    assert found["counts"]["change"] == len(changing)
    (total,) = [one for one in found["totals"] if one["status"] == "change"]
    assert total["amount_per_month"] == f"{sum(one.recurring for one in changing if one.recurring):f}"
    assert total["currency"] == "EUR"


def test_every_outcome_comes_once_whatever_the_size_of_a_page(api: Calls, msp: PlayedMsp) -> None:
    lines = [one["line"] for one in api.all_of("/plans/latest/outcomes", 7)]
    assert lines == [one.line_id for one in msp.plan.outcomes]


def test_outcomes_can_be_filtered_and_say_why_in_the_callers_language(api: Calls, msp: PlayedMsp) -> None:
    held = api.all_of("/plans/latest/outcomes", 2, status="held")
    assert [one["line"] for one in held] == msp.lines(OutcomeStatus.HELD)
    line = held[0]["line"]
    french = api.get(f"/plans/latest/outcomes?line={line}", headers={"Accept-Language": "fr"})["items"][0]
    assert french["reasons"][0]["code"] == held[0]["reasons"][0]["code"]
    assert french["reasons"][0]["text"] != held[0]["reasons"][0]["text"]


def test_a_cursor_of_another_list_or_a_broken_one_is_refused(api: Calls) -> None:
    cursor = api.get("/plans/latest/outcomes?limit=1")["next"]
    for wrong in (f"status=held&cursor={cursor}", f"cursor={cursor[:-2]}AA", "cursor=é", "cursor=", "cursor=AAAA"):
        assert api.refused("GET", f"/plans/latest/outcomes?{wrong}", 422) == "web.cursor"


def test_a_line_explains_itself_down_to_the_items(api: Calls, msp: PlayedMsp) -> None:
    line = msp.lines(OutcomeStatus.CHANGE)[0]
    found = api.get(f"/lines/{line}/explanation")
    counted = sum(len(one["items"] or ()) for metric in found["metrics"] for one in metric["organizations"])
    assert found["line"] == line
    assert counted > 0
    assert api.refused("GET", "/lines/nothing/explanation", 404) == "explain.unknown_line"


def test_only_what_was_shown_can_be_approved(api: Calls, msp: PlayedMsp) -> None:
    approve = f"/plans/{msp.plan.id}/approvals"
    assert api.refused("POST", approve, 409, json={"checksum": "another"}) == "plan.checksum_differs"
    assert api.refused("POST", approve, 422, json={}) == "web.shape"
    unknown = {"checksum": msp.plan.checksum, "lines": ["nothing"]}
    assert api.refused("POST", approve, 422, json=unknown) == "approve.unknown_line"
    assert api.refused("POST", f"/plans/{msp.plan.id}/apply", 409) == "apply.not_approved"


def test_a_plan_is_approved_applied_read_back_and_its_undo_planned(api: Calls, msp: PlayedMsp) -> None:
    changing = msp.lines(OutcomeStatus.CHANGE)
    done = api.post("/plans/latest/approvals", {"checksum": msp.plan.checksum}, 201)
    assert done["lines"] == changing
    assert [one["person"] for one in api.get("/plans/latest/approvals")] == ["Ada"]
    begun = api.send("POST", "/plans/latest/apply", 202)
    run = begun.json()["run"]
    assert begun.headers["location"] == f"/api/v1/runs/{run}"
    ended = api.ended(run)
    assert (ended["status"], ended["changes"]) == ("done", {"done": len(changing)})
    assert {one["line"] for one in api.all_of(f"/runs/{run}/lines", 2)} == set(changing)
    assert api.post(f"/runs/{run}/verify")["right"] is True
    back = api.post(f"/runs/{run}/undo", {"reason": "wrong month"}, 201)
    assert back["counts"]["change"] == len(changing)
    assert api.get(f"/plans/{msp.plan.id}")["superseded_by"] == back["plan"]


def test_runs_come_newest_first_and_a_kind_can_be_chosen(api: Calls) -> None:
    runs = api.all_of("/runs", 2)
    numbers = [int(one["run"].removeprefix("run-")) for one in runs]
    assert numbers == sorted(numbers, reverse=True)
    assert {one["kind"] for one in api.all_of("/runs", 2, kind="apply")} == {"apply"}
