"""Signing in with a name and a password, slowed down for who guesses.

A try is counted before the password is looked at, so that many at once gain nothing. Three lanes are counted: the
address; the account from this address; the account from all addresses together, which never holds up an address from
which its owner signed in before. So guessing slows the guesser, and nobody can lock an owner out for good.
Decision: docs/decisions/0111-signing-in.md.
"""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from trueup.app.errors import failed
from trueup.app.people.installation import Installation, hash_of
from trueup.app.people.passwords import hashed_password, is_outdated, password_fits
from trueup.app.people.sessions import Begun, Caller, begin
from trueup.app.people.sign_in_policy import refuse_password_alone
from trueup.core.throttle import Lane, Limit, uncounted
from trueup.store.persons import Person, key_of

_MINUTE: Final = timedelta(minutes=1)
ACCOUNT_HERE: Final = Limit(5, _MINUTE / 2, 15 * _MINUTE, 60 * _MINUTE)
ACCOUNT: Final = Limit(20, _MINUTE / 2, 15 * _MINUTE, 60 * _MINUTE)
ADDRESS: Final = Limit(30, _MINUTE / 2, 15 * _MINUTE, 15 * _MINUTE)
KNOWN: Final = timedelta(days=90)
"""For so long an address is remembered from which a person signed in."""


@dataclass(frozen=True, slots=True)
class _Lanes:
    """Subjects of the lanes that one try counts in."""

    account: str
    here: str
    address: str
    known: str

    @classmethod
    def of(cls, name: str, caller: Caller) -> _Lanes:
        account, network = key_of(name), network_of(caller.address)
        return cls(
            hash_of(f"account {account}"),
            hash_of(f"account {account} from {network}"),
            hash_of(f"address {network}"),
            hash_of(f"known {account} from {network}"),
        )


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _counted(house: Installation, lanes: _Lanes) -> None:
    """Count a try. Raises UseCaseError `access.too_many` where one has to wait first; that is not counted."""
    store, now = house.people.lanes, house.now()
    with house.people.writing():
        found = store.get((lanes.account, lanes.here, lanes.address, lanes.known))
        known = found.get(lanes.known)
        limits = {lanes.here: ACCOUNT_HERE, lanes.address: ADDRESS}
        if known is None or now - known.last_at >= KNOWN:
            limits[lanes.account] = ACCOUNT
        wait = max(limit.wait(found.get(subject), now) for subject, limit in limits.items())
        if wait:
            raise failed("access.too_many", seconds=math.ceil(wait.total_seconds()))
        for subject, limit in {**limits, lanes.account: ACCOUNT}.items():
            store.put(subject, limit.counted(found.get(subject), now))


def _welcomed(house: Installation, lanes: _Lanes) -> int:
    """Take the try back that turned out well; gives how many had failed before it, from any address."""
    store, now = house.people.lanes, house.now()
    with house.people.writing():
        found = store.get((lanes.account, lanes.address))
        store.put(lanes.here, None)
        store.put(lanes.account, None)
        store.put(lanes.address, uncounted(found.get(lanes.address)))
        store.put(lanes.known, Lane(0, now))
        store.forget_before(now - KNOWN)
    return max(found.get(lanes.account, Lane(1, now)).failures - 1, 0)


async def sign_in(house: Installation, name: str, password: str, caller: Caller, before: str | None = None) -> Begun:
    """Begin a session for a person by name and password. `before` is the session id that the browser brought.

    Raises UseCaseError `access.wrong` for an unknown name as for a wrong password, after the same time;
    `access.too_many` with the seconds to wait; `access.second_factor` where a password alone is not enough here.
    """
    person = await proved(house, name, password, caller)
    await house.step(refuse_password_alone, house, person)
    lanes = _Lanes.of(name, caller)
    failures = await house.step(_welcomed, house, lanes)
    begun = await house.step(begin, house, person, "password", caller, before=before)
    return replace(begun, failures=failures)


async def proved(house: Installation, name: str, password: str, caller: Caller) -> Person:
    """The person of that name who knows the password; a try that is counted. Raises as `sign_in` does."""
    await house.step(_counted, house, _Lanes.of(name, caller))
    person = await house.step(house.people.persons.named, name)
    fits = await password_fits(person.password if person else None, password)
    if person is None or person.password is None or not fits:
        raise failed("access.wrong")
    if is_outdated(person.password):
        renewed = await hashed_password(password)
        await house.step(house.people.persons.set_password, person.id, renewed, now=person.password_at or house.now())
    return person


def note_failure(house: Installation, name: str, caller: Caller) -> None:
    """Write a failed try into the trail of the tenants of the person whose name it was, if there is one. To be done
    after the answer, which must take the same time whether there is."""
    person = house.people.persons.named(name)
    if person is not None:
        house.tell(person.id, person.name, "session.refused", "audit.sign_in_failed", address=caller.address)
