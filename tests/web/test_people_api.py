"""People over the API: adding, roles, links, and what administrators of one tenant cannot do to others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from tests.web.house import OPERATOR, House, house, run

from trueup.app.people import membership
from trueup.app.people.membership import NewPerson
from trueup.app.people.tokens import Scope, make_token
from trueup.core.roles import Role


@pytest.fixture
def office(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as found:
        yield found


@pytest.fixture
def admin(office: House) -> Iterator[httpx2.Client]:
    """The API as Ada's token, who administers `default` only."""
    ada = office.person("Ada", Role.ADMINISTRATOR)
    text = run(make_token(office.installation, "default", "tests", Scope.ADMIN, 1, "Ada", ada.id)).text
    with httpx2.Client(base_url=f"{office.url}/api/v1", headers={"Authorization": f"Bearer {text}"}) as client:
        yield client


def test_somebody_is_added_and_chooses_a_password_by_the_link(office: House, admin: httpx2.Client) -> None:
    answer = admin.post("/people", json={"name": "Bea", "role": "billing", "email": "bea@example.com"})
    assert answer.status_code == 201
    told = answer.json()
    assert (told["person"]["role"], told["person"]["has_password"]) == ("billing", False)
    browser = office.browser()
    words = {"password": "some words of her own", "again": "some words of her own"}
    assert browser.post(told["link"], words).status_code == 303
    assert "Bea" in browser.get("/t/default/overview").text
    listed = admin.get("/people")
    assert [(one["name"], one["has_password"]) for one in listed.json()["people"]] == [("Ada", False), ("Bea", True)]
    assert "argon2" not in listed.text


def test_a_reset_ends_sessions_and_the_old_password_at_once(office: House, admin: httpx2.Client) -> None:
    bea = office.person("Bea", Role.VIEWER)
    browser = office.browser(bea)
    answer = admin.post(f"/people/{bea.id}/reset")
    assert answer.status_code == 200
    assert browser.get("/t/default/overview").status_code == 303
    assert office.browser().get(answer.json()["link"]).status_code == 200


def test_nobody_takes_over_a_person_of_another_tenant(office: House, admin: httpx2.Client) -> None:
    """A person of two tenants: an administrator of one cannot set their password, by no way round."""
    eve = office.person("Eve", Role.ADMINISTRATOR, "other")
    answer = admin.post("/people", json={"name": "eve", "role": "viewer"})
    assert answer.json()["code"] == "people.taken"
    run(membership.add_person(office.installation, "default", NewPerson("Eve"), Role.VIEWER, OPERATOR))
    for method, path, body in (
        ("POST", f"/people/{eve.id}/reset", None),
        ("PATCH", f"/people/{eve.id}", {"email": "ada@example.com"}),
    ):
        answer = admin.request(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "people.not_yours")
    assert admin.patch(f"/people/{eve.id}", json={"role": "billing"}).json()["role"] == "billing"
    assert admin.delete(f"/people/{eve.id}").status_code == 204
    assert office.installation.database.roles_of(eve.id) == {"other": Role.ADMINISTRATOR}


def test_the_last_administrator_stays_and_unknown_people_are_unknown(office: House, admin: httpx2.Client) -> None:
    me = admin.get("/people").json()["people"][0]["id"]
    assert admin.patch(f"/people/{me}", json={"role": "viewer"}).json()["code"] == "people.last_administrator"
    assert admin.delete(f"/people/{me}").json()["code"] == "people.last_administrator"
    assert admin.delete("/people/nobody").status_code == 404
    assert admin.post("/people", json={"name": "Ada", "role": "viewer"}).json()["code"] == "people.already"


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "role": "viewer"},
        {"name": "x" * 81, "role": "viewer"},
        {"name": "Bea", "role": "root"},
        {"name": "Bea", "role": "viewer", "email": "nowhere"},
        {"name": "Bea", "role": "viewer", "language": "de"},
        {"name": "Bea \u00b7 x", "role": "viewer"},
        {"name": "Bea\u0000", "role": "viewer"},
        {"name": "Bea", "role": "viewer", "admin": True},
    ],
)
def test_what_makes_no_sense_adds_nobody(admin: httpx2.Client, body: dict[str, object]) -> None:
    assert admin.post("/people", json=body).status_code == 422
    assert len(admin.get("/people").json()["people"]) == 1


def test_two_people_never_share_an_address(office: House, admin: httpx2.Client) -> None:
    admin.post("/people", json={"name": "Bea", "role": "viewer", "email": "Bea@Example.com"})
    answer = admin.post("/people", json={"name": "Cid", "role": "viewer", "email": "bea@example.com"})
    assert answer.json()["code"] == "store.email_exists"
    assert answer.status_code == 409


def test_managing_people_in_a_browser_needs_a_recent_proof_of_who_one_is(office: House) -> None:
    browser = office.browser(office.person("Ada", Role.ADMINISTRATOR))
    told = {"X-CSRF-Token": browser.csrf(), "Origin": office.url}
    for minutes, status in ((0, 201), (16, 403)):
        office.clock.put(office.clock.now() + timedelta(minutes=minutes))
        body = {"name": f"person {minutes}", "role": "viewer"}
        answer = browser.client.post("/api/v1/people", json=body, headers=told)
        assert answer.status_code == status
    assert answer.json()["code"] == "access.confirm"
