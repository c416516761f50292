"""Persons of the installation: their name, e-mail address, language and password hash."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from trueup.store.binding import InstallationBinding
from trueup.store.errors import StoreError
from trueup.store.tables.people import person as table

_COLUMNS = (
    table.c.id,
    table.c.name,
    table.c.email,
    table.c.language,
    table.c.password,
    table.c.password_at,
    table.c.added_by,
    table.c.added_at,
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in. `password` is an argon2id hash, None where there is none; it is never shown."""

    id: str
    name: str
    email: str | None
    language: str | None
    password: str | None = field(repr=False)
    password_at: datetime | None
    added_by: str
    added_at: datetime


def key_of(text: str) -> str:
    """A name or an address as it is compared: without case and outer or doubled blanks (as approvals compare it)."""
    return " ".join(text.split()).casefold()


class Persons:
    """The persons of the installation. Names and addresses are unique as `key_of` compares them."""

    def __init__(self, binding: InstallationBinding) -> None:
        self._binding = binding

    def add(
        self, number: str, name: str, email: str | None, language: str | None, actor: str, *, now: datetime
    ) -> None:
        """Add somebody. Raises StoreError `store.person_exists` or `store.email_exists`."""
        with self._binding.writing() as connection:
            if self.named(name) is not None:
                raise StoreError("store.person_exists", name=name)
            self._free(email, None)
            row = {"id": number, "name": name, "name_key": key_of(name), "email": email, "language": language}
            key = None if email is None else key_of(email)
            connection.execute(sa.insert(table).values(email_key=key, added_by=actor, added_at=now, **row))

    def get(self, number: str) -> Person | None:
        """The person of that id."""
        return next(iter(self._all(table.c.id == number)), None)

    def named(self, name: str) -> Person | None:
        """The person of that name."""
        return next(iter(self._all(table.c.name_key == key_of(name))), None)

    def with_email(self, email: str) -> Person | None:
        """The person of that e-mail address."""
        return next(iter(self._all(table.c.email_key == key_of(email))), None)

    def some(self, numbers: Iterable[str]) -> dict[str, Person]:
        """Persons by id."""
        return {one.id: one for one in self._all(table.c.id.in_(tuple(numbers)))}

    def any(self) -> bool:
        """Whether there is anybody."""
        with self._binding.reading() as connection:
            return connection.execute(sa.select(table.c.id).limit(1)).first() is not None

    def set_password(self, number: str, password: str | None, *, now: datetime) -> None:
        """Replace the hash; None takes it away."""
        self._set(number, password=password, password_at=now)

    def set_language(self, number: str, language: str | None) -> None:
        """The language to answer in; None leaves it to the browser."""
        self._set(number, language=language)

    def set_email(self, number: str, email: str | None) -> None:
        """The address that a sign-in elsewhere vouches for. Raises StoreError `store.email_exists`."""
        with self._binding.writing():
            self._free(email, number)
            self._set(number, email=email, email_key=None if email is None else key_of(email))

    def _free(self, email: str | None, number: str | None) -> None:
        known = None if email is None else self.with_email(email)
        if known is not None and known.id != number:
            raise StoreError("store.email_exists", email=str(email))

    def _set(self, number: str, **values: object) -> None:
        with self._binding.writing() as connection:
            connection.execute(sa.update(table).where(table.c.id == number).values(**values))

    def _all(self, wanted: sa.ColumnElement[bool]) -> tuple[Person, ...]:
        with self._binding.reading() as connection:
            rows = connection.execute(sa.select(*_COLUMNS).where(wanted).order_by(table.c.name_key)).all()
        return tuple(Person(*row) for row in rows)
