"""A clock that jumps while people and programs are let in: nobody stays longer for it, and nobody is locked out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from tests.web.house import House, house, run

from trueup.app.people import links, sessions, signing_in, tokens
from trueup.app.people.sessions import Caller
from trueup.core.roles import Role
from trueup.core.throttle import Lane
from trueup.store.persons import Person

HOUR = timedelta(hours=1)
YEAR = timedelta(days=365)
PAGE = "/t/default/overview"
ELSEWHERE = Caller("198.51.100.7")


@pytest.fixture
def door(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as found:
        found.person("Ada", Role.ADMINISTRATOR)
        yield found


def jump(door: House, by: timedelta) -> None:
    door.clock.put(door.clock.now() + by)


def ada(door: House) -> Person:
    found = door.installation.people.persons.named("Ada")
    assert found is not None
    return found


@pytest.mark.parametrize("by", [-YEAR, -3 * HOUR, 9 * HOUR, YEAR])
def test_a_session_ends_when_the_clock_jumps_and_the_next_sign_in_works(door: House, by: timedelta) -> None:
    browser = door.browser(ada(door))
    assert browser.get(PAGE).status_code == 200
    jump(door, by)
    assert browser.get(PAGE).status_code == 303
    assert door.browser(ada(door)).get(PAGE).status_code == 200


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_put_right_by_minutes_ends_no_session(door: House, minutes: int) -> None:
    browser = door.browser(ada(door))
    jump(door, timedelta(minutes=minutes))
    assert browser.get(PAGE).status_code == 200


@pytest.mark.parametrize("minutes", [-20, 20])
def test_a_proof_of_identity_of_before_the_jump_counts_as_old(door: House, minutes: int) -> None:
    begun = sessions.begin(door.installation, ada(door), "link", ELSEWHERE)
    jump(door, timedelta(minutes=minutes))
    found = sessions.whose(door.installation, begun.secret)
    assert found is not None
    assert not found.is_recent


@pytest.mark.parametrize("by", [-YEAR, -3 * HOUR, 3 * HOUR, YEAR])
def test_a_link_made_before_the_jump_opens_nothing_and_a_new_one_does(door: House, by: timedelta) -> None:
    old = run(links.one_time_link(door.installation, ada(door), "sign_in"))
    jump(door, by)
    browser = door.browser()
    browser.post(f"/welcome/{old}", {})
    assert browser.get(PAGE).status_code == 303
    new = run(links.one_time_link(door.installation, ada(door), "sign_in"))
    browser.post(f"/welcome/{new}", {})
    assert browser.get(PAGE).status_code == 200


def test_a_token_ends_while_the_clock_is_ahead_and_works_again_when_it_is_put_right(door: House) -> None:
    text = run(tokens.make_token(door.installation, "default", "nightly", tokens.Scope.READ, 30, "operator", None)).text

    def answer() -> int:
        return httpx2.get(f"{door.url}{PAGE}", headers={"Authorization": f"Bearer {text}"}).status_code

    for by, code in ((timedelta(), 200), (YEAR, 401), (-YEAR, 200), (-YEAR, 200)):
        jump(door, by)
        assert answer() == code, by


def test_who_failed_to_sign_in_while_the_clock_was_ahead_does_not_wait_for_that_year(door: House) -> None:
    """Else one jump would lock an owner out for good."""
    lanes, store = signing_in._Lanes.of("Ada", ELSEWHERE), door.installation.people.lanes
    for subject in (lanes.here, lanes.account, lanes.address):
        store.put(subject, Lane(40, door.clock.now() + YEAR))
    signing_in._counted(door.installation, lanes)
    assert store.get((lanes.here,))[lanes.here].failures == 1
