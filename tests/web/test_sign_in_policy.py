"""Where a second factor is required, a password or a link alone leads to a passkey and nowhere else; links last as long
as was chosen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.web.browsing import Browser
from tests.web.house import OPERATOR, PASSWORD, House, house, run

from trueup.app.errors import UseCaseError
from trueup.app.people import links
from trueup.app.people.sessions import Caller, begin
from trueup.app.people.sign_in_policy import policy_of, set_policy
from trueup.core.roles import Role
from trueup.store.passkeys import Passkey
from trueup.store.persons import Person

OVERVIEW = "/t/default/overview"
ACCOUNT = "/t/default/account"
ADD = f"{ACCOUNT}/passkeys/options"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as found:
        found.person("Root", Role.ADMINISTRATOR)
        yield found


def require(office: House, *, required: bool = True) -> None:
    run(set_policy(office.installation, "operator", second_factor=required))


def with_passkey(office: House, person: Person) -> None:
    office.installation.people.passkeys.add(
        Passkey(f"key of {person.name}", person.id, "k", b"k", 0, office.clock.now())
    )


def asks_for_options(browser: Browser, csrf: str) -> int:
    headers = {"Origin": browser.url, "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": csrf}
    return browser.client.post(ADD, json={}, headers=headers).status_code


def test_a_password_alone_leads_to_a_first_passkey_and_nowhere_else(office: House) -> None:
    office.person("Ada", Role.ADMINISTRATOR, password=PASSWORD)
    require(office)
    browser = office.browser()
    assert browser.sign_in("Ada", PASSWORD).status_code == 303
    for path in (OVERVIEW, ACCOUNT, "/t/default/settings/people", "/"):
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/passkey"), path
    page = browser.get("/passkey").text
    assert "A passkey is needed here" in page
    csrf = browser.csrf("/passkey")
    assert asks_for_options(browser, csrf) == 200
    told = browser.client.get("/api/v1/plans")
    assert (told.status_code, told.json()["code"]) == (403, "access.second_factor")
    assert browser.post(f"{ACCOUNT}/language", {"csrf": csrf, "language": "fr"}).status_code == 403
    assert browser.post(f"{ACCOUNT}/sessions", {"csrf": csrf}).status_code == 403
    assert browser.post("/sign-out", {"csrf": csrf}).headers["location"] == "/sign-in"


def test_who_has_a_passkey_is_not_let_in_by_the_password_and_makes_no_second_one_with_it(office: House) -> None:
    ada = office.person("Ada", Role.ADMINISTRATOR, password=PASSWORD)
    before = office.browser()
    before.sign_in("Ada", PASSWORD)
    csrf = before.csrf()
    with_passkey(office, ada)
    require(office)
    refused = office.browser().sign_in("Ada", PASSWORD)
    assert (refused.status_code, "a passkey or the identity provider is needed" in refused.text) == (403, True)
    assert office.browser().sign_in("Ada", "wrong wrong wrong").status_code == 401
    assert before.get(OVERVIEW).headers["location"].startswith("/passkey")
    assert asks_for_options(before, csrf) == 403
    assert "Sign in with your passkey" in before.get("/passkey").text


def test_a_session_by_passkey_or_provider_goes_on_and_a_changed_password_keeps_it(office: House) -> None:
    ada = office.person("Ada", Role.ADMINISTRATOR, password=PASSWORD)
    require(office)
    for method in ("passkey", "oidc"):
        browser = office.browser()
        begun = begin(office.installation, ada, method, Caller("127.0.0.1"))
        browser.client.cookies.set("trueup", begun.secret, domain="localhost.local")
        assert browser.get(OVERVIEW).status_code == 200
        assert browser.get("/passkey").headers["location"] == "/"
        form = {"current": PASSWORD, "wanted": PASSWORD + "!", "again": PASSWORD + "!"}
        if method == "passkey":
            assert browser.send(f"{ACCOUNT}/password", form, ACCOUNT).status_code == 303
            assert browser.get(OVERVIEW).status_code == 200


def test_an_operator_recovers_a_person_by_a_reset_and_everybody_by_the_switch(office: House) -> None:
    ada = office.person("Ada", Role.ADMINISTRATOR, password=PASSWORD)
    with_passkey(office, ada)
    require(office)
    secret = run(links.reset_person(office.installation, "default", "Ada", OPERATOR))
    browser = office.browser()
    assert browser.post(f"/welcome/{secret}", {"password": PASSWORD, "again": PASSWORD}).status_code == 303
    assert "Make a passkey now" in browser.get("/passkey").text
    assert browser.get(OVERVIEW).headers["location"].startswith("/passkey")
    require(office, required=False)
    assert browser.get(OVERVIEW).status_code == 200


def test_a_part_of_a_page_says_where_to_go_and_tokens_are_not_asked(office: House) -> None:
    browser = office.browser(office.person("Ada", Role.VIEWER))
    require(office)
    part = browser.client.get(OVERVIEW, headers={"HX-Request": "true", "HX-Current-URL": f"{office.url}{OVERVIEW}"})
    assert (part.status_code, "/passkey?to=" in part.text) == (401, True)


def test_links_last_as_long_as_was_chosen(office: House) -> None:
    start, cid = office.clock.now(), office.person("Cid", Role.VIEWER)
    run(set_policy(office.installation, "operator", link_minutes=10))
    secret = run(links.one_time_link(office.installation, cid))
    office.clock.put(start + timedelta(minutes=9))
    assert office.browser().get(f"/welcome/{secret}").status_code == 200
    office.clock.put(start + timedelta(minutes=10))
    assert office.browser().get(f"/welcome/{secret}").status_code == 410
    browser = office.browser(office.person("Dora", Role.ADMINISTRATOR))
    shown = browser.send("/t/default/settings/people", {"name": "Eve", "role": "viewer"}, "/t/default/settings/people")
    assert "within 10 minutes" in shown.text


@pytest.mark.parametrize("minutes", [9, 61, 0, -1])
def test_no_other_length_of_links_is_taken(office: House, minutes: int) -> None:
    with pytest.raises(UseCaseError) as error:
        run(set_policy(office.installation, "operator", link_minutes=minutes, second_factor=True))
    assert error.value.reason.code == "people.link_minutes"
    assert policy_of(office.installation).second_factor is False
