"""Signing in at an identity provider, which is a simulator that answers over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from tests.places import everything_in
from tests.web.browsing import Browser
from tests.web.house import OPERATOR, House, house, run

from trueup.app.errors import UseCaseError
from trueup.app.people import membership
from trueup.app.people.provider import BACK, Provider, provider_of, remove_provider, set_provider
from trueup.core.roles import Role
from trueup_simulators import oidc
from trueup_simulators.serving import RunningSimulator

PAGE = "/t/default/overview"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("oidc")) as found:
        found.person("Ada", Role.ADMINISTRATOR)
        run(membership.set_email(found.installation, "default", "Ada", "Ada@Example.com", OPERATOR))
        yield found


@pytest.fixture(scope="module")
def provider(office: House) -> Iterator[RunningSimulator]:
    with oidc.start(office.url + BACK) as running:
        told = Provider(running.url, running.credentials["client_id"], office.url, "Example ID")
        run(set_provider(office.installation, told, running.credentials["client_secret"], "tests"))
        yield running


@pytest.fixture(autouse=True)
def _plain(office: House, provider: RunningSimulator) -> None:
    told = {"fault": None, "now": office.clock.now().timestamp()}
    httpx2.post(f"{provider.url}/_simulator/fault", json=told).raise_for_status()
    httpx2.post(f"{provider.url}/_simulator/user", json={"email": "ada@example.com", "email_verified": True})


def there(browser: Browser, to: str = PAGE) -> str:
    """To the provider; gives the address that it sends the browser back to."""
    answer = browser.get(f"/sign-in/provider?to={to}")
    assert answer.status_code == 303
    return httpx2.get(answer.headers["location"]).headers["location"]


def back(browser: Browser, address: str) -> httpx2.Response:
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}")


def test_a_known_person_signs_in_and_comes_to_where_they_wanted(office: House) -> None:
    browser = office.browser()
    assert "Sign in with Example ID" in browser.get("/sign-in").text
    answer = back(browser, there(browser))
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    assert "Ada" in browser.get(PAGE).text


def test_what_goes_to_the_provider_holds_no_secret_and_is_new_each_time(office: House) -> None:
    asked = []
    for _ in range(2):
        address = office.browser().get("/sign-in/provider").headers["location"]
        asked.append({name: values[0] for name, values in parse_qs(urlsplit(address).query).items()})
    assert asked[0]["code_challenge_method"] == "S256"
    assert asked[0]["scope"].split()[0] == "openid"
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[0][name]) == 43
        assert asked[0][name] != asked[1][name]


@pytest.mark.parametrize("fault", oidc.FAULTS)
def test_a_provider_that_says_something_wrong_lets_nobody_in(
    office: House, provider: RunningSimulator, fault: str
) -> None:
    httpx2.post(f"{provider.url}/_simulator/fault", json={"fault": fault}).raise_for_status()
    browser = office.browser()
    answer = back(browser, there(browser))
    assert answer.status_code == 401
    assert "was not accepted" in answer.text
    assert browser.get(PAGE).status_code == 303


def test_a_stranger_with_a_good_account_gets_in_nowhere(office: House, provider: RunningSimulator) -> None:
    user = {"email": "eve@example.com", "email_verified": True}
    httpx2.post(f"{provider.url}/_simulator/user", json=user)
    browser = office.browser()
    answer = back(browser, there(browser))
    assert answer.status_code == 403
    assert "Nobody here has the e-mail address" in answer.text
    assert browser.get(PAGE).status_code == 303


def test_an_answer_for_another_browser_is_refused_and_one_is_good_once(office: House) -> None:
    victim, attacker = office.browser(), office.browser()
    there(victim)
    address = there(attacker)
    assert back(victim, address).status_code == 401, "else somebody is signed in as the attacker"
    assert back(attacker, address).status_code == 303
    assert back(attacker, address).status_code == 401, "state and code work once"
    late, start = office.browser(), office.clock.now()
    address = there(late)
    try:
        office.clock.put(start + timedelta(minutes=10))
        assert back(late, address).status_code == 401
    finally:
        office.clock.put(start)


def test_it_leads_nobody_to_another_site(office: House) -> None:
    browser = office.browser()
    assert back(browser, there(browser, "//evil.example")).headers["location"] == "/"


@pytest.mark.parametrize(
    "issuer",
    [
        "http://login.example.com",
        "https://",
        "ftp://x",
        "javascript:1",
        "https://a@b.example",
        "https://x.example/?a=1",
    ],
)
def test_a_provider_without_tls_is_refused(office: House, issuer: str) -> None:
    before = run(provider_of(office.installation))
    with pytest.raises(UseCaseError) as caught:
        run(set_provider(office.installation, Provider(issuer, "x", office.url), "secret", "tests"))
    assert caught.value.reason.code == "access.provider_address"
    assert run(provider_of(office.installation)) == before


def test_the_secret_is_sealed_and_a_removed_provider_is_no_way_in(office: House, provider: RunningSimulator) -> None:
    kept = office.installation.database.people.settings
    assert provider.credentials["client_secret"].encode() not in everything_in(office.where)
    before = kept.get("oidc")
    assert before is not None
    assert run(remove_provider(office.installation))
    try:
        assert "Example ID" not in office.browser().get("/sign-in").text
        assert office.browser().get("/sign-in/provider").status_code == 404
    finally:
        kept.put("oidc", before.value, before.secret, "tests", now=office.clock.now())
