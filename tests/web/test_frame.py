"""What holds for every answer, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx2
import pytest
from tests.places import place_for
from tests.web.doors import AlwaysIn
from tests.web.running import answering

from trueup.core.settings import TenantSettings
from trueup.store.database import Database
from trueup.web.application import create_app
from trueup.web.site import Site

_get = partial(httpx2.get, timeout=60)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file: Path = tmp_path_factory.mktemp("web") / "trueup.sqlite"
    with place_for(file) as where, Database.open(where, create=True) as database:
        database.create_tenant("default", TenantSettings(name="An MSP"), now=datetime(2026, 11, 26, tzinfo=UTC))
        with answering(create_app(Site.of(database))) as found:
            yield found


def test_nobody_gets_a_page_without_signing_in(url: str) -> None:
    answer = _get(f"{url}/t/default/overview")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?to=/t/default/overview")
    assert "Overview" not in answer.text


def test_a_person_is_answered_in_the_language_of_the_browser(url: str) -> None:
    answer = _get(f"{url}/nothing", headers={"Accept-Language": "fr-FR,fr;q=0.9"})
    assert 'lang="fr"' in answer.text
    assert "Il n&#39;y a rien à l&#39;adresse /nothing" in answer.text


def test_a_program_gets_problem_details_with_a_code_and_a_cure(url: str) -> None:
    answer = _get(f"{url}/api/v1/nothing/here")
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["status"], told["code"]) == (404, "web.not_found")
    assert told["cure"] == "Check the address."


def test_no_answer_lets_a_browser_load_or_run_anything_from_elsewhere(url: str) -> None:
    for path in ("/", "/api/v1/openapi.json", "/nothing"):
        policy = _get(f"{url}{path}").headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_a_browser_that_speaks_tls_is_told_to_do_so_always(url: str) -> None:
    behind_proxy = {"Host": "trueup.example", "Sec-Fetch-Site": "none"}
    told = _get(f"{url}/sign-in", headers=behind_proxy).headers["strict-transport-security"]
    assert told == "max-age=31536000; includeSubDomains"
    assert "strict-transport-security" not in _get(f"{url}/sign-in", headers={"Sec-Fetch-Site": "none"}).headers


def test_static_files_may_be_kept_because_their_address_changes_with_them(url: str) -> None:
    page = _get(f"{url}/nothing").text
    sheet = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = _get(f"{url}{sheet}")
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert _get(f"{url}/static/other/trueup.css").status_code == 404


def test_even_an_answer_to_a_fault_of_ours_has_our_headers(tmp_path: Path) -> None:
    with place_for(tmp_path / "trueup.sqlite") as where, Database.open(where, create=True) as database:
        database.create_tenant("default", TenantSettings(), now=datetime(2026, 11, 26, tzinfo=UTC))
        app = create_app(Site.of(database), AlwaysIn())

        @app.get("/api/v1/broken")
        async def broken() -> None:
            raise RuntimeError

        with answering(app) as found:
            answer = httpx2.get(f"{found}/api/v1/broken", timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (500, "web.unexpected")
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_call_that_is_too_large_is_refused_before_it_is_read(url: str) -> None:
    answer = httpx2.post(f"{url}/sign-in", data={"name": "x" * 3_000_000}, headers={"Origin": url})
    assert answer.status_code == 413
    assert "too large" in answer.text
    told = httpx2.post(f"{url}/api/v1/plans", content=b" " * 3_000_000, headers={"Authorization": "Bearer none"})
    assert (told.status_code, told.headers["content-type"]) == (413, "application/problem+json")
    assert told.json()["code"] == "web.too_large"
    assert told.headers["x-content-type-options"] == "nosniff"


def test_a_tenant_that_is_not_ones_own_is_unknown_whether_it_exists_or_not(tmp_path: Path) -> None:
    with place_for(tmp_path / "trueup.sqlite") as where, Database.open(where, create=True) as database:
        for tenant in ("default", "other"):
            database.create_tenant(tenant, TenantSettings(name=tenant), now=datetime(2026, 11, 26, tzinfo=UTC))
        with answering(create_app(Site.of(database), AlwaysIn())) as found:
            own, theirs, none = (_get(f"{found}/t/{name}/overview") for name in ("default", "other", "none"))
    assert own.status_code == 200
    assert (theirs.status_code, none.status_code) == (404, 404)
    assert theirs.text.replace("other", "") == none.text.replace("none", "")
