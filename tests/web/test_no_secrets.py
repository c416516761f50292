"""What opens something stands in no answer but the one that hands it over, and in no log."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from tests.web.house import PASSWORD, house, run
from tests.web.routes import route_rows

from trueup.app.people import links
from trueup.app.people.sessions import csrf_of
from trueup.app.people.tokens import Scope, make_token
from trueup.core.roles import Role


def test_no_answer_and_no_log_holds_a_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for ours in ("httpx2", "httpcore2"):  # the test's own client tells what it sends
        caplog.set_level(logging.WARNING, logger=ours)
    with house(tmp_path) as office:
        ada = office.person("Ada", Role.ADMINISTRATOR, password=PASSWORD)
        token = run(make_token(office.installation, "default", "nightly", Scope.ADMIN, 30, "Ada", ada.id)).text
        browser = office.browser()
        assert browser.sign_in("Ada", PASSWORD).status_code == 303
        wrong = browser.post("/sign-in", {"name": PASSWORD, "password": "another secret of hers"})
        session, stored = str(browser.cookie()), office.installation.people.persons.get(ada.id)
        link = run(links.one_time_link(office.installation, ada))
        assert stored is not None
        secrets = [PASSWORD, "another secret of hers", session, token, token.partition(".")[2], link, "$argon2"]
        answers = {"/sign-in again": wrong.text.replace(f'value="{PASSWORD}"', "")}
        for row in route_rows(office.app):
            if row.method == "GET":
                path = re.sub(r"\{[^}]*\}", "99999", row.path.replace("{tenant}", "default"))
                with browser.client.stream("GET", path) as answer:
                    endless = answer.headers.get("content-type", "").startswith("text/event-stream")
                    text = "" if endless else answer.read().decode(errors="replace")
                    answers[path] = text + str(answer.headers)
        assert len(answers) > 20
        assert csrf_of(session) in answers["/t/default/account"], "the form token is not the session"
        for path, text in answers.items():
            assert [secret for secret in secrets if secret in text] == [], path
        told = capfd.readouterr()
        logged = f"{caplog.text}{told.out}{told.err}"
        assert [secret for secret in secrets if secret in logged] == []
