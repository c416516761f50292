"""Roles against routes, all of them: whoever adds a route says who may call it, and this table tries it over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from tests.web.house import House, house, run
from tests.web.routes import declared_by

from trueup.app.people.tokens import Scope, make_token
from trueup.core.roles import Role
from trueup.web.asking import Needs, NeedsOperator, asker_of

PUBLIC = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-in/passkey"),
    ("POST", "/sign-in/passkey/options"),
    ("GET", "/sign-in/provider"),
    ("GET", "/sign-in/provider/back"),
    ("POST", "/again"),
    ("GET", "/welcome/{secret}"),
    ("POST", "/welcome/{secret}"),
    ("POST", "/api/v1/usage"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
}
"""What anybody may call, with no role: the ways in, the one call that modules make with keys of their own, and whether
all is well."""

SIGNED_IN = {("POST", "/sign-out"), ("GET", "/confirm"), ("GET", "/passkey")}
"""What everybody may call who is signed in, whatever the tenant."""

OUTSIDE = {"/api/v1/openapi.json"}
"""Addresses that are no routes of ours: the API's description, and static files."""


@dataclass(frozen=True)
class Call:
    """One route with one method, and the role that it declares."""

    method: str
    path: str
    role: Role | None
    asks: bool
    operators: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def calls(app: FastAPI) -> list[Call]:
    """Every route of the application, whatever router it came with."""
    found = []
    for route in iter_route_contexts(app.routes):
        if getattr(route, "dependant", None) is None:
            continue
        declared = list(declared_by(route.dependant))
        needs = [one for one in declared if isinstance(one, Needs)]
        assert len(needs) <= 1, f"{route.path} declares several roles"
        role, asks = next((one.role for one in needs), None), asker_of in declared
        operators = any(isinstance(one, NeedsOperator) for one in needs)
        found.extend(Call(method, route.path, role, asks, operators) for method in sorted(route.methods))
    return found


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("rights")) as found, httpx2.Client(base_url=found.url, timeout=30) as client:
        found.client = client
        yield found


@pytest.fixture(scope="module")
def tokens(office: House) -> dict[tuple[str, Role], str]:
    """A token of each role in each tenant, each of a person of its own."""
    made = {}
    for tenant in ("default", "other"):
        for role, scope in zip(Role, Scope, strict=True):
            person = office.person(f"{role.value} of {tenant}", role, tenant)
            token = make_token(office.installation, tenant, "rights", scope, 1, person.name, person.id)
            made[tenant, role] = run(token).text
    return made


def _filled(path: str, tenant: str) -> str:
    return re.sub(r"\{[^}]*\}", "99999", path.replace("{tenant}", tenant))


def _answer(office: House, call: Call, token: str | None, tenant: str = "default") -> tuple[int, str]:
    """Status and text of an answer; of one that never ends (progress that is pushed) only the status."""
    headers = {"Authorization": f"Bearer {token}"} if token else {"Origin": office.url}
    body = {} if call.method in ("GET", "HEAD", "DELETE") else {"json": {}}
    if body and not call.path.startswith("/api/"):
        body = {"data": {"nothing": ""}}
    with office.client.stream(call.method, _filled(call.path, tenant), headers=headers, **body) as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return answer.status_code, ""
        return answer.status_code, answer.read().decode(errors="replace")


def test_every_route_says_who_may_call_it(office: House) -> None:
    open_to_all = {(call.method, call.path) for call in calls(office.app) if call.role is None}
    assert open_to_all == PUBLIC | SIGNED_IN
    for call in calls(office.app):
        assert call.asks or (call.method, call.path) in PUBLIC, f"{call} asks nobody who they are"


def test_there_is_nothing_beside_routes_that_are_in_the_table(office: House) -> None:
    others = {
        route.path for route in iter_route_contexts(office.app.routes) if getattr(route, "dependant", None) is None
    }
    assert {path for path in others if not path.startswith("/static/")} == OUTSIDE


def test_each_role_may_call_what_it_may_and_nothing_else(office: House, tokens: dict[tuple[str, Role], str]) -> None:
    wrong = []
    for call in calls(office.app):
        if call.role is None:
            continue
        for role in Role:
            status, text = _answer(office, call, tokens["default", role])
            refused = status == 403 and "access.role" in text
            if refused == role.includes(call.role) or status == 401 or status >= 500:
                wrong.append(f"{call} needs {call.role}, {role} got {status}")
    assert wrong == []


def test_what_is_the_operators_is_refused_to_every_role_of_a_tenant(
    office: House, tokens: dict[tuple[str, Role], str]
) -> None:
    theirs = [call for call in calls(office.app) if call.operators]
    assert {call.path.startswith("/api/") for call in theirs} == {True, False}
    assert all("/tenants" in call.path or "/installation" in call.path for call in theirs)
    wrong = []
    for call in theirs:
        for role in Role:
            status, text = _answer(office, call, tokens["default", role])
            if status != 403 or "access.operator" not in text:
                wrong.append(f"{call}, {role} got {status}")
    assert wrong == []


def test_nobody_gets_in_without_a_session_or_a_token(office: House) -> None:
    wrong = []
    for call in calls(office.app):
        if (call.method, call.path) in PUBLIC:
            continue
        status, text = _answer(office, call, None)
        if status not in (401, 303) or (status == 401 and "access.sign_in" not in text):
            wrong.append(f"{call} answered {status}")
    assert wrong == []


def test_administrators_of_one_tenant_are_strangers_in_another(
    office: House, tokens: dict[tuple[str, Role], str]
) -> None:
    token, wrong = tokens["other", Role.ADMINISTRATOR], []
    for call in calls(office.app):
        if "{tenant}" in call.path:
            answer, none = (_answer(office, call, token, tenant) for tenant in ("default", "nowhere"))
            same = answer[1].replace("default", "") == none[1].replace("nowhere", "")
            if answer[0] != 404 or none[0] != 404 or not same:
                wrong.append(f"{call} answered {answer[0]} and {none[0]}")
    assert wrong == []
    asked = {"Authorization": f"Bearer {token}", "Trueup-Tenant": "default"}
    assert httpx2.get(f"{office.url}/api/v1/people", headers=asked).status_code == 404
    assert "other" in httpx2.get(f"{office.url}/api/v1/people", headers={**asked, "Trueup-Tenant": "other"}).text
