"""People of a tenant: adding them, their roles, letting them go.

A person belongs to the installation and may work for several tenants. Whoever could set somebody's password could act
as them everywhere, so an administrator may do that only to people of whose tenants they administer every one; the
operator of the installation, at its command line, may always (docs/decisions/0110-people-and-tenants.md).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.people.installation import Installation
from trueup.core.acting import SEPARATOR
from trueup.core.reason import Param, Reason
from trueup.core.roles import Role
from trueup.messages.language import LANGUAGES
from trueup.store.members import Member
from trueup.store.persons import Person, key_of
from trueup.store.tenant_store import TenantStore

LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody to be added. `email` is what a sign-in elsewhere vouches for; `language` None is the browser's."""

    name: str
    email: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class MemberShown:
    """A person of a tenant as others see them: how they may sign in, and when they last did."""

    person: Person
    member: Member
    has_password: bool
    sessions: int
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class By:
    """Who does it: a name for the record, and their role in each tenant; None for the operator of the installation."""

    name: str
    roles: Mapping[str, Role] | None = None

    def governs(self, roles: Mapping[str, Role]) -> bool:
        """Whether they administer every tenant of somebody with these roles."""
        own = self.roles
        return own is None or all(own.get(tenant) is Role.ADMINISTRATOR for tenant in roles)


def _wrong(code: str, **params: Param) -> UseCaseError:
    return UseCaseError(Reason.of(code, **params), Exit.USAGE)


def _clean(new: NewPerson) -> NewPerson:
    name = " ".join(new.name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or SEPARATOR in name:
        raise _wrong("people.name", maximum=LONGEST_NAME)
    return NewPerson(name, clean_email(new.email), clean_language(new.language))


def clean_email(email: str | None) -> str | None:
    """An e-mail address, None for an empty one. Raises UseCaseError `people.email` (exit code 2)."""
    text = (email or "").strip()
    if not text:
        return None
    local, at, host = text.rpartition("@")
    if not (local and at and "." in host) or len(text) > 254 or not text.isprintable() or " " in text:
        raise _wrong("people.email")
    return text


def clean_language(language: str | None) -> str | None:
    """A language of ours, None for an empty one. Raises UseCaseError `setup.unknown_language` (exit code 2)."""
    if language and language not in LANGUAGES:
        raise _wrong("setup.unknown_language", language=language, known=", ".join(LANGUAGES))
    return language or None


def make_person(house: Installation, new: NewPerson, actor: str, password: str | None = None) -> Person:
    """Make a person who may nothing yet; `password` is a hash. Raises UseCaseError `people.name`, `people.email`;
    StoreError `store.person_exists`, `store.email_exists`."""
    clean, number = _clean(new), secrets.token_hex(16)
    persons = house.people.persons
    with house.people.writing():
        persons.add(number, clean.name, clean.email, clean.language, actor, now=house.now())
        if password is not None:
            persons.set_password(number, password, now=house.now())
        made = persons.get(number)
    if made is None:
        raise failed("people.unknown_person", name=clean.name)
    return made


def put_member(house: Installation, tenant: str, person: Person, role: Role, actor: str) -> None:
    """Give a person a role in a tenant, with an entry in its trail. Raises UseCaseError `people.last_administrator`."""
    store = house.database.tenant(tenant)
    with store.writing():
        before = _role_of(store, person.id)
        if before is role:
            return
        if before is Role.ADMINISTRATOR:
            _another_administrator(store, person)
        store.members.put(person.id, role, actor, now=house.now())
        was = None if before is None else before.value
        detail = Reason.of("audit.member_put", name=person.name, role=role.value, before=was)
        store.audit.add(actor, "member.added" if before is None else "member.changed", detail, now=house.now())


def _role_of(store: TenantStore, person: str) -> Role | None:
    return next((member.role for member in store.members.list() if member.person == person), None)


def _another_administrator(store: TenantStore, person: Person) -> None:
    others = [member for member in store.members.list() if member.person != person.id]
    if not any(member.role is Role.ADMINISTRATOR for member in others):
        raise failed("people.last_administrator", name=person.name)


async def add_person(
    house: Installation, tenant: str, new: NewPerson, role: Role, by: By, password: str | None = None
) -> Person:
    """Add somebody to a tenant; `password` is a hash, None where they will choose one by a link.

    Somebody of that name who works for other tenants joins this one, where `by` governs them; else the name is taken.
    Raises UseCaseError `people.name`, `people.email`, `people.already`, `people.taken`; StoreError
    `store.email_exists`.
    """

    def person() -> Person:
        known = house.people.persons.named(_clean(new).name)
        if known is None:
            return make_person(house, new, by.name, password)
        roles = house.database.roles_of(known.id)
        if tenant in roles:
            raise failed("people.already", name=known.name)
        if not by.governs(roles) or password is not None:
            raise failed("people.taken", name=known.name)
        return known

    found = await house.step(person)
    await house.step(put_member, house, tenant, found, role, by.name)
    return found


async def people_of(house: Installation, tenant: str) -> tuple[MemberShown, ...]:
    """The people of a tenant, by name."""

    def listed() -> tuple[MemberShown, ...]:
        members = house.database.tenant(tenant).members.list()
        with house.people.reading():
            persons = house.people.persons.some(member.person for member in members)
            shown = [_shown(house, persons[member.person], member) for member in members if member.person in persons]
        return tuple(sorted(shown, key=lambda one: key_of(one.person.name)))

    return await house.step(listed)


def _shown(house: Installation, person: Person, member: Member) -> MemberShown:
    sessions = house.people.sessions.of(person.id)
    seen_at = max((session.seen_at for session in sessions), default=None)
    return MemberShown(person, member, person.password is not None, len(sessions), seen_at)


async def member_named(house: Installation, tenant: str, name: str) -> MemberShown:
    """One of them, by name or id. Raises UseCaseError `people.unknown_person`."""
    for shown in await people_of(house, tenant):
        if shown.person.id == name or key_of(shown.person.name) == key_of(name):
            return shown
    raise failed("people.unknown_person", name=name)


async def set_role(house: Installation, tenant: str, name: str, role: Role, by: By) -> MemberShown:
    """Give somebody another role. Raises UseCaseError `people.unknown_person`, `people.last_administrator`."""
    shown = await member_named(house, tenant, name)
    await house.step(put_member, house, tenant, shown.person, role, by.name)
    return await member_named(house, tenant, shown.person.id)


async def set_email(house: Installation, tenant: str, name: str, email: str | None, by: By) -> MemberShown:
    """Change the address by which a sign-in elsewhere finds somebody; None takes it away.

    Raises UseCaseError `people.unknown_person`, `people.not_yours`, `people.email`; StoreError `store.email_exists`.
    """
    person, clean = await may_reset(house, tenant, name, by), clean_email(email)

    def changed() -> None:
        house.people.persons.set_email(person.id, clean)
        house.tell(person.id, by.name, "member.changed", "audit.email_set", name=person.name)

    if person.email != clean:
        await house.step(changed)
    return await member_named(house, tenant, person.id)


async def remove_member(house: Installation, tenant: str, name: str, by: By) -> Person:
    """Let somebody go: the tenant is theirs no longer. Who has no tenant left is signed out, and signs in to nothing.

    Raises UseCaseError `people.unknown_person`, `people.last_administrator`.
    """
    shown = await member_named(house, tenant, name)
    person = shown.person

    def removed() -> None:
        store = house.database.tenant(tenant)
        with store.writing():
            if _role_of(store, person.id) is Role.ADMINISTRATOR:
                _another_administrator(store, person)
            store.members.remove(person.id)
            detail = Reason.of("audit.member_removed", name=person.name)
            store.audit.add(by.name, "member.removed", detail, now=house.now())
        if not house.database.roles_of(person.id):
            with house.people.writing():
                house.people.sessions.end_all(person.id)
                house.people.one_time.forget(person.id)

    await house.step(removed)
    return person


async def may_reset(house: Installation, tenant: str, name: str, by: By) -> Person:
    """The person whose password `by` may have chosen anew. Raises UseCaseError `people.unknown_person`,
    `people.not_yours` where the person works for tenants that `by` does not administer."""
    person = (await member_named(house, tenant, name)).person
    roles = await house.step(house.database.roles_of, person.id)
    if not by.governs(roles):
        raise failed("people.not_yours", name=person.name)
    return person
