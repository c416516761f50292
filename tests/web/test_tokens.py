"""API tokens: shown once, for a time, and never more than the person behind them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from tests.places import everything_in
from tests.web.house import OPERATOR, House, house, run

from trueup.app.people import membership
from trueup.app.people.tokens import MadeToken, Scope, make_token
from trueup.core.acting import acting_for, person_behind
from trueup.core.rails.two_persons import enough, same_person
from trueup.core.roles import Role


@pytest.fixture
def office(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as found:
        yield found


def made(office: House, scope: Scope, person: str | None = None, actor: str = "operator") -> MadeToken:
    return run(make_token(office.installation, "default", "nightly", scope, 30, actor, person))


def ask(office: House, text: str, path: str = "/api/v1/people") -> httpx2.Response:
    return httpx2.get(f"{office.url}{path}", headers={"Authorization": f"Bearer {text}"})


def test_a_token_is_made_over_the_api_shown_once_used_and_revoked(office: House) -> None:
    ada = office.person("Ada", Role.ADMINISTRATOR)
    browser = office.browser(ada)
    told = {"X-CSRF-Token": browser.csrf(), "Origin": office.url}
    wanted = {"name": "export", "scope": "read", "days": 30}
    answer = browser.client.post("/api/v1/tokens", json=wanted, headers=told)
    assert answer.status_code == 201
    secret = answer.json()["secret"]
    assert secret.startswith("trueup_")
    assert ask(office, secret, "/t/default/overview").status_code == 200
    listed = browser.get("/api/v1/tokens")
    assert secret not in listed.text
    assert listed.json()["tokens"][0]["used_at"] is not None
    kept = everything_in(office.where)
    assert secret.partition(".")[2].encode() not in kept
    number = listed.json()["tokens"][0]["number"]
    assert browser.client.delete(f"/api/v1/tokens/{number}", headers=told).status_code == 204
    refused = ask(office, secret)
    assert (refused.status_code, refused.json()["code"]) == (401, "access.token")
    assert refused.headers["www-authenticate"] == "Bearer"


def test_a_write_with_a_cookie_needs_the_form_token_and_one_with_a_bearer_token_does_not(office: House) -> None:
    ada = office.person("Ada", Role.ADMINISTRATOR)
    browser, wanted = office.browser(ada), {"name": "x", "scope": "read", "days": 1}
    without = browser.client.post("/api/v1/tokens", json=wanted, headers={"Origin": office.url})
    assert (without.status_code, without.json()["code"]) == (403, "access.csrf")
    text = made(office, Scope.ADMIN, ada.id, "Ada").text
    bearer = {"Authorization": f"Bearer {text}", "Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert httpx2.post(f"{office.url}/api/v1/tokens", json=wanted, headers=bearer).status_code == 201


def test_a_token_ends_on_its_day(office: House) -> None:
    text = made(office, Scope.ADMIN).text
    assert ask(office, text).status_code == 200
    office.clock.put(office.clock.now() + timedelta(days=30))
    assert ask(office, text).status_code == 401


@pytest.mark.parametrize(
    "text",
    ["x", "trueup_", "trueup_x.y", "trueup_.y", "trueup_ZGVmYXVsdA.", "trueup_ZGVmYXVsdA.wrong", "trueup_\u00e9.x"],
)
def test_what_is_no_token_of_ours_is_refused_alike(office: House, text: str) -> None:
    answer = httpx2.get(f"{office.url}/api/v1/people", headers={"Authorization": f"Bearer {text}".encode()})
    assert (answer.status_code, answer.json()["code"]) == (401, "access.token")


def test_a_wrong_token_is_refused_although_a_session_comes_with_it(office: House) -> None:
    browser = office.browser(office.person("Ada", Role.ADMINISTRATOR))
    assert browser.client.get("/api/v1/people", headers={"Authorization": "Bearer x"}).status_code == 401
    assert browser.client.get("/api/v1/people", headers={"Authorization": "Basic x"}).status_code == 401


def test_a_token_may_never_do_more_than_its_person(office: House) -> None:
    ada, bea = office.person("Ada", Role.ADMINISTRATOR), office.person("Bea", Role.ADMINISTRATOR)
    text = made(office, Scope.ADMIN, ada.id, "Ada").text
    assert ask(office, text).status_code == 200
    run(membership.set_role(office.installation, "default", "Ada", Role.VIEWER, OPERATOR))
    assert ask(office, text).status_code == 403
    assert ask(office, text, "/t/default/overview").status_code == 200
    run(membership.remove_member(office.installation, "default", "Ada", OPERATOR))
    assert ask(office, text, "/t/default/overview").status_code == 401
    assert bea.name == "Bea"


def test_the_token_of_a_person_is_no_second_person() -> None:
    assert same_person("Ada", acting_for("ada ", "nightly"))
    assert not same_person("Bea", acting_for("Ada", "nightly"))
    assert not enough(["Ada", "Ada \u00b7 nightly", "Ada \u00b7 other"], needs_two=True)
    assert enough(["Ada \u00b7 nightly", "Bea"], needs_two=True)
    assert person_behind(acting_for(acting_for("Ada", "one"), "two")) == "Ada"


@pytest.mark.parametrize(("days", "status"), [(0, 422), (1, 201), (365, 201), (366, 422)])
def test_a_token_lasts_a_year_at_most(office: House, days: int, status: int) -> None:
    text = made(office, Scope.ADMIN).text
    answer = httpx2.post(
        f"{office.url}/api/v1/tokens",
        json={"name": "x", "scope": "read", "days": days},
        headers={"Authorization": f"Bearer {text}"},
    )
    assert answer.status_code == status
