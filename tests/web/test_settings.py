"""Settings over real HTTP: people, tokens, choices, guard rails; what was typed is kept where it is refused."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta

import httpx2
import pytest
from PIL import Image
from tests.web.browsing import Browser
from tests.web.house import PASSWORD, House, house

from trueup.core.roles import Role

BASE = "/t/default/settings"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("settings")) as found:
        found.person("Ada", Role.ADMINISTRATOR, password=PASSWORD)
        yield found


@pytest.fixture(scope="module")
def browser(office: House) -> Browser:
    ada = office.installation.people.persons.named("Ada")
    return office.browser(ada)


def test_somebody_is_let_in_by_a_link_that_the_page_shows_once(office: House, browser: Browser) -> None:
    form = {"name": "Bea", "role": "billing", "email": "", "language": "fr"}
    page = browser.send(f"{BASE}/people", form, f"{BASE}/people").text
    link = re.findall(r'class="once">([^<]*)<', page)[0]
    assert link.startswith(f"{office.url}/welcome/")
    assert "/welcome/" not in browser.get(f"{BASE}/people").text
    hers = office.browser()
    answer = hers.post(link.removeprefix(office.url), {"password": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 303
    assert 'lang="fr"' in hers.get("/t/default/overview").text
    assert hers.get(f"{BASE}/people").status_code == 403
    assert f"{BASE}" not in hers.get("/t/default/overview").text, "no way to the settings for others"


def test_what_was_typed_stays_where_a_person_is_refused(browser: Browser) -> None:
    form = {"name": "Cid", "role": "approver", "email": "nowhere", "language": ""}
    answer = browser.send(f"{BASE}/people", form, f"{BASE}/people")
    assert answer.status_code == 422
    assert "This is no e-mail address" in answer.text
    assert 'value="Cid"' in answer.text
    assert 'value="nowhere"' in answer.text
    assert '<option value="approver" selected>' in answer.text


def test_the_only_administrator_cannot_be_let_go(office: House, browser: Browser) -> None:
    ada = office.installation.people.persons.named("Ada")
    assert ada is not None
    for path, form in ((f"{ada.id}/remove", {}), (f"{ada.id}/role", {"role": "viewer"})):
        answer = browser.send(f"{BASE}/people/{path}", form, f"{BASE}/people")
        assert answer.status_code == 422
        assert "the only administrator" in answer.text


def test_a_token_is_shown_once_and_revoked(browser: Browser) -> None:
    form = {"name": "export", "scope": "read", "days": "30"}
    made = browser.send(f"{BASE}/tokens", form, f"{BASE}/tokens").text
    secret = re.findall(r'class="once">([^<]*)<', made)[0]
    assert secret.startswith("trueup_")
    page = browser.get(f"{BASE}/tokens").text
    assert secret not in page
    path = re.findall(rf'action="({BASE}/tokens/\d+/revoke)"', page)[0]
    assert browser.send(path, {}, f"{BASE}/tokens").status_code == 303
    assert "revoked" in browser.get(f"{BASE}/tokens").text
    answer = browser.send(f"{BASE}/tokens", {**form, "days": "400"}, f"{BASE}/tokens")
    assert answer.status_code == 422
    assert 'value="400"' in answer.text


def test_choices_are_saved_or_refused_at_their_field(office: House, browser: Browser) -> None:
    form = {"name": "An MSP", "time_zone": "Europe/Paris", "currency": "eur", "language": "fr", "mode": "manual"}
    page, store = f"{BASE}/choices", office.installation.database.tenant("default")
    assert browser.send(page, {**form, "drift": "wait"}, page).status_code == 303
    settings = store.settings.get()
    assert (settings.time_zone, settings.currency, settings.mode.value) == ("Europe/Paris", "EUR", "manual")
    answer = browser.send(page, {**form, "time_zone": "Mars/Base"}, page)
    assert answer.status_code == 422
    assert re.search(r'name="time_zone"[^>]*value="Mars/Base"[^>]*aria-invalid="true"', answer.text)
    assert store.settings.get() == settings


def test_the_logo_of_statements_is_put_shown_refused_and_taken_away(browser: Browser) -> None:
    csrf, told = {"csrf": browser.csrf(f"{BASE}/choices")}, {"Origin": browser.url}
    picture = io.BytesIO()
    Image.new("RGB", (2, 2)).save(picture, "PNG")

    def put(data: bytes) -> httpx2.Response:
        return browser.client.post(f"{BASE}/logo", data=csrf, files={"file": ("logo.png", data)}, headers=told)

    assert put(b"<svg/>").status_code == 422
    assert browser.get(f"{BASE}/logo").status_code == 404
    assert put(picture.getvalue()).status_code == 303
    shown = browser.get(f"{BASE}/logo")
    assert (shown.content, shown.headers["content-type"]) == (picture.getvalue(), "image/png")
    assert f'src="{BASE}/logo"' in browser.get(f"{BASE}/choices").text
    assert browser.post(f"{BASE}/logo/remove", csrf).status_code == 303
    assert browser.get(f"{BASE}/logo").status_code == 404


def test_rails_are_set_taken_back_and_refused_at_their_field(office: House, browser: Browser) -> None:
    page, store = f"{BASE}/rails", office.installation.database.tenant("default")

    def own() -> dict[str, str]:
        return {name: text for one in store.rails.listing() for name, text in one.choice.parts}

    form = {"line_fall_share": "40%", "plan_share": "12,5", "line_to_zero": "false", "line_amount": "No limit"}
    form |= {"new_currency": "eur", "new_amount": "500"}
    assert browser.send(page, form, page).status_code == 303
    assert own() == {
        "line_fall_share": "0.4",
        "line_to_zero": "false",
        "plan_share": "0.125",
        "second_approval_above.EUR": "500",
    }
    shown = browser.get(page).text
    assert re.search(r'name="line_fall_share"[^>]*value="40"', shown)
    assert re.search(r'name="plan_share"[^>]*value="12.5"', shown)
    assert re.search(r'name="line_amount"[^>]*value="no limit"', shown)
    assert '<option value="false" selected>no</option>' in shown
    answer = browser.send(page, {"line_fall_share": "much", "module_base": "some"}, page)
    assert answer.status_code == 422
    assert re.search(r'name="line_fall_share"[^>]*value="much"[^>]*aria-invalid="true"', answer.text)
    assert "much is not a share" in answer.text
    assert browser.send(page, {"line_to_zero": "", "plan_share": ""}, page).status_code == 303
    assert browser.send(page, {"line_fall_share": "", "second_approval_above.EUR": ""}, page).status_code == 303
    assert own() == {}


def test_people_and_tokens_ask_for_a_recent_proof_before_anything_is_typed(office: House) -> None:
    browser, start = office.browser(), office.clock.now()
    browser.sign_in("Ada", PASSWORD)
    try:
        office.clock.put(start + timedelta(minutes=16))
        for tab in ("people", "tokens"):
            answer = browser.get(f"{BASE}/{tab}")
            assert (answer.status_code, answer.headers["location"]) == (303, f"/confirm?to={BASE}/{tab}")
        assert "Confirm that it is you" in browser.get(f"/confirm?to={BASE}/people").text
        assert browser.sign_in("Ada", PASSWORD, f"{BASE}/people").headers["location"] == f"{BASE}/people"
        assert browser.get(f"{BASE}/people").status_code == 200
    finally:
        office.clock.put(start)


def test_a_person_of_two_tenants_changes_between_them(office: House, browser: Browser) -> None:
    dan = office.person("Dan", Role.VIEWER)
    office.person("Dan", Role.ADMINISTRATOR, "other")
    his = office.browser(dan)
    page = his.get("/t/default/overview").text
    assert 'href="/t/other/overview"' in page
    assert his.get("/t/other/settings/people").status_code == 200
    assert his.get(f"{BASE}/people").status_code == 403
    assert 'href="/t/other/overview"' not in browser.get("/t/default/overview").text
