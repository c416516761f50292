"""Two commands at once for one tenant, as processes of their own: nothing is lost, doubled or left half done."""

from __future__ import annotations

from tests.bad_input.desk import GROWN_CHANGES, USAGE_DAY, Desk, begun, ended
from tests.scenarios.msp import GROWTH


def test_two_applies_at_once_write_each_change_once_and_one_says_that_the_other_is_at_work(own_desk: Desk) -> None:
    desk = own_desk
    desk.rmm.show(GROWTH)
    assert desk.typed("collect").code == 0
    planned = str(desk.typed("plan", "--json").document()["plan"])
    assert desk.typed("approve", planned).code == 0
    desk.psa.fault("slow", seconds=4, times=1)
    processes = begun(*desk.options, "apply", planned), begun(*desk.options, "apply", planned, lang="fr")
    answers = ended(processes[0]), ended(processes[1], "fr")

    assert {line: change for line, _, change in desk.psa.accepted()} == GROWN_CHANGES
    assert len(desk.psa.accepted()) == len(GROWN_CHANGES)
    assert sorted(answer.code for answer in answers) in ([0, 1], [0, 4])
    (other,) = [answer for answer in answers if answer.code != 0]
    assert other.codes in (["apply.another_run"], ["plan.applied"], ["apply.nothing_left"])
    assert len(other.err.splitlines()) >= 3, "no cure"
    assert desk.typed("plan", "--json").document()["counts"] == {"none": 4}


def test_two_collections_at_once_leave_one_truth(own_desk: Desk) -> None:
    desk = own_desk
    before = desk.kept()
    desk.rmm.show(GROWTH)
    processes = begun(*desk.options, "collect", "--json"), begun(*desk.options, "collect", "--json", lang="fr")
    found = [one for process in processes for one in ended(process).document()["collections"]]  # type: ignore[attr-defined]
    told = {(one["coverage"], one["failure"]) for one in found}
    assert ("measured", None) in told
    assert told <= {("measured", None), ("unknown", None)}, "the later one collects too, or says that it is being done"
    assert desk.kept() == before
    with desk.open() as ws:
        assert len(ws.store.usage.items(USAGE_DAY, "rmm", "devices")) == 54
    assert desk.changes(desk.plan()) == GROWN_CHANGES
