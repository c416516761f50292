"""Operators: people who may see how every tenant stands, and let tenants come, rest and go, over the web application
and the API. They see into no tenant that is not theirs. Who they are is said at the command line of the installation.
"""

from __future__ import annotations

import json
from typing import Final

from trueup.app.errors import failed
from trueup.app.people.installation import Installation
from trueup.core.reason import Reason
from trueup.store.across_tenants import OPERATORS
from trueup.store.persons import Person

_SETTING: Final = OPERATORS
_ADDED: Final = ("operator.added", "audit.operator_added")
_REMOVED: Final = ("operator.removed", "audit.operator_removed")


def _numbers(house: Installation) -> list[str]:
    text = house.people.settings.value(_SETTING)
    return [] if text is None else [str(number) for number in json.loads(text)]


def is_operator(house: Installation, person: str) -> bool:
    """Whether a person, by id, is one."""
    return person in _numbers(house)


async def operators_of(house: Installation) -> tuple[Person, ...]:
    """All of them, by name."""

    def found() -> tuple[Person, ...]:
        with house.people.reading():
            persons = house.people.persons.some(_numbers(house)).values()
        return tuple(sorted(persons, key=lambda person: person.name))

    return await house.step(found)


async def set_operator(house: Installation, name: str, actor: str, *, on: bool) -> Person:
    """Make somebody of the installation an operator, or no longer. The trail of the installation says so, and that of
    each of their tenants.

    Raises UseCaseError `people.unknown_person`.
    """

    def done() -> Person:
        with house.people.writing():
            person = house.people.persons.named(name)
            if person is None:
                raise failed("people.unknown_person", name=name)
            before = _numbers(house)
            after = [number for number in before if number != person.id] + ([person.id] if on else [])
            house.people.settings.put(_SETTING, json.dumps(after), None, actor, now=house.now())
            changes = on is not (person.id in before)
            action, code = _ADDED if on else _REMOVED
            if changes:
                house.people.trail.add(actor, action, Reason.of(code, name=person.name), now=house.now())
        if changes:
            house.tell(person.id, actor, action, code, name=person.name)
        return person

    return await house.step(done)
