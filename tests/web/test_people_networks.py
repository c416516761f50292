"""Network rules for people: the door keeps them, and nobody locks themselves out in the settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.web.house import House, house, run
from tests.web.routes import route_rows

from trueup.app.access.networks import allow_network
from trueup.app.people.tokens import Scope, make_token
from trueup.app.workspace import Workspace
from trueup.core.access.networks import Purpose
from trueup.core.roles import Role
from trueup.modules.files.profile import SOURCE
from trueup.web.site import Site

PAGE = "/t/default/settings/networks"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as found:
        yield found


def allow(office: House, network: str) -> None:
    """As the operator does at the command line, from nowhere."""
    ws: Workspace = Site.of(office.installation.database, office.clock).workspace("default", "operator")
    run(allow_network(ws, Purpose.PEOPLE, network))


def test_who_comes_from_elsewhere_is_told_from_where_and_gets_in_nowhere(office: House) -> None:
    ada = office.person("Ada", Role.ADMINISTRATOR)
    browser = office.browser(ada)
    text = run(make_token(office.installation, "default", "t", Scope.READ, 1, "Ada", ada.id)).text
    assert browser.get("/t/default/overview").status_code == 200
    allow(office, "192.0.2.0/24")
    page = browser.get("/t/default/overview")
    assert page.status_code == 403
    assert "127.0.0.1" in page.text
    told = httpx2.get(f"{office.url}/api/v1/me", headers={"Authorization": f"Bearer {text}"})
    assert (told.status_code, told.json()["code"]) == (403, "access.network")
    allow(office, "127.0.0.0/8")
    assert browser.get("/t/default/overview").status_code == 200


def test_no_page_of_a_tenant_opens_to_who_comes_from_elsewhere(office: House) -> None:
    browser = office.browser(office.person("Ada", Role.ADMINISTRATOR))
    pages = {row.path for row in route_rows(office.app) if row.method == "GET" and row.path.startswith("/t/{tenant}/")}
    asked = sorted(re.sub(r"\{\w+\}", "1", path.replace("{tenant}", "default")) for path in pages)
    assert len(asked) > 30
    allow(office, "192.0.2.0/24")
    found = {path: browser.get(path) for path in asked}
    assert {path: page.status_code for path, page in found.items()} == dict.fromkeys(asked, 403)
    assert all("127.0.0.1" in page.text for page in found.values())


def test_the_rules_of_one_tenant_are_no_others(office: House) -> None:
    eve = office.person("Eve", Role.VIEWER, "other")
    allow(office, "192.0.2.0/24")
    assert office.browser(eve).get("/t/other/overview").status_code == 200


def test_nobody_locks_themselves_out_on_the_page_or_over_the_api(office: House) -> None:
    browser = office.browser(office.person("Ada", Role.ADMINISTRATOR))
    form = {"purpose": "people", "network": "192.0.2.0/24", "note": "office"}
    refused = browser.send(PAGE, form, PAGE)
    assert refused.status_code == 422
    assert 'value="192.0.2.0/24"' in refused.text
    assert browser.send(PAGE, {**form, "network": "127.0.0.1"}, PAGE).status_code == 303
    assert browser.send(PAGE, form, PAGE).status_code == 303
    assert browser.send(f"{PAGE}/remove", {"purpose": "people", "network": "127.0.0.1/32"}, PAGE).status_code == 422
    told = {"X-CSRF-Token": browser.csrf(), "Origin": office.url}
    answer = browser.client.delete("/api/v1/networks/people?network=127.0.0.1", headers=told)
    assert answer.json()["code"] == "access.locks_out"
    listed = browser.get("/api/v1/networks").json()
    assert listed["own"] == "127.0.0.1"
    assert {one["network"] for one in listed["networks"]} == {"127.0.0.1/32", "192.0.2.0/24"}


def test_both_lists_are_edited_on_the_page(office: House) -> None:
    browser = office.browser(office.person("Ada", Role.ADMINISTRATOR))
    assert browser.send(PAGE, {"purpose": "modules", "network": "198.51.100.7", "note": "rmm"}, PAGE).status_code == 303
    page = browser.get(PAGE).text
    assert re.search(r"198\.51\.100\.7/32</th>", page)
    assert "rmm" in page
    wrong = browser.send(PAGE, {"purpose": "modules", "network": "nowhere", "note": "x"}, PAGE)
    assert wrong.status_code == 422
    assert 'value="nowhere"' in wrong.text
    gone = {"purpose": "modules", "network": "198.51.100.7/32"}
    assert browser.send(f"{PAGE}/remove", gone, PAGE).status_code == 303
    assert "198.51.100.7" not in browser.get(PAGE).text


def test_a_module_gets_a_key_on_the_page_that_is_shown_once_and_taken_back(office: House) -> None:
    store = office.installation.database.tenant("default")
    for name, settings in (("collected", {}), ("pushed", {SOURCE[0]: SOURCE[1]})):
        store.connections.add(name, "module", "datto_rmm", settings, {}, "tests", now=office.clock.now())
    browser = office.browser(office.person("Ada", Role.ADMINISTRATOR))
    made = browser.send(f"{PAGE}/keys", {"connection": "pushed", "note": "scanner"}, PAGE).text
    secret = re.findall(r'class="once">([^<]*)<', made)[0]
    assert secret.startswith("tup_")
    page = browser.get(PAGE).text
    assert secret not in page
    assert secret[:10] in page
    path = re.findall(rf'action="({PAGE}/keys/\d+/revoke)"', page)[0]
    assert browser.send(path, {}, PAGE).status_code == 303
    assert secret[:10] not in browser.get(PAGE).text
    assert browser.send(path, {}, PAGE).status_code == 404, "it is gone"
    assert browser.send(f"{PAGE}/keys", {"connection": "collected", "note": ""}, PAGE).status_code == 422
    assert browser.send(f"{PAGE}/keys", {"connection": "nowhere", "note": ""}, PAGE).status_code == 404
