"""Guessing is slow, and nobody can lock an owner out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.web.house import PASSWORD, House, house, run

from trueup.app.errors import UseCaseError
from trueup.app.people import links
from trueup.app.people.sessions import Begun, Caller
from trueup.app.people.signing_in import _counted, _Lanes, network_of, sign_in
from trueup.core.roles import Role


@pytest.fixture
def office(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as found:
        found.person("Ada", Role.ADMINISTRATOR, password=PASSWORD)
        yield found


def tried(office: House, address: str, password: str, name: str = "Ada") -> Begun | str:
    try:
        return run(sign_in(office.installation, name, password, Caller(address)))
    except UseCaseError as error:
        return error.reason.code


def guessed(office: House, address: str, name: str = "Ada") -> str:
    """A wrong guess as far as it is counted, which happens before any password is looked at."""
    try:
        _counted(office.installation, _Lanes.of(name, Caller(address)))
    except UseCaseError as error:
        return error.reason.code
    return "access.wrong"


def test_after_five_wrong_passwords_even_the_right_one_waits_and_then_works(office: House) -> None:
    browser = office.browser()
    for _ in range(5):
        assert browser.sign_in("Ada", "not the password").status_code == 401
    answer = browser.sign_in("Ada", PASSWORD)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
    assert "30 seconds" in answer.text
    office.clock.put(office.clock.now() + timedelta(seconds=30))
    assert browser.sign_in("Ada", PASSWORD).status_code == 303
    entries = [entry.action for entry in office.installation.database.tenant("default").audit.list()]
    assert entries.count("session.refused") == 5
    assert entries[-1] == "session.began"


def test_an_unknown_name_is_slowed_down_alike(office: House) -> None:
    codes = [tried(office, "192.0.2.1", "x", "nobody") for _ in range(6)]
    assert codes == ["access.wrong"] * 5 + ["access.too_many"]


def test_guesses_from_many_addresses_never_hold_up_the_address_that_the_owner_uses(office: House) -> None:
    assert isinstance(tried(office, "198.51.100.7", PASSWORD), Begun)
    codes = [guessed(office, f"192.0.2.{number}") for number in range(25)]
    assert codes[:20] == ["access.wrong"] * 20
    assert set(codes[20:]) == {"access.too_many"}
    found = tried(office, "198.51.100.7", PASSWORD)
    assert isinstance(found, Begun)
    assert found.failures == 20


def test_the_longest_wait_is_a_quarter_of_an_hour_and_a_link_works_at_once(office: House) -> None:
    for _ in range(40):
        guessed(office, "192.0.2.1")
        office.clock.put(office.clock.now() + timedelta(minutes=15))
    for _ in range(2):
        guessed(office, "192.0.2.1")
    assert tried(office, "192.0.2.1", PASSWORD) == "access.too_many"
    ada = office.installation.people.persons.named("Ada")
    assert ada is not None
    secret = run(links.one_time_link(office.installation, ada, "sign_in"))
    assert office.browser().post(f"/welcome/{secret}", {}).status_code == 303
    office.clock.put(office.clock.now() + timedelta(minutes=15))
    assert isinstance(tried(office, "192.0.2.1", PASSWORD), Begun)


def test_one_address_that_tries_many_names_is_slowed_down(office: House) -> None:
    codes = [guessed(office, "2001:db8::1", f"name {number}") for number in range(31)]
    assert codes == ["access.wrong"] * 30 + ["access.too_many"]
    assert guessed(office, "2001:db8::ffff", "another") == "access.too_many", "the same network of 64 bits"
    assert guessed(office, "2001:db8:0:1::1", "another") == "access.wrong"


def test_networks() -> None:
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("2001:db8:1:2:3::4") == "2001:db8:1:2::/64"
    assert network_of("somewhere") == "somewhere"
