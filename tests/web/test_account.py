"""One's own account: another password, another language, other browsers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.web.house import PASSWORD, House, house

from trueup.core.roles import Role

ACCOUNT = "/t/default/account"
WORDS = "quite another set of words"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("account")) as found:
        found.person("Root", Role.ADMINISTRATOR)
        yield found


def test_a_changed_password_ends_other_sessions_and_keeps_this_one_under_a_new_id(office: House) -> None:
    office.person("Ada", Role.VIEWER, password=PASSWORD)
    browser, other = office.browser(), office.browser()
    for one in (browser, other):
        one.sign_in("Ada", PASSWORD)
    before = browser.cookie()
    for current, wanted, again, said in (
        ("not the password", WORDS, WORDS, "name or the password is wrong"),
        (PASSWORD, WORDS, WORDS + "!", "two passwords differ"),
        (PASSWORD, "short", "short", "12 are needed"),
    ):
        form = {"current": current, "wanted": wanted, "again": again}
        answer = browser.send(f"{ACCOUNT}/password", form, ACCOUNT)
        assert answer.status_code in (401, 422)
        assert said in answer.text
        assert WORDS not in answer.text
    answer = browser.send(f"{ACCOUNT}/password", {"current": PASSWORD, "wanted": WORDS, "again": WORDS}, ACCOUNT)
    assert answer.status_code == 303
    assert browser.cookie() != before
    assert "every other session ended" in browser.get(answer.headers["location"]).text
    assert other.get(ACCOUNT).status_code == 303
    assert office.browser().sign_in("Ada", PASSWORD).status_code == 401
    assert office.browser().sign_in("Ada", WORDS).status_code == 303


def test_a_person_without_a_password_sets_one_only_with_a_recent_proof(office: House) -> None:
    browser = office.browser(office.person("Bea", Role.VIEWER))
    start = office.clock.now()
    office.clock.put(start + timedelta(minutes=16))
    try:
        answer = browser.send(f"{ACCOUNT}/password", {"wanted": WORDS, "again": WORDS}, ACCOUNT)
        assert (answer.status_code, "access.confirm" in answer.text) == (403, False)
        assert "not older than 15 minutes" in answer.text
    finally:
        office.clock.put(start)
    assert browser.send(f"{ACCOUNT}/password", {"wanted": WORDS, "again": WORDS}, ACCOUNT).status_code == 303


def test_the_language_that_a_person_chose_goes_before_the_browsers(office: House) -> None:
    browser = office.browser(office.person("Cid", Role.VIEWER))
    assert browser.send(f"{ACCOUNT}/language", {"language": "fr"}, ACCOUNT).status_code == 303
    assert 'lang="fr"' in browser.get(ACCOUNT).text
    assert browser.send(f"{ACCOUNT}/language", {"language": "de"}, ACCOUNT).status_code == 422
    assert browser.send(f"{ACCOUNT}/language", {"language": ""}, ACCOUNT).status_code == 303
    assert 'lang="en"' in browser.get(ACCOUNT).text


def test_one_ends_ones_own_sessions_and_nobody_elses(office: House) -> None:
    dan, eve = office.person("Dan", Role.VIEWER), office.person("Eve", Role.VIEWER)
    here, there, third = (office.browser(dan) for _ in range(3))
    stranger = office.browser(eve)
    handles = {one.hash: one.handle for one in office.installation.people.sessions.of(dan.id)}
    assert len(handles) == 3
    for handle in handles.values():
        stranger.send(f"{ACCOUNT}/sessions", {"session": handle}, ACCOUNT)
    assert len(office.installation.people.sessions.of(dan.id)) == 3
    answer = here.send(f"{ACCOUNT}/sessions", {}, ACCOUNT)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert [one.get(ACCOUNT).status_code for one in (here, there, third)] == [303, 303, 303]
    assert stranger.get(ACCOUNT).status_code == 200


def test_ending_sessions_needs_a_recent_proof_and_signing_out_does_not(office: House) -> None:
    fay = office.person("Fay", Role.VIEWER, password=PASSWORD)
    here, there, third = (office.browser(fay) for _ in range(3))
    start = office.clock.now()
    office.clock.put(start + timedelta(minutes=16))
    try:
        for form in ({"all": "yes"}, {"session": office.installation.people.sessions.of(fay.id)[0].handle}):
            asked = here.send(f"{ACCOUNT}/sessions", form, ACCOUNT)
            assert (asked.status_code, "Confirm that it is you" in asked.text) == (403, True)
        assert len(office.installation.people.sessions.of(fay.id)) == 3
        assert third.send("/sign-out", {}, ACCOUNT).status_code == 303
        assert there.get(ACCOUNT).status_code == 200
        here.sign_in("Fay", PASSWORD)
        assert here.send(f"{ACCOUNT}/sessions", {}, ACCOUNT).headers["location"] == "/sign-in"
        assert there.get(ACCOUNT).status_code == 303
    finally:
        office.clock.put(start)


def test_a_token_has_no_account(office: House) -> None:
    page = office.browser().client.get(ACCOUNT, headers={"Authorization": "Bearer x"})
    assert page.status_code == 401
