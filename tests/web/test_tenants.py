"""Operators over the API: they see how tenants stand and into none; nobody else sees anything."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.web.house import NOON, House, house, run

from trueup.app.people.tokens import Scope, make_token
from trueup.app.platform.operators import set_operator
from trueup.core.roles import Role
from trueup.core.settings import TenantSettings


@pytest.fixture
def office(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as found:
        yield found


def token(office: House, name: str, scope: Scope, *, operator: bool, role: Role = Role.ADMINISTRATOR) -> str:
    person = office.person(name, role)
    if operator:
        run(set_operator(office.installation, name, "tests", on=True))
    return run(make_token(office.installation, "default", "t", scope, 1, person.name, person.id)).text


def call(office: House, method: str, path: str, bearer: str, **more: Any) -> httpx2.Response:
    return httpx2.request(
        method, f"{office.url}/api/v1/tenants{path}", headers={"Authorization": f"Bearer {bearer}"}, timeout=30, **more
    )


CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("GET", "", {}),
    ("GET", "/other", {}),
    ("POST", "", {"json": {"tenant": "west"}}),
    ("POST", "/other/suspend", {"json": {}}),
    ("POST", "/other/resume", {}),
    ("POST", "/other/export", {}),
    ("DELETE", "/other?confirm=other", {}),
)


def test_nobody_but_operators_sees_or_changes_a_tenant(office: House) -> None:
    strangers = (
        token(office, "admin of a tenant", Scope.ADMIN, operator=False),
        token(office, "operator by a token to read", Scope.READ, operator=True),
    )
    for bearer in strangers:
        for method, path, more in CALLS:
            answer = call(office, method, path, bearer, **more)
            assert (answer.status_code, answer.json()["code"]) == (403, "access.operator"), (method, path)
    assert office.installation.database.tenants() == ("default", "other")
    assert not office.installation.database.tenant("other").settings.get().suspended


def test_an_operator_makes_suspends_exports_and_deletes_and_sees_into_none(office: House) -> None:
    bearer = token(office, "olga", Scope.ADMIN, operator=True)
    assert call(office, "POST", "", bearer, json={"tenant": "west", "currency": "CHF"}).status_code == 201
    assert call(office, "POST", "/west/suspend", bearer, json={"reason": "unpaid"}).status_code == 204
    seen = {one["tenant"]: one for one in call(office, "GET", "", bearer).json()["items"]}
    assert list(seen) == ["default", "other", "west"]
    assert [one["state"] for one in seen.values()] == ["begun", "begun", "suspended"]
    assert (seen["west"]["suspended"], seen["other"]["suspended"]) == (True, False)
    assert call(office, "GET", "/west", bearer).json() == seen["west"]
    inside = {"Authorization": f"Bearer {bearer}", "Trueup-Tenant": "other"}
    assert httpx2.get(f"{office.url}/api/v1/overview", headers=inside, timeout=30).status_code == 404
    archive = zipfile.ZipFile(io.BytesIO(call(office, "POST", "/west/export", bearer).content))
    assert b'"west"' in archive.read("tenant.jsonl")
    assert b"other" not in b"".join(archive.read(name) for name in archive.namelist())
    assert call(office, "DELETE", "/west?confirm=est", bearer).status_code == 422
    assert call(office, "DELETE", "/west?confirm=west", bearer).json()["persons"] == 0
    assert call(office, "POST", "/west/resume", bearer).status_code == 404
    assert office.installation.database.tenants() == ("default", "other")
    trail = f"{office.url}/api/v1/installation/trail"
    asked = {"Authorization": f"Bearer {bearer}"}
    first = httpx2.get(f"{trail}?limit=2", headers=asked, timeout=30).json()
    assert [one["action"] for one in first["items"]] == ["tenant.deleted", "tenant.deleting"]
    rest = httpx2.get(f"{trail}?limit=2&cursor={first['next']}", headers=asked, timeout=30).json()
    assert [one["action"] for one in rest["items"]] == ["tenant.created", "operator.added"]
    assert rest["next"] is None
    run(set_operator(office.installation, "olga", "tests", on=False))
    assert call(office, "GET", "", bearer).status_code == 403


def test_a_page_of_tenants_leads_to_the_next_and_says_the_sums_of_all(office: House) -> None:
    bearer = token(office, "olga", Scope.ADMIN, operator=True)
    for number in range(120):
        settings = TenantSettings(name=f"Société {number}", suspended=number % 2 == 0)
        office.installation.database.create_tenant(f"msp-{number:03}", settings, now=NOON)
    found, cursor = [], ""
    while True:
        answer = call(office, "GET", f"?limit=50&text=SOCIETE{cursor}", bearer).json()
        found += [one["tenant"] for one in answer["items"]]
        assert (answer["totals"]["tenants"], answer["totals"]["suspended"]) == (120, 60)
        if answer["next"] is None:
            break
        cursor = f"&cursor={answer['next']}"
    works, rests = (sorted(f"msp-{n:03}" for n in range(120) if n % 2 == odd) for odd in (1, 0))
    assert found == works + rests
    assert call(office, "GET", f"?limit=50&text=other{cursor}", bearer).json()["code"] == "web.cursor"
    shown = call(office, "GET", "?show=suspended&limit=500&text=msp-01", bearer).json()["items"]
    assert [one["tenant"] for one in shown] == [f"msp-01{n}" for n in (0, 2, 4, 6, 8)]
