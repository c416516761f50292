"""The rooms of modules and of activity, over HTTP."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterator

import httpx2
import pytest
from tests.web.api.calling import Calls, calling
from tests.web.msp import PlayedMsp

from trueup.app.exports.cells import safe_cell
from trueup.core.reason import Reason


@pytest.fixture(scope="module")
def rooms(played_msp: PlayedMsp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    with played_msp.site(tmp_path_factory.mktemp("rooms")) as site, calling(site) as calls:
        yield calls


def page(rooms: Calls, path: str, language: str = "en", status: int = 200) -> str:
    answer = httpx2.get(f"{rooms.url}/t/default/{path}", headers={"Accept-Language": language}, timeout=30)
    assert answer.status_code == status, answer.text[:800]
    return answer.text


@pytest.mark.parametrize(("language", "words"), [("en", "1 module, as it should be"), ("fr", "1 module, tout va bien")])
def test_a_tile_says_how_a_module_stands_with_gaps_as_gaps(rooms: Calls, language: str, words: str) -> None:
    shown = page(rooms, "modules", language)
    assert words in shown
    delivered = {one["day"] for one in rooms.get("/connections/datto-rmm/deliveries")}
    assert shown.count('class="measured"') == len(delivered)
    assert shown.count('class="gap"') == 30 - len(delivered)
    assert "datto-rmm" in shown


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_of_a_module_is_there(rooms: Calls, language: str) -> None:
    assert "datto-rmm" in page(rooms, "modules/of/datto-rmm", language)
    assert "secret.api_secret" in page(rooms, "modules/connect?kind=datto_rmm", language)
    page(rooms, "modules/of/nothing", language, status=404)


def test_a_failed_live_test_keeps_what_was_typed_but_no_secret_and_stores_nothing(rooms: Calls) -> None:
    typed = {"kind": "autotask", "name": "second", "field.user_name": "u", "secret.secret": "s3cret-value"}
    answer = httpx2.post(f"{rooms.url}/t/default/modules/connect", data=typed, timeout=60)
    assert answer.status_code == 422
    assert 'value="second"' in answer.text
    assert "s3cret-value" not in answer.text
    assert [one["connection"] for one in rooms.get("/connections")] == ["autotask", "datto-rmm"]


def test_sync_now_asks_and_the_tile_watches(rooms: Calls) -> None:
    answer = httpx2.post(f"{rooms.url}/t/default/modules/of/datto-rmm/sync", headers={"HX-Request": "true"}, timeout=30)
    assert answer.status_code == 200
    assert 'hx-trigger="every 2s"' in answer.text
    (module,) = rooms.get("/modules")
    assert module["asked_at"]


def test_a_module_is_left_alone_at_night_and_collected_again(rooms: Calls) -> None:
    assert rooms.post("/connections/datto-rmm/disable")["on"] is False
    assert rooms.post("/connections/datto-rmm/enable")["on"] is True


def test_activity_goes_back_to_the_first_entry_and_shows_each_once(rooms: Calls) -> None:
    entries = rooms.all_of("/activity", 7)
    places = [(one["kind"], one["number"]) for one in entries]
    assert len(places) == len(set(places))
    assert {one["kind"] for one in entries} == {"deed", "run", "line"}
    moments = [one["at"] for one in entries]
    assert moments == sorted(moments, reverse=True)
    whole = rooms.all_of("/activity", 500)
    assert [(one["kind"], one["number"]) for one in whole] == places


def test_activity_can_be_searched_and_narrowed(rooms: Calls) -> None:
    assert {one["kind"] for one in rooms.all_of("/activity", 50, kind="run")} == {"run"}
    assert all("plan" in str(one).lower() for one in rooms.all_of("/activity", 50, text="plan.approved"))
    assert rooms.all_of("/activity", 50, failed=True) == []
    customer = rooms.all_of("/activity", 50, kind="line")[0]["about"]["customer"]
    found = rooms.all_of("/activity", 50, text=customer.upper())
    assert {one["about"]["customer"] for one in found if one["kind"] == "line"} == {customer}
    assert "Who did what" in page(rooms, "activity?q=approved")
    assert "Qui a fait quoi" in page(rooms, "activity", "fr")


def test_who_and_what_an_entry_is_about_is_said_by_name(rooms: Calls) -> None:
    lines = rooms.all_of("/activity", 100, kind="line")
    assert lines
    for one in lines:
        assert all(one["about"].values()), one
    first = lines[0]["about"]
    shown = html.unescape(page(rooms, "activity?kind=line"))
    assert f"{first['customer']} · {first['service']} · {first['contract']}" in shown
    export = rooms.send("GET", "/activity/export?kind=line", 200).text
    rows = list(csv.DictReader(io.StringIO(export.removeprefix("\ufeff"))))
    assert (rows[0]["Customer"], rows[0]["Service"], rows[0]["Contract"]) == (
        first["customer"], first["service"], first["contract"],
    )  # fmt: skip
    rule = next(one for one in rooms.all_of("/activity", 100, kind="deed") if one["action"] == "rule.saved")
    assert rule["about"]["service"]
    assert rule["about"]["customer"] is None


def test_a_spreadsheet_runs_nothing_of_the_export(rooms: Calls) -> None:
    ws = rooms.site.workspace("default", "=HYPERLINK(1)")
    ws.store.audit.add(ws.actor, "rule.saved", Reason.of("audit.group_removed", group="x"), now=ws.now())
    answer = rooms.send("GET", "/activity/export", 200)
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) - 1 == len(rooms.all_of("/activity", 500))
    assert "'=HYPERLINK(1)" in [row[1] for row in rows]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_each_start_of_a_formula_is_disarmed(start: str) -> None:
    assert safe_cell(f"{start}1") == f"'{start}1"
