"""Signing in, staying signed in, and ending it, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.places import everything_in
from tests.web.browsing import Browser
from tests.web.house import PASSWORD, House, house, run

from trueup.app.people import links
from trueup.app.people.installation import hash_of
from trueup.core.roles import Role


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as found:
        found.person("Ada", Role.ADMINISTRATOR, password=PASSWORD)
        yield found


def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back(office: House) -> None:
    browser = office.browser()
    answer = browser.get("/t/default/overview?show=held")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?to=/t/default/overview%3Fshow%3Dheld"
    page = browser.get(answer.headers["location"])
    assert 'name="to" value="/t/default/overview?show=held"' in page.text
    answer = browser.sign_in("ada ", PASSWORD, "/t/default/overview?show=held")
    assert (answer.status_code, answer.headers["location"]) == (303, "/t/default/overview?show=held")
    assert "Ada" in browser.get("/t/default/overview").text


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example"]
)
def test_a_sign_in_leads_nobody_to_another_site(office: House, to: str) -> None:
    browser = office.browser()
    assert "evil" not in browser.get(f"/sign-in?to={quote(to)}").text
    assert browser.sign_in("Ada", PASSWORD, to).headers["location"] == "/"


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(office: House) -> None:
    wrong = office.browser().sign_in("Ada", "wrong wrong wrong")
    unknown = office.browser().sign_in("Eve", "wrong wrong wrong")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("Ada", "") == unknown.text.replace("Eve", "")
    assert "wrong wrong wrong" not in wrong.text
    assert 'value="Ada"' in wrong.text


def test_the_cookie_can_be_read_by_no_script_and_goes_to_no_other_site(office: House) -> None:
    told = office.browser().sign_in("Ada", PASSWORD).headers["set-cookie"]
    name, *rest = told.split("; ")
    assert name.startswith("trueup=")
    assert {part.lower() for part in rest} == {"httponly", "path=/", "samesite=lax"}


def test_over_tls_the_cookie_is_bound_to_the_host(office: House) -> None:
    origin = office.url.replace("http://", "https://")
    told = office.browser().post("/sign-in", {"name": "Ada", "password": PASSWORD}, Origin=origin).headers["set-cookie"]
    assert told.startswith("__Host-trueup=")
    assert {"secure", "httponly", "path=/", "samesite=lax"} == {part.lower() for part in told.split("; ")[1:]}


def test_over_plain_http_from_another_machine_nobody_signs_in(office: House) -> None:
    answer = office.browser().post(
        "/sign-in", {"name": "Ada", "password": PASSWORD}, Host="trueup.example", Origin="http://trueup.example"
    )
    assert answer.status_code == 403
    assert "unencrypted" in answer.text
    assert "set-cookie" not in answer.headers


def test_on_another_host_the_plain_cookie_opens_nothing(office: House) -> None:
    """Else a neighbour of the same domain could plant a session."""
    browser = office.browser()
    browser.sign_in("Ada", PASSWORD)
    assert browser.get("/t/default/overview").status_code == 200
    asked = {"Cookie": f"trueup={browser.cookie()}", "Host": "trueup.example"}
    assert browser.client.get("/t/default/overview", headers=asked).status_code == 303


def test_a_session_id_that_was_there_before_is_not_the_one_afterwards(office: House) -> None:
    browser = office.browser()
    browser.client.cookies.set("trueup", "planted", domain="localhost.local")
    browser.sign_in("Ada", PASSWORD)
    first = browser.cookie()
    assert first not in (None, "planted")
    browser.sign_in("Ada", PASSWORD)
    assert browser.cookie() != first
    old = office.browser()
    old.client.cookies.set("trueup", str(first))
    assert old.get("/t/default/overview").status_code == 303, "the earlier session ended with the new sign-in"


def test_the_store_holds_no_session_id_and_no_password(office: House) -> None:
    browser = office.browser()
    browser.sign_in("Ada", PASSWORD)
    kept = everything_in(office.where)
    assert str(browser.cookie()).encode() not in kept
    assert hash_of(str(browser.cookie())).encode() in kept
    assert PASSWORD.encode() not in kept
    assert b"$argon2id$v=19$m=65536,t=3,p=4$" in kept


def test_signing_out_ends_the_session_itself_and_not_only_the_cookie(office: House) -> None:
    browser = office.browser()
    browser.sign_in("Ada", PASSWORD)
    secret = str(browser.cookie())
    answer = browser.send("/sign-out", {})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert browser.cookie() is None
    browser.client.cookies.set("trueup", secret)
    assert browser.get("/t/default/overview").status_code == 303


def test_a_session_ends_when_nobody_uses_it_and_after_twelve_hours_whatever_happens(office: House) -> None:
    start = office.clock.now()
    try:
        browser = office.browser()
        browser.sign_in("Ada", PASSWORD)
        office.clock.put(start + timedelta(minutes=29))
        assert browser.get("/t/default/overview").status_code == 200
        office.clock.put(start + timedelta(minutes=60))
        assert browser.get("/t/default/overview").status_code == 303
        browser.sign_in("Ada", PASSWORD)
        for minutes in range(80, 60 + 720, 20):
            office.clock.put(start + timedelta(minutes=minutes))
            assert browser.get("/t/default/overview").status_code == 200
        office.clock.put(start + timedelta(minutes=60 + 720))
        assert browser.get("/t/default/overview").status_code == 303
    finally:
        office.clock.put(start)


def test_a_form_needs_the_token_of_its_session_and_our_own_page(office: House) -> None:
    browser, other = office.browser(), office.browser()
    for one in (browser, other):
        one.sign_in("Ada", PASSWORD)
    token = browser.csrf()
    for sent, headers, code in (
        ({}, {}, "access.csrf"),
        ({"csrf": ""}, {}, "access.csrf"),
        ({"csrf": other.csrf()}, {}, "access.csrf"),
        ({"csrf": token}, {"Sec-Fetch-Site": "cross-site"}, "access.origin"),
        ({"csrf": token}, {"Sec-Fetch-Site": "same-site"}, "access.origin"),
        ({"csrf": token}, {"Sec-Fetch-Site": "none"}, "access.origin"),
    ):
        answer = browser.post("/sign-out", sent, **headers)
        assert answer.status_code == 403
        assert code in answer.text
    old = {"Origin": "http://evil.example"}, {"Origin": "null"}, {}
    for headers in old:
        answer = browser.client.post("/sign-out", data={"csrf": token}, headers=headers)
        assert (answer.status_code, "access.origin" in answer.text) == (403, True)
    assert browser.get("/t/default/overview").status_code == 200, "nothing of this ended the session"
    assert browser.client.post("/sign-out", data={"csrf": token}, headers={"Origin": office.url}).status_code == 303


def test_another_site_cannot_sign_a_person_in_as_somebody_else(office: House) -> None:
    answer = office.browser().post(
        "/sign-in", {"name": "Ada", "password": PASSWORD}, **{"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_part_of_a_page_leaves_what_is_typed_there_and_leads_to_the_sign_in_beside_it(office: House) -> None:
    told = {"HX-Request": "true", "HX-Current-URL": f"{office.url}/t/default/plan?show=held"}
    answer = office.browser().client.get("/t/default/overview", headers=told)
    assert answer.status_code == 401
    assert answer.headers["hx-retarget"] == "#said"
    assert 'href="/sign-in?to=/t/default/plan%3Fshow%3Dheld" target="_blank"' in answer.text


def test_a_link_signs_in_once_and_only_by_its_form(office: House) -> None:
    bea = office.person("Bea", Role.VIEWER)
    secret = run(links.one_time_link(office.installation, bea, "sign_in"))
    browser = office.browser()
    for _ in range(2):
        assert "Sign in as Bea" in browser.get(f"/welcome/{secret}").text
    assert browser.post(f"/welcome/{secret}", {}).status_code == 303
    assert "Bea" in browser.get("/t/default/overview").text
    again = office.browser().post(f"/welcome/{secret}", {})
    assert again.status_code == 410
    assert "access.link" in again.text


def test_a_link_lasts_an_hour(office: House) -> None:
    start, cid = office.clock.now(), office.person("Cid", Role.VIEWER)
    secret = run(links.one_time_link(office.installation, cid))
    try:
        office.clock.put(start + timedelta(minutes=59))
        assert office.browser().get(f"/welcome/{secret}").status_code == 200
        office.clock.put(start + timedelta(minutes=60))
        assert office.browser().get(f"/welcome/{secret}").status_code == 410
    finally:
        office.clock.put(start)


def test_a_password_is_chosen_by_a_link_and_every_earlier_session_ends(office: House) -> None:
    dan = office.person("Dan", Role.VIEWER)
    earlier = office.browser(dan)
    secret = run(links.one_time_link(office.installation, dan))
    browser, path = office.browser(), f"/welcome/{secret}"
    for password, again, said in (
        ("short", "short", "5 characters; 12 are needed"),
        ("password2026!", "password2026!", "guessed first"),
        ("abcabcabcabcabc", "abcabcabcabcabc", "guessed first"),
        ("dan.trueup.1", "dan.trueup.1", "little more than your own name"),
        ("long and good words", "long and good wards", "two passwords differ"),
    ):
        answer = browser.post(path, {"password": password, "again": again})
        assert answer.status_code == 422
        assert said in answer.text
        assert password not in answer.text
    assert browser.post(path, {"password": "long and good words", "again": "long and good words"}).status_code == 303
    assert earlier.get("/t/default/overview").status_code == 303
    assert office.browser().sign_in("Dan", "long and good words").status_code == 303


def test_a_french_browser_reads_french(office: House) -> None:
    page = office.browser(language="fr").get("/sign-in").text
    assert 'lang="fr"' in page
    assert "Se connecter" in page


def test_the_first_person_is_made_by_a_link_that_dies_with_the_second(tmp_path: Path) -> None:
    with house(tmp_path) as empty:
        browser = Browser(empty.url)
        assert "trueup people add" in browser.get("/sign-in").text
        first, second = (run(links.first_link(empty.installation, "default")) for _ in range(2))
        form = {"name": "Ada", "password": PASSWORD, "again": PASSWORD}
        assert browser.post(f"/welcome/{first}", form).status_code == 303
        assert "Ada" in browser.get("/t/default/overview").text
        assert empty.installation.database.tenant("default").members.list()[0].role is Role.ADMINISTRATOR
        late = Browser(empty.url).post(f"/welcome/{second}", {**form, "name": "Eve"})
        assert late.status_code == 410
        assert run(links.first_link(empty.installation, "default")) is None
