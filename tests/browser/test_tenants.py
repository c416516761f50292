"""All tenants of an installation in a real browser: an operator finds the worst, and lets one rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from tests.browser.looking import accessible, fits
from tests.places import ask, place_of
from tests.web.house import NOON, OPERATOR, House, run
from tests.web.msp import PlayedMsp
from tests.web.running import answering

from trueup.app.clock import FixedClock
from trueup.app.people import links
from trueup.app.people.membership import NewPerson, add_person
from trueup.app.platform.operators import set_operator
from trueup.core.roles import Role
from trueup.core.settings import TenantSettings
from trueup.store.columns import metadata
from trueup.store.every_table import TENANT_TABLES
from trueup.web.application import create_app

ROOM = "/t/default/tenants"
NIGHT = datetime(2026, 11, 25, 1, 14, tzinfo=UTC)
NAMES = {
    "ouest": "Ouest Informatique",
    "rhone": "Rhône Services",
    "leman": "Léman IT",
    "nord": "Infogérance du Nord",
    "alpes": "Alpes Réseaux",
}


def copied(where: str, tenant: str) -> None:
    """One more tenant with every row of the first one; parents come before what belongs to them."""
    for table in metadata.sorted_tables:
        rest = ", ".join(f'"{column.name}"' for column in table.columns if column.name != "tenant")
        wanted = f"SELECT '{tenant}', {rest} FROM {table.name} WHERE tenant = 'default'"
        if table in TENANT_TABLES and table.name != "push_key":
            ask(where, f"INSERT INTO {table.name} (tenant, {rest}) {wanted}")


@pytest.fixture(scope="module")
def office(played_msp: PlayedMsp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Six tenants: writes without an end, a night that failed, one that rests, two with nothing in them yet."""
    folder = tmp_path_factory.mktemp("tenants")
    with played_msp.site(folder) as site:
        where = place_of(site.database)
        for tenant in ("ouest", "rhone", "leman"):
            copied(where, tenant)
        ask(where, "UPDATE intent SET state = 'unsettled' WHERE tenant = 'leman' AND id = 1")
        ask(where, "UPDATE connection SET delivered_day = '2026-11-12' WHERE tenant = 'ouest' AND role = 'module'")
        for tenant in ("nord", "alpes"):
            site.database.create_tenant(tenant, TenantSettings(suspended=tenant == "alpes"), now=NOON)
        for tenant, name in NAMES.items():
            store = site.database.tenant(tenant)
            store.settings.save(_named(store.settings.get(), name), "tests", now=NOON)
        for tenant, status in (("default", "done"), ("ouest", "done"), ("leman", "done"), ("rhone", "failed")):
            runs = site.database.tenant(tenant).runs
            runs.finish(runs.start("night", "schedule", now=NIGHT), status, now=NIGHT)
        app = create_app(site)
        with answering(app) as url:
            clock = site.clock
            assert isinstance(clock, FixedClock)
            yield House(app, site.installation, clock, url.replace("127.0.0.1", "localhost"), where)


def _named(settings: TenantSettings, name: str) -> TenantSettings:
    return replace(settings, name=name)


def way_in(office: House, name: str) -> str:
    """A link that signs an operator in."""

    def made() -> str:
        house = office.installation
        person = house.people.persons.named(name) or run(
            add_person(house, "default", NewPerson(name), Role.VIEWER, OPERATOR)
        )
        run(set_operator(house, name, "tests", on=True))
        return f"{office.url}/welcome/{run(links.one_time_link(house, person, 'sign_in'))}"

    with ThreadPoolExecutor(1) as other:  # the browser has the loop of this thread
        return other.submit(made).result()


def enter(office: House, page: Page) -> None:
    page.goto(way_in(office, "Olga"))
    page.locator("button.first").click()
    page.wait_for_url("**/overview")


@pytest.mark.parametrize(
    ("width", "dark", "language"),
    [(1280, False, "en-GB"), (1600, True, "en-GB"), (1280, False, "fr-FR"), (360, True, "fr-FR")],
    ids=["wide", "dark", "french", "phone"],
)
def test_an_operator_finds_the_worst_first(
    office: House, pages: Callable[..., Page], shot: Callable[..., None], width: int, dark: bool, language: str
) -> None:
    page = pages(language=language, width=width, dark=dark)
    enter(office, page)
    page.locator("details.tenant summary").click()
    page.locator(f'a[href="{ROOM}"]').click()
    page.wait_for_url(f"**{ROOM}")
    found = [name.split("\n")[0] for name in page.locator("[data-row-act]").all_inner_texts()]
    assert found[:3] == ["Léman IT", "Rhône Services", "Ouest Informatique"]
    assert found[-1] == "Alpes Réseaux"
    accessible(page)
    fits(page)
    if width == 1280 or language == "fr-FR":
        shot(page, "tenants" + {"en-GB": "", "fr-FR": "-french"}[language] + ("-phone" if width == 360 else ""))
    page.goto(f"{office.url}{ROOM}/of/leman")
    accessible(page)
    fits(page)
    if not dark:
        shot(page, "tenants-one" + {"en-GB": "", "fr-FR": "-french"}[language])
    for path in ("new", "trail"):
        page.goto(f"{office.url}{ROOM}/{path}")
        accessible(page)
        fits(page)


def test_by_keyboard_alone_a_tenant_is_found_while_typing_suspended_and_taken_up_again(
    office: House, page: Page
) -> None:
    enter(office, page)
    page.goto(f"{office.url}{ROOM}")
    page.locator("#q").focus()
    page.keyboard.type("infogerance nord")
    page.locator("[data-row-act]").and_(page.get_by_text("Infogérance du Nord")).wait_for()
    expect(page.locator("[data-row-act]")).to_have_count(1)
    assert "q=infogerance" in page.url
    page.locator("[data-row-act]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/of/nord")
    page.get_by_label("Reason").focus()
    page.keyboard.type("contract ended")
    page.keyboard.press("Enter")
    page.get_by_text("nord is suspended").wait_for()
    accessible(page)
    page.get_by_role("button", name="Resume").press("Enter")
    page.get_by_text("nord goes on").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").press("Enter")
    assert download.value.suggested_filename == "nord.zip"
