"""What people do to their own account: another password, another language."""

from __future__ import annotations

from trueup.app.errors import failed
from trueup.app.people.installation import Installation
from trueup.app.people.membership import clean_language
from trueup.app.people.passwords import check_password, hashed_password
from trueup.app.people.sessions import Begun, Caller, SignedIn, begin
from trueup.app.people.sign_in_policy import ONE_FACTOR
from trueup.app.people.signing_in import proved


async def change_password(
    house: Installation, signed_in: SignedIn, current: str, wanted: str, caller: Caller, secret: str
) -> Begun:
    """Replace one's own password: every other session ends, and this one goes on under a new id.

    Who has none yet (they came by a link, a passkey or elsewhere) needs a proof of identity that is recent instead of
    the current one. `secret` is the id of this session. Raises UseCaseError `access.wrong`,
    `access.too_many`, `access.confirm`, `password.*`.
    """
    person = signed_in.person
    if person.password is None:
        if not signed_in.is_recent:
            raise failed("access.confirm")
    else:
        await proved(house, person.name, current, caller)
    check_password(wanted, (person.name, person.email or ""))
    hashed = await hashed_password(wanted)

    def kept() -> Begun:
        with house.people.writing():
            house.people.persons.set_password(person.id, hashed, now=house.now())
            house.people.one_time.forget(person.id)
            house.people.sessions.end_all(person.id)
        house.tell(person.id, person.name, "account.password_set", "audit.password_set")
        method = signed_in.session.method
        return begin(house, person, "password" if method in ONE_FACTOR else method, caller, before=secret)

    return await house.step(kept)


async def set_language(house: Installation, person: str, language: str | None) -> None:
    """The language that the person of that id is answered in; None leaves it to the browser. Raises UseCaseError
    `setup.unknown_language`."""
    await house.step(house.people.persons.set_language, person, clean_language(language))
