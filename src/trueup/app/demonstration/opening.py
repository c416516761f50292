"""The demonstration on pages: an administrator who comes in by a link, in the language of the browser."""

from __future__ import annotations

from trueup.app.people.installation import Installation
from trueup.app.people.links import one_time_link
from trueup.app.people.membership import By, NewPerson, add_person
from trueup.core.roles import Role
from trueup.store.database import DEFAULT_TENANT

WHO = "Demo"


async def way_in(house: Installation) -> str:
    """The secret of a link that signs the demonstration's administrator in, once."""
    person = await add_person(house, DEFAULT_TENANT, NewPerson(WHO), Role.ADMINISTRATOR, By(WHO))
    return await one_time_link(house, person, "sign_in")
