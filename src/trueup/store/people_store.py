"""Everything that belongs to the installation itself: its people, and how they sign in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trueup.store.binding import InstallationBinding
from trueup.store.installation_settings import InstallationSettings
from trueup.store.installation_trail import InstallationTrail
from trueup.store.one_time import OneTimes
from trueup.store.passkeys import Passkeys
from trueup.store.persons import Persons
from trueup.store.sessions import Sessions
from trueup.store.sign_in_lanes import SignInLanes


class PeopleStore:
    """People before any tenant is known. Each method of its parts is one transaction, as in `TenantStore`; never call
    a tenant's store inside `writing()`: that is another connection, which would wait for this one."""

    def __init__(self, binding: InstallationBinding) -> None:
        self._binding = binding
        self.persons = Persons(binding)
        self.sessions = Sessions(binding)
        self.one_time = OneTimes(binding)
        self.passkeys = Passkeys(binding)
        self.settings = InstallationSettings(binding)
        self.lanes = SignInLanes(binding)
        self.trail = InstallationTrail(binding)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make the calls inside one transaction that is kept as a whole or not at all."""
        with self._binding.writing():
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Make the calls inside see one moment of the database."""
        with self._binding.reading():
            yield
