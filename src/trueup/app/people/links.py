"""Links that work once: to choose a password, to sign in, and to make the first person of an installation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from trueup.app.errors import refused
from trueup.app.people.installation import Installation, hash_of, new_secret
from trueup.app.people.membership import By, NewPerson, make_person, may_reset, put_member
from trueup.app.people.passwords import check_password, hashed_password
from trueup.app.people.sessions import Begun, Caller, begin
from trueup.app.people.sign_in_policy import policy_of
from trueup.core.roles import Role
from trueup.store.one_time import OneTime
from trueup.store.persons import Person

Kind = Literal["set_up", "sign_in", "first"]
_KINDS: Final[tuple[Kind, ...]] = ("set_up", "sign_in", "first")


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link is for: `set_up` (choose a password), `sign_in` (just come in), `first` (make the first person, who
    becomes administrator of `tenant`). `person` is None for `first`."""

    kind: Kind
    person: Person | None
    tenant: str


def _kept(house: Installation, kind: Kind, person: Person | None, body: str) -> str:
    secret, now, lasts = new_secret(), house.now(), policy_of(house).link_lasts
    number = None if person is None else person.id
    house.people.one_time.add(OneTime(hash_of(secret), kind, number, body, now + lasts), now=now)
    return secret


async def one_time_link(house: Installation, person: Person, kind: Literal["set_up", "sign_in"] = "set_up") -> str:
    """The secret of a link that is good for one use, and as long as the installation's links last:
    `/welcome/{secret}` for the person to choose a password, or (`sign_in`) to come in at once. A new set-up link
    replaces the earlier one."""

    def made() -> str:
        with house.people.writing():
            house.people.one_time.forget(person.id, kind)
            return _kept(house, kind, person, "")

    return await house.step(made)


async def first_link(house: Installation, tenant: str) -> str | None:
    """The secret of a link that makes the first person, administrator of the tenant; None where there are people."""

    def made() -> str | None:
        with house.people.writing():
            return None if house.people.persons.any() else _kept(house, "first", None, tenant)

    return await house.step(made)


def invitation(house: Installation, secret: str) -> Invitation:
    """What a link is for; using it is another call. Raises UseCaseError `access.link` for one that works no more."""
    people, now, hashed = house.people, house.now(), hash_of(secret)
    with people.reading():
        for kind in _KINDS:
            found = people.one_time.look(hashed, kind, now=now)
            if found is not None:
                person = None if found.person is None else people.persons.get(found.person)
                if (person is None) == (kind == "first"):
                    return Invitation(kind, person, found.body)
    raise refused("access.link")


async def come_in(house: Installation, secret: str, caller: Caller, before: str | None = None) -> Begun:
    """Use a link to sign in. Raises UseCaseError `access.link`."""

    def taken() -> Begun:
        found = house.people.one_time.take(hash_of(secret), "sign_in", now=house.now())
        person = None if found is None or found.person is None else house.people.persons.get(found.person)
        if person is None:
            raise refused("access.link")
        return begin(house, person, "link", caller, before=before)

    return await house.step(taken)


async def choose_password(
    house: Installation, secret: str, password: str, caller: Caller, before: str | None = None
) -> Begun:
    """Use a set-up link: the password is kept, every earlier session ends, and a new one begins.

    Raises UseCaseError `access.link`, `password.*`.
    """
    invited = await house.step(invitation, house, secret)
    if invited.person is None or invited.kind != "set_up":
        raise refused("access.link")
    check_password(password, (invited.person.name, invited.person.email or ""))
    hashed = await hashed_password(password)
    person = invited.person

    def taken() -> None:
        with house.people.writing():
            if house.people.one_time.take(hash_of(secret), "set_up", now=house.now()) is None:
                raise refused("access.link")
            house.people.persons.set_password(person.id, hashed, now=house.now())
            house.people.sessions.end_all(person.id)
        house.tell(person.id, person.name, "account.password_set", "audit.password_set")

    await house.step(taken)
    return await house.step(begin, house, person, "link", caller, before=before)


async def make_first(
    house: Installation, secret: str, name: str, password: str, caller: Caller, before: str | None = None
) -> Begun:
    """Use the first link: make the first person, with a password, as administrator.

    Raises UseCaseError `access.link`, `people.name`, `password.*`.
    """
    invited = await house.step(invitation, house, secret)
    if invited.kind != "first":
        raise refused("access.link")
    check_password(password, (name,))
    hashed = await hashed_password(password)

    def taken() -> Person:
        with house.people.writing():
            gone = house.people.one_time.take(hash_of(secret), "first", now=house.now()) is None
            if gone or house.people.persons.any():
                raise refused("access.link")
            return make_person(house, NewPerson(name), name, hashed)

    person = await house.step(taken)
    await house.step(put_member, house, invited.tenant, person, Role.ADMINISTRATOR, person.name)
    return await house.step(begin, house, person, "link", caller, before=before)


async def reset_person(house: Installation, tenant: str, name: str, by: By) -> str:
    """Take somebody's password and passkeys away and end their sessions; gives a new link's secret.

    Raises UseCaseError `people.unknown_person`, `people.not_yours`.
    """
    person = await may_reset(house, tenant, name, by)

    def reset() -> None:
        with house.people.writing():
            house.people.persons.set_password(person.id, None, now=house.now())
            house.people.sessions.end_all(person.id)
            house.people.one_time.forget(person.id)
            house.people.passkeys.forget(person.id)
        house.tell(person.id, by.name, "account.password_reset", "audit.password_reset", name=person.name)

    await house.step(reset)
    return await one_time_link(house, person)
