"""The pages on which operators see how tenants stand, and let them come, rest and go."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.web.browsing import Browser
from tests.web.house import NOON, House, house, run

from trueup.app.platform.operators import set_operator
from trueup.core.roles import Role
from trueup.core.settings import TenantSettings

ROOM = "/t/default/tenants"
LINK = f'href="{ROOM}"'


@pytest.fixture
def office(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as found:
        yield found


def operator(office: House, language: str = "en") -> Browser:
    person = office.person("Olga", Role.VIEWER)
    run(set_operator(office.installation, "Olga", "tests", on=True))
    return office.browser(person, language)


def test_the_way_to_all_tenants_is_shown_to_operators_alone(office: House) -> None:
    stranger = office.browser(office.person("Ada", Role.ADMINISTRATOR))
    assert LINK not in stranger.get("/t/default/overview").text
    assert stranger.get(ROOM).status_code == 403
    olga = operator(office)
    assert LINK in olga.get("/t/default/overview").text
    assert 'href="/t/default/tenants/of/other"' in olga.get(ROOM).text
    assert olga.get("/t/other/overview").status_code == 404
    run(set_operator(office.installation, "Olga", "tests", on=False))
    assert LINK not in olga.get("/t/default/overview").text
    assert olga.get(ROOM).status_code == 403


def test_fifty_tenants_a_page_and_none_is_missed_or_shown_twice(office: House) -> None:
    for number in range(118):
        office.installation.database.create_tenant(f"msp-{number:03}", TenantSettings(name=f"MSP {number}"), now=NOON)
    olga, found, address = operator(office), [], f"{ROOM}?q=msp"
    while True:
        text = olga.get(address).text
        rows = [part.partition('"')[0] for part in text.split('data-row-act href="/t/default/tenants/of/')[1:]]
        assert len(rows) <= 50
        found += rows
        following = text.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
        if not following:
            break
        address = following
    assert found == [f"msp-{number:03}" for number in range(118)]


def test_a_tenant_is_made_suspended_taken_up_exported_and_deleted_by_forms(office: House) -> None:
    olga, database = operator(office), office.installation.database
    made = olga.send(f"{ROOM}/new", {"id": "west", "name": "West & Co", "currency": "chf"})
    assert made.headers["location"] == f"{ROOM}/of/west?done=created"
    assert database.tenant("west").settings.get().currency == "CHF"
    assert olga.send(f"{ROOM}/of/west/suspend", {"reason": "unpaid"}).status_code == 303
    assert database.tenant("west").settings.get().suspended
    assert "unpaid" in str(database.tenant("west").audit.list()[-1])
    assert "West &amp; Co" in olga.get(f"{ROOM}?q=&show=suspended").text
    assert "West &amp; Co" not in olga.get(f"{ROOM}?q=&show=trouble").text
    assert "West &amp; Co" in olga.get(f"{ROOM}?q=we&show=").text
    assert olga.send(f"{ROOM}/of/west/resume", {}).status_code == 303
    assert not database.tenant("west").settings.get().suspended
    archive = olga.send(f"{ROOM}/of/west/export", {})
    assert b'"west"' in zipfile.ZipFile(io.BytesIO(archive.content)).read("tenant.jsonl")
    wrong = olga.send(f"{ROOM}/of/west/delete", {"confirm": "wst"})
    assert (wrong.status_code, 'value="wst"' in wrong.text) == (422, True)
    assert "west" in database.tenants()
    gone = olga.send(f"{ROOM}/of/west/delete", {"confirm": "west"})
    assert "west is deleted" in olga.get(gone.headers["location"]).text
    assert "tenant west deleted" in olga.get(f"{ROOM}/trail").text
    assert database.tenants() == ("default", "other")
    assert olga.get(f"{ROOM}/of/west").status_code == 404


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"id": "Big Corp"}, "cannot be the name of a tenant"),
        ({"id": "other"}, "exists already"),
        ({"id": "west", "time_zone": "Europe/Pariss"}, "Pariss"),
        ({"id": "west", "currency": "EUE"}, "EUE"),
    ],
    ids=["name", "taken", "zone", "currency"],
)
def test_a_tenant_that_cannot_be_made_is_refused_beside_its_field(
    office: House, typed: dict[str, str], said: str
) -> None:
    olga = operator(office)
    answer = olga.send(f"{ROOM}/new", typed)
    assert answer.status_code in (409, 422)
    assert said in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    assert all(f'value="{value}"' in answer.text for value in typed.values())
    assert office.installation.database.tenants() == ("default", "other")


def test_a_browser_left_open_changes_no_tenant(office: House) -> None:
    olga = operator(office)
    office.clock.put(NOON + timedelta(minutes=16))
    for path, typed in (
        ("/new", {"id": "west"}),
        ("/of/other/suspend", {"reason": "unpaid"}),
        ("/of/other/export", {}),
        ("/of/other/delete", {"confirm": "other"}),
    ):
        answer = olga.send(f"{ROOM}{path}", typed)
        assert answer.status_code in (200, 403), path
        assert "zip" not in answer.headers["content-type"]
    assert office.installation.database.tenants() == ("default", "other")
    assert not office.installation.database.tenant("other").settings.get().suspended


def test_the_pages_speak_french(office: House) -> None:
    olga = operator(office, "fr")
    assert "2 MSP, rien à regarder" in olga.get(ROOM).text
    assert "Remettre en service" not in olga.get(f"{ROOM}/of/other").text
    assert "Suspendre" in olga.get(f"{ROOM}/of/other").text
