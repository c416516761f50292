"""People of the tenant, over the API."""

from __future__ import annotations

from datetime import datetime

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from trueup.app.people import links, membership
from trueup.app.people.membership import MemberShown, NewPerson
from trueup.core.roles import Role
from trueup.web.api.routing import api_router, says_secret
from trueup.web.asking import AdministratorHere, RecentAdministratorHere, site_of

router = api_router("people", "/people")


class PersonShown(BaseModel):
    """A person of the tenant."""

    id: str
    name: str
    role: Role
    email: str | None
    language: str | None
    has_password: bool
    sessions: int
    seen_at: datetime | None
    added_by: str
    added_at: datetime

    @classmethod
    def of(cls, one: MemberShown) -> PersonShown:
        """Out of what the use case shows."""
        person, member = one.person, one.member
        return cls(
            id=person.id,
            name=person.name,
            role=member.role,
            email=person.email,
            language=person.language,
            has_password=one.has_password,
            sessions=one.sessions,
            seen_at=one.seen_at,
            added_by=member.added_by,
            added_at=member.added_at,
        )


class PeopleShown(BaseModel):
    """The people of the tenant, by name."""

    people: list[PersonShown]


class PersonToAdd(BaseModel):
    """Somebody to be added."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    role: Role
    email: str | None = Field(None, max_length=254)
    language: str | None = Field(None, description="`en` or `fr`; null leaves it to the browser")


class PersonChanges(BaseModel):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    email: str | None = Field(None, max_length=254, description="an empty text takes it away")


class Invited(BaseModel):
    """A person, and the path of a link with which they choose a password, once and within an hour."""

    person: PersonShown
    link: str


@router.get("", operation_id="listPeople")
async def list_people(request: Request, here: AdministratorHere) -> PeopleShown:
    """The people of the tenant and their roles."""
    found = await membership.people_of(site_of(request).installation, here.tenant)
    return PeopleShown(people=[PersonShown.of(one) for one in found])


@router.post("", operation_id="addPerson", status_code=201)
@says_secret
async def add_person(request: Request, here: RecentAdministratorHere, new: PersonToAdd) -> Invited:
    """Add somebody; hand them the link."""
    house = site_of(request).installation
    somebody = NewPerson(new.name, new.email, new.language)
    person = await membership.add_person(house, here.tenant, somebody, new.role, here.asker.by)
    secret = await links.one_time_link(house, person)
    shown = await membership.member_named(house, here.tenant, person.id)
    return Invited(person=PersonShown.of(shown), link=f"/welcome/{secret}")


@router.patch("/{person}", operation_id="changePerson")
async def change_person(
    request: Request, here: RecentAdministratorHere, person: str, changes: PersonChanges
) -> PersonShown:
    """Give somebody another role or e-mail address."""
    house, by = site_of(request).installation, here.asker.by
    shown = await membership.member_named(house, here.tenant, person)
    if changes.email is not None:
        shown = await membership.set_email(house, here.tenant, person, changes.email, by)
    if changes.role is not None:
        shown = await membership.set_role(house, here.tenant, person, changes.role, by)
    return PersonShown.of(shown)


@router.delete("/{person}", operation_id="removePerson", status_code=204)
async def remove_person(request: Request, here: RecentAdministratorHere, person: str) -> None:
    """Let somebody go."""
    await membership.remove_member(site_of(request).installation, here.tenant, person, here.asker.by)


@router.post("/{person}/reset", operation_id="resetPerson")
@says_secret
async def reset_person(request: Request, here: RecentAdministratorHere, person: str) -> Invited:
    """Take somebody's password away, end their sessions, and give a link to choose another."""
    house = site_of(request).installation
    secret = await links.reset_person(house, here.tenant, person, here.asker.by)
    shown = await membership.member_named(house, here.tenant, person)
    return Invited(person=PersonShown.of(shown), link=f"/welcome/{secret}")
