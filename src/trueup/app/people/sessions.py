"""Sessions: beginning one, finding whose it is, ending it.

An id is 256 random bits, new at every sign-in and every renewed proof of identity, kept as a hash. A session ends after
30 minutes without a call and after 12 hours whatever happens (OWASP ASVS 4.0.3, 3.3.2, level 2).
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from trueup.app.people.installation import Installation, hash_of, new_secret
from trueup.app.people.sign_in_policy import is_enough
from trueup.app.platform.operators import is_operator
from trueup.core.roles import Role
from trueup.store.persons import Person
from trueup.store.sessions import Session

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
RECENT: Final = timedelta(minutes=15)
"""Sensitive acts need a proof of identity that is no older."""

_NOTED: Final = timedelta(minutes=1)
"""How often the use of a session is written down."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a call comes from: its network address and what the browser says of itself."""

    address: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that has just begun; `secret` is for the cookie and stands nowhere else. `failures` tells how often
    somebody failed to sign in as this person since they last did."""

    secret: str = field(repr=False)
    person: Person
    session: Session
    failures: int = 0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whose session it is, and what they may do in each tenant that is theirs. Where it is not `is_enough`, it began by
    one factor and two are required: it may do nothing but make the person's first passkey. `is_operator` says that they
    may see how every tenant of the installation stands."""

    person: Person
    session: Session
    roles: Mapping[str, Role]
    is_recent: bool
    is_enough: bool = True
    is_operator: bool = False


def csrf_of(secret: str) -> str:
    """The token that forms of this session carry: only who holds the session's id can work it out."""
    digest = hmac.digest(secret.encode(), b"trueup form", hashlib.sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")


def begin(house: Installation, person: Person, method: str, caller: Caller, *, before: str | None = None) -> Begun:
    """Begin a session under a new id, whatever id the browser brought (`before`, which ends)."""
    now, secret = house.now(), new_secret()
    session = Session(
        hash_of(secret), person.id, method, caller.address, caller.agent[:200], now, now, now, now + LONGEST
    )
    with house.people.writing():
        if before is not None:
            house.people.sessions.end(hash_of(before))
        house.people.sessions.begin(session)
    house.tell(person.id, person.name, "session.began", "audit.signed_in", method=method, address=caller.address)
    return Begun(secret, person, session)


def whose(house: Installation, secret: str) -> SignedIn | None:
    """Whose session it is; None for one that is unknown or has ended."""
    people, now = house.people, house.now()
    with people.reading():
        session = people.sessions.get(hash_of(secret))
        person = None if session is None else people.persons.get(session.person)
        operates = person is not None and is_operator(house, person.id)
    if session is None or person is None:
        return None
    # what lies in a time to come was written before the clock was set back
    if now >= session.ends_at or abs(now - session.seen_at) >= IDLE:
        people.sessions.end(session.hash)
        return None
    roles = house.database.roles_of(person.id)
    if now - session.seen_at >= _NOTED:
        session = people.sessions.seen(session, now=now)
    recent = abs(now - session.confirmed_at) < RECENT
    return SignedIn(person, session, roles, recent, is_enough(house, session.method), operates)


def sign_out(house: Installation, signed_in: SignedIn) -> None:
    """End this session."""
    house.people.sessions.end(signed_in.session.hash)
    _tell_ended(house, signed_in, 1)


def sign_out_everywhere(house: Installation, signed_in: SignedIn, *, here_too: bool = True) -> int:
    """End every session of the person, this one included unless said otherwise; gives how many."""
    but = None if here_too else signed_in.session.hash
    count = house.people.sessions.end_all(signed_in.person.id, but=but)
    _tell_ended(house, signed_in, count)
    return count


def end_one(house: Installation, signed_in: SignedIn, handle: str) -> bool:
    """End one of the person's own sessions by its handle; whether there was one."""
    for session in house.people.sessions.of(signed_in.person.id):
        if session.handle == handle:
            house.people.sessions.end(session.hash)
            _tell_ended(house, signed_in, 1)
            return True
    return False


def _tell_ended(house: Installation, signed_in: SignedIn, count: int) -> None:
    person = signed_in.person
    house.tell(person.id, person.name, "session.ended", "audit.signed_out", count=count)
