"""What was typed into a form whose session had ended comes back after the sign-in; nothing is sent before a press."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.web.browsing import Browser
from tests.web.house import PASSWORD, House, house

import trueup.web
from trueup.core.roles import Role
from trueup.messages.sentences import Sentences
from trueup.web.kept import is_secret
from trueup.web.pages.sign_in.field_labels import label_of

PEOPLE = "/t/default/settings/people"
TYPED = {"name": "Zoé & <Söhne>", "role": "viewer", "email": "", "csrf": "of an earlier session"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("kept")) as found:
        found.person("Ada", Role.ADMINISTRATOR, password=PASSWORD)
        yield found


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's last form."""
    form = page[page.rindex("<form") :]
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form)
    return {html.unescape(name): html.unescape(value) for name, value in found}


def names(browser: Browser) -> str:
    return browser.get(PEOPLE).text


def test_what_was_typed_before_the_session_ended_is_sent_after_the_next_sign_in(office: House) -> None:
    browser = office.browser()
    asked = browser.post(PEOPLE, TYPED)
    assert (asked.status_code, "What you typed was not sent" in asked.text) == (401, True)
    kept = hidden(asked.text)["kept"]
    wrong = browser.post("/sign-in", {"name": "Ada", "password": "wrong wrong wrong", "kept": kept})
    assert hidden(wrong.text)["kept"] == kept
    back = browser.post("/sign-in", {"name": "Ada", "password": PASSWORD, "kept": kept})
    assert (back.status_code, f'action="{PEOPLE}"' in back.text) == (200, True)
    assert "Zoé" not in names(browser), "nothing is sent before somebody says so"
    fields = hidden(back.text)
    assert fields["csrf"] != TYPED["csrf"]
    assert browser.post(PEOPLE, fields).status_code in (200, 303)
    assert "Zoé &amp; &lt;Söhne&gt;" in names(browser)


def test_a_form_of_an_earlier_session_and_one_that_needs_a_new_proof_come_back_too(office: House) -> None:
    browser = office.browser()
    browser.sign_in("Ada", PASSWORD)
    earlier = browser.post(PEOPLE, TYPED | {"name": "Yves"})
    assert (earlier.status_code, hidden(earlier.text)["name"]) == (403, "Yves")
    office.clock.put(office.clock.now() + timedelta(minutes=20))
    confirm = browser.post(PEOPLE, hidden(earlier.text))
    assert (confirm.status_code, "Confirm that it is you" in confirm.text) == (403, True)
    elsewhere = browser.post("/again", {"kept": hidden(confirm.text)["kept"]})
    assert hidden(elsewhere.text)["name"] == "Yves"
    assert "Yves" not in browser.get("/t/default/activity").text


def test_no_secret_no_file_and_nothing_of_another_site_travels(office: House) -> None:
    browser = office.browser()
    sent = TYPED | {"secret.key": "s3cret", "password": "s3cret", "current": "s3cret"}
    assert "s3cret" not in browser.post(PEOPLE, sent).text
    for answer in (
        browser.post(PEOPLE, TYPED, **{"Sec-Fetch-Site": "cross-site"}),
        browser.post(PEOPLE, TYPED | {"name": "long" * 20_000}),
        browser.client.post(PEOPLE, data=TYPED, files={"file": b"x"}, headers={"Origin": office.url}),
    ):
        assert (answer.status_code, 'name="kept"' in answer.text) == (401, False)
    assert browser.sign_in("Ada", PASSWORD).status_code == 303
    evil = browser.post("/again", {"kept": '{"to":"https://evil.example/","fields":[["a","b"]]}'})
    assert "evil" not in evil.text
    assert browser.post("/again", {"kept": "nonsense"}).headers["location"] == "/"


def test_every_field_for_a_secret_has_a_name_that_never_travels() -> None:
    names = [
        re.findall(r'name="([^"]*)"(?=[^"]*type="password")', field)[-1]
        for path in Path(trueup.web.__path__[0], "templates").rglob("*.html")
        for field in path.read_text(encoding="utf-8").split("<input")
        if 'type="password"' in field
    ]
    assert len(names) >= 7
    assert {name for name in names if not is_secret(name)} == {"{{ field }}"}, "receivers' begin with secret. too"


def test_the_fields_of_every_form_have_labels_in_both_languages() -> None:
    names = {"basis", "rounding", "override_units", "keep_plans", "field.platform", "setting.host", "line_fall_share"}
    for path in Path(trueup.web.__path__[0], "templates").rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        for form in re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL):
            fields = re.findall(r'<(?:input|select|textarea)\b(?:[^>"]|"[^"]*")* name="([a-z_]+)"', form)
            names |= {name for name in fields if not is_secret(name)}
            names |= set(re.findall(r'\b(?:text|choice)\("([a-z_]+)"', form))
    names -= {"csrf", "kept", "to", "file"}
    assert len(names) > 60
    for language in ("en", "fr"):
        said = Sentences.for_pages(language)
        assert {name for name in names if label_of(said, name) == name} == set()


def test_what_was_typed_is_shown_by_labels_in_the_reader_s_language(office: House) -> None:
    browser = office.browser()
    browser.client.headers["Accept-Language"] = "fr"
    kept = hidden(browser.post(PEOPLE, TYPED).text)["kept"]
    back = browser.post("/sign-in", {"name": "Ada", "password": PASSWORD, "kept": kept}).text
    assert "<dt>Nom</dt><dd>Zoé &amp; &lt;Söhne&gt;</dd>" in back
    assert "<dt>Rôle</dt><dd>lecteur</dd>" in back
    assert label_of(Sentences.for_pages("fr"), "nobody_named_this") == "nobody_named_this"


def test_the_language_that_a_person_chose_is_spoken_where_nobody_is_signed_in(office: House) -> None:
    browser = office.browser()
    browser.sign_in("Ada", PASSWORD)
    browser.send("/t/default/account/language", {"language": "fr"}, "/t/default/account")
    for path in ("/nowhere", "/t/other/overview"):
        assert (
            "Retour à la vue d&#39;ensemble" in browser.get(path).text
            or "Retour à la vue d'ensemble" in browser.get(path).text
        )
    browser.send("/sign-out", {}, "/t/default/account")
    assert "Mot de passe" in browser.get("/sign-in").text
    browser.sign_in("Ada", PASSWORD)
    browser.send("/t/default/account/language", {"language": ""}, "/t/default/account")
    assert "Back to the overview" in browser.get("/nowhere").text
