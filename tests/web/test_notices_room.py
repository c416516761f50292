"""Who is told, in the settings and over the API, with a real receiver behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest
from starlette.responses import Response
from tests.modules.vendor import Vendor
from tests.web.browsing import Browser
from tests.web.house import House, house, run

from trueup.app.people.tokens import Scope, make_token
from trueup.core.reason import Reason
from trueup.core.roles import Role

PAGE = "/t/default/settings/notices"
API = "/api/v1/receivers"


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("notices")) as found:
        yield found


@pytest.fixture
def browser(office: House) -> Browser:
    return office.browser(office.person("Ada", Role.ADMINISTRATOR))


@pytest.fixture
def api(office: House) -> Iterator[httpx2.Client]:
    eve = office.person("Eve", Role.ADMINISTRATOR)
    token = run(make_token(office.installation, "default", "desk", Scope.ADMIN, 1, eve.name, eve.id))
    with httpx2.Client(base_url=office.url, headers={"Authorization": f"Bearer {token.text}"}, timeout=60) as client:
        yield client


def test_a_webhook_is_added_with_a_secret_shown_once_tested_switched_off_and_removed(
    office: House, browser: Browser
) -> None:
    store, answers = office.installation.database.tenant("default"), [200, 410]
    with Vendor(lambda _: Response(status_code=answers.pop(0))) as hook:
        form = {"kind": "webhook", "name": "desk", "setting.url": hook.url, "language": "fr", "only": "plan_waits"}
        page = browser.send(PAGE, form, PAGE).text
        secret = re.findall(r'class="once">([^<]*)<', page)[0]
        (desk,) = store.receivers.list()
        assert (desk.language, desk.only) == ("fr", ("plan_waits",))
        again = browser.get(PAGE).text
        assert secret not in again
        assert "a plan waits for an approval" in again
        assert "The test was taken" in browser.send(f"{PAGE}/{desk.id}/test", {}, PAGE).text
        failed = browser.send(f"{PAGE}/{desk.id}/test", {}, PAGE).text
    assert "answered 410" in failed
    assert "trueup notify" not in failed, "a page names no command"
    assert secret not in browser.send(f"{PAGE}/{desk.id}/secret", {}, PAGE).text
    assert browser.send(f"{PAGE}/{desk.id}/disable", {}, PAGE).status_code == 303
    assert not store.receivers.get(desk.id).is_on
    assert browser.send(f"{PAGE}/{desk.id}/enable", {}, PAGE).status_code == 303
    assert store.receivers.get(desk.id).is_on
    assert browser.send(f"{PAGE}/{desk.id}/remove", {}, PAGE).status_code == 303
    assert store.receivers.list() == ()


def test_what_was_typed_stays_beside_what_is_wrong_but_for_secrets(office: House, browser: Browser) -> None:
    form = {
        "kind": "email", "name": "ops", "setting.to": "ops@example.org", "setting.from": "nobody", "setting.host": "m",
        "setting.user": "ops", "secret.password": "hidden words", "remind_days": "7", "language": "en",
    }  # fmt: skip
    answer = browser.send(PAGE, form, PAGE)
    assert answer.status_code == 422
    assert re.search(r'name="setting.from" value="nobody"[^>]*aria-invalid="true"', answer.text)
    assert 'value="ops@example.org"' in answer.text
    assert "hidden words" not in answer.text
    for days in ("soon", "0", "400"):
        answer = browser.send(PAGE, {**form, "setting.from": "a@b.c", "remind_days": days}, PAGE)
        assert re.search(rf'name="remind_days"[^>]*value="{days}"[^>]*aria-invalid="true"', answer.text)
    assert office.installation.database.tenant("default").receivers.list() == ()


def test_two_people_do_not_lay_one_receiver_over_another(browser: Browser, api: httpx2.Client) -> None:
    new = {"kind": "webhook", "name": "desk", "settings": {"url": "https://desk.example.org/"}}
    added = api.post(API, json=new)
    assert added.status_code == 201
    assert added.json()["secret"]
    one = f"{API}/{added.json()['receiver']['receiver']}"
    assert added.headers["location"] == one
    page = browser.get(f"{PAGE}/1").text
    version = re.findall(r'name="version" value="(\w+)"', page)[0]
    said = {name: new[name] for name in ("name", "settings")}
    etag = {"If-Match": api.get(one).headers["etag"]}
    assert etag["If-Match"] == f'"{version}"'
    changed = api.put(one, json={**said, "language": "fr", "remind_days": 3}, headers=etag)
    assert (changed.status_code, changed.json()["remind_days"]) == (200, 3)
    late = api.put(one, json=said, headers=etag)
    assert (late.status_code, late.json()["code"]) == (412, "notify.changed_meanwhile")
    form = {"name": "mine", "setting.url": "https://mine.example.org/", "language": "en", "version": version}
    answer = browser.send(f"{PAGE}/1", form, f"{PAGE}/1")
    assert answer.status_code == 412
    assert 'value="https://mine.example.org/"' in answer.text
    assert api.get(one).json()["settings"] == new["settings"]
    fresh = {**form, "version": re.findall(r'name="version" value="(\w+)"', browser.get(f"{PAGE}/1").text)[0]}
    assert browser.send(f"{PAGE}/1", fresh, f"{PAGE}/1").status_code == 303
    assert api.get(one).json()["name"] == "mine"


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_no_answer_shows_a_secret_that_was_given(browser: Browser, api: httpx2.Client) -> None:
    given = "slack://TokenA/TokenB/TokenC00000000000000000000/"
    assert api.post(API, json={"kind": "chat", "name": "team", "secret": {"address": given}}).status_code == 201
    shown = api.get(API).text + api.get(f"{API}/1").text + browser.get(PAGE).text + browser.get(f"{PAGE}/1").text
    assert "TokenA" not in shown
    assert "team" in shown
    assert api.post(API, json={"kind": "chat", "name": "team", "secret": {"address": given}}).status_code == 409


def test_messages_that_did_not_arrive_are_listed_with_their_reason(
    office: House, browser: Browser, api: httpx2.Client
) -> None:
    api.post(API, json={"kind": "webhook", "name": "desk", "settings": {"url": "https://desk.example.org/"}})
    store, now = office.installation.database.tenant("default"), office.clock.now()
    for number in range(3):
        matter = Reason.of("notice.plan_waits", plan=f"plan-{number}", lines=number + 2)
        notice = store.notices.open("plan_waits", str(number), matter, now=now)
        store.notices.tell(notice, 1, "opened", now=now)
    store.notices.tried(1, "waiting", Reason.of("notify.refused", status=503), now=now)
    store.notices.close(1, now=now)
    page = browser.get(PAGE).text
    assert "2 things are the matter now" in page
    assert "plan-0: 2 lines wait" in page
    assert "answered 503" in page
    assert len(api.get("/api/v1/notices", params={"open": "true"}).json()["items"]) == 2
    found, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        told = api.get("/api/v1/notices/messages", params={"limit": 2, **more}).json()
        found += told["items"]
        cursor = told["next"]
        if cursor is None:
            break
    assert [one["message"] for one in found] == [3, 2, 1]
    assert found[-1]["failure"]["code"] == "notify.refused"
    assert found[-1]["notice"]["closed_at"]
