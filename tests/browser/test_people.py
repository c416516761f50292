"""People in a real browser: the way in, a passkey by Chromium's virtual authenticator, the pages of settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import CDPSession, Page
from starlette.responses import Response
from tests.browser.looking import accessible, fits
from tests.modules.vendor import Vendor
from tests.web.house import PASSWORD, House, house, run

from trueup.app.people.sign_in_policy import set_policy
from trueup.core.roles import Role

BASE = "/t/default"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("people")) as found:
        found.person("Ada", Role.ADMINISTRATOR, password=PASSWORD)
        found.person("Béatrice", Role.BILLING)
        yield found


def sign_in(page: Page, office: House, to: str = "/") -> None:
    page.goto(f"{office.url}{to}")
    page.get_by_label("Name", exact=True).fill("Ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def test_a_person_signs_in_by_keyboard_and_out_again(office: House, page: Page, shot: Callable[..., None]) -> None:
    page.goto(f"{office.url}{BASE}/overview")
    accessible(page)
    fits(page)
    shot(page, "sign-in")
    page.keyboard.type("Ada")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong wrong wrong")
    page.keyboard.press("Enter")
    assert "name or the password is wrong" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Name", exact=True).input_value() == "Ada"
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/overview")
    page.get_by_text("Ada", exact=True).click()
    accessible(page)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")


def test_somebody_is_told_and_a_test_says_at_once_whether_it_arrives(
    office: House, page: Page, shot: Callable[..., None]
) -> None:
    answers = [200, 503, 503, 503]
    with Vendor(lambda _: Response(status_code=answers.pop(0))) as desk:
        sign_in(page, office, f"{BASE}/settings/notices")
        page.get_by_role("link", name="Webhook").click()
        page.get_by_label("Name", exact=True).fill("service desk")
        page.get_by_label("Address (https)").fill(desk.url)
        page.get_by_label("a plan waits for an approval").check()
        page.get_by_role("button", name="Tell from now on").click()
        page.get_by_text("is shown this once").wait_for()
        told = page.get_by_role("row", name="service desk")
        told.get_by_role("button", name="Send a test to service desk").click()
        told.get_by_text("The test was taken").wait_for()
        told.get_by_role("button", name="Send a test to service desk").click()
        told.get_by_text("answered 503").wait_for()
        accessible(page)
        fits(page)
        page.get_by_role("link", name="E-mail").click()
        page.wait_for_url("**kind=email**")
        page.evaluate("window.scrollTo(0, 0)")
        shot(page, "settings-notices")
        page.get_by_role("link", name="service desk").click()
        accessible(page)
        fits(page)
        page.get_by_label("Name", exact=True).fill("the desk")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Switch the desk off").click()
        page.get_by_role("button", name="Switch the desk on").wait_for()


def with_authenticator(page: Page) -> tuple[CDPSession, str]:
    """A virtual authenticator that says yes, with the session that steers it and its id."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return tools, made["authenticatorId"]


def test_a_passkey_is_added_and_signs_in_without_a_password(office: House, page: Page) -> None:
    tools, authenticator = with_authenticator(page)
    sign_in(page, office, f"{BASE}/account")
    page.get_by_label("Name of a new passkey").fill("my laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url("**done=passkey")
    assert page.get_by_role("row", name="my laptop").is_visible()

    def signed_in_by_key() -> None:
        page.context.clear_cookies()
        page.goto(f"{office.url}{BASE}/account")
        page.get_by_role("button", name="Use a passkey").click()

    signed_in_by_key()
    page.wait_for_url(f"{office.url}{BASE}/account")
    assert "(passkey)" in page.content()
    number = {"authenticatorId": authenticator}
    tools.send("WebAuthn.setUserVerified", {**number, "isUserVerified": False})
    signed_in_by_key()
    page.get_by_text("The passkey was not accepted").wait_for()
    tools.send("WebAuthn.setUserVerified", {**number, "isUserVerified": True})
    ada = office.installation.people.persons.named("Ada")
    assert ada is not None
    office.installation.people.passkeys.forget(ada.id)
    signed_in_by_key()
    page.get_by_text("The passkey was not accepted").wait_for()


def require(office: House, *, required: bool) -> None:
    with ThreadPoolExecutor(1) as other:  # the browser has the loop of this thread
        other.submit(lambda: run(set_policy(office.installation, "operator", second_factor=required))).result()


def test_where_a_passkey_is_required_the_first_sign_in_makes_one_and_the_next_uses_it(
    office: House, page: Page
) -> None:
    with_authenticator(page)
    require(office, required=True)
    try:
        sign_in(page, office, f"{BASE}/overview")
        page.wait_for_url("**/passkey**")
        accessible(page)
        fits(page)
        page.get_by_label("Name of a new passkey").fill("first")
        page.get_by_role("button", name="Add a passkey").click()
        page.wait_for_url("**/sign-in")
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_url("**/overview")
    finally:
        require(office, required=False)
        ada = office.installation.people.persons.named("Ada")
        assert ada is not None
        office.installation.people.passkeys.forget(ada.id)


@pytest.mark.parametrize(
    ("width", "dark", "language"), [(1280, False, "en-GB"), (360, True, "fr-FR")], ids=["wide", "phone"]
)
def test_pages_of_people_are_whole_and_accessible(
    office: House,
    pages: Callable[..., Page],
    shot: Callable[..., None],
    width: int,
    dark: bool,
    language: str,
) -> None:
    page = pages(language=language, width=width, dark=dark)
    page.goto(f"{office.url}/sign-in")
    page.locator("#name").fill("Ada")
    page.locator("#password").fill(PASSWORD)
    page.locator("button.first").click()
    page.wait_for_url("**/overview")
    for path in (
        "account",
        "settings/choices",
        "settings/rails",
        "settings/notices",
        "settings/people",
        "settings/tokens",
        "settings/networks",
    ):
        page.goto(f"{office.url}{BASE}/{path}")
        accessible(page)
        fits(page)
        if width == 1280:
            shot(page, path.replace("/", "-"))
        elif path == "settings/notices":
            shot(page, "settings-notices-phone", whole=False)
