"""How strong a sign-in has to be here, and how long links work: the installation's, set at its command line, because
people and their ways in belong to the installation (docs/decisions/0188-sign-in-policy.md)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import msgspec

from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.people.installation import Installation
from trueup.core.reason import Reason
from trueup.store import one_time
from trueup.store.persons import Person

SETTING: Final = "sign_in"
ONE_FACTOR: Final = frozenset({"password", "link"})
"""How a session may begin that is not enough where a second factor is required; a passkey is two factors by itself."""
SHORTEST: Final = 10
LONGEST: Final = round(one_time.LONGEST / timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class SignInPolicy:
    """`second_factor`: only a passkey or the identity provider signs in. `link_minutes`: for so long one-time links
    work, 10 (OWASP ASVS 5.0, 6.5.5) to 60."""

    second_factor: bool = False
    link_minutes: int = LONGEST

    @property
    def link_lasts(self) -> timedelta:
        """For how long a link works."""
        return timedelta(minutes=self.link_minutes)


def policy_of(house: Installation) -> SignInPolicy:
    """What holds now."""
    kept = house.people.settings.value(SETTING)
    return SignInPolicy() if kept is None else msgspec.json.decode(kept, type=SignInPolicy)


async def set_policy(
    house: Installation, actor: str, *, second_factor: bool | None = None, link_minutes: int | None = None
) -> SignInPolicy:
    """Change what is given, from the next call on; gives what holds then. Raises UseCaseError `people.link_minutes`
    (exit 2)."""
    if link_minutes is not None and not SHORTEST <= link_minutes <= LONGEST:
        raise UseCaseError(Reason.of("people.link_minutes", minimum=SHORTEST, maximum=LONGEST), Exit.USAGE)

    def kept() -> SignInPolicy:
        with house.people.writing():
            found = policy_of(house)
            if second_factor is not None:
                found = replace(found, second_factor=second_factor)
            if link_minutes is not None:
                found = replace(found, link_minutes=link_minutes)
            house.people.settings.put(SETTING, msgspec.json.encode(found).decode(), None, actor, now=house.now())
        return found

    return await house.step(kept)


def is_enough(house: Installation, method: str) -> bool:
    """Whether a session that began so may do what its person may."""
    return method not in ONE_FACTOR or not policy_of(house).second_factor


def refuse_password_alone(house: Installation, person: Person) -> None:
    """Where a second factor is required, a password signs nobody in who has a passkey; who has none comes in to make
    one. Raises UseCaseError `access.second_factor`."""
    if policy_of(house).second_factor and house.people.passkeys.of(person.id):
        raise failed("access.second_factor")
