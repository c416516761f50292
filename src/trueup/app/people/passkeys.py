"""Passkeys: a key pair in the person's device instead of a password (W3C Web Authentication, level 3).

The device asks for a finger, a face or a PIN (user verification is required), so a passkey alone is two factors. A
challenge is used once, within five minutes. What travels is the JSON of the WebAuthn specification.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from trueup.app.errors import failed
from trueup.app.people.installation import Installation, hash_of
from trueup.app.people.sessions import Begun, Caller, begin
from trueup.store.one_time import OneTime
from trueup.store.passkeys import Passkey
from trueup.store.persons import Person

LASTS: Final = timedelta(minutes=5)
LONGEST_NAME: Final = 60
_NEW: Final = "passkey_new"
_SIGN_IN: Final = "passkey"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the browser is: `host` without a port, which passkeys are bound to, and `origin` with scheme and port."""

    host: str
    origin: str


def _challenged(house: Installation, kind: str, challenge: bytes, person: str | None) -> None:
    now = house.now()
    text = bytes_to_base64url(challenge)
    house.people.one_time.add(OneTime(hash_of(text), kind, person, "", now + LASTS), now=now)


def _challenge_in(credential: str) -> str:
    """The challenge that an answer was made for. It is verified with the answer; here it only finds its row."""
    try:
        data = json.loads(credential)["response"]["clientDataJSON"]
        return str(json.loads(base64url_to_bytes(data))["challenge"])
    except (ValueError, KeyError, TypeError):
        raise failed("access.passkey") from None


async def registration_options(house: Installation, person: Person, place: Place) -> str:
    """What a browser needs to make a passkey for a person, as JSON."""

    def made() -> str:
        known = house.people.passkeys.of(person.id)
        options = generate_registration_options(
            rp_id=place.host,
            rp_name="Trueup",
            user_name=person.name,
            user_id=person.id.encode(),
            exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(one.credential)) for one in known],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
        )
        _challenged(house, _NEW, options.challenge, person.id)
        return options_to_json(options)

    return await house.step(made)


async def add_passkey(house: Installation, person: Person, name: str, credential: str, place: Place) -> Passkey:
    """Keep the passkey that the browser made. Raises UseCaseError `access.passkey`."""

    def kept() -> Passkey:
        challenge = _challenge_in(credential)
        taken = house.people.one_time.take(hash_of(challenge), _NEW, now=house.now())
        if taken is None or taken.person != person.id:
            raise failed("access.passkey")
        try:
            found = verify_registration_response(
                credential=credential,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=place.host,
                expected_origin=place.origin,
                require_user_verification=True,
            )
        except WebAuthnException:
            raise failed("access.passkey") from None
        number = bytes_to_base64url(found.credential_id)
        clean = " ".join(name.split())[:LONGEST_NAME] or "passkey"
        made = Passkey(number, person.id, clean, found.credential_public_key, found.sign_count, house.now())
        with house.people.writing():
            if house.people.passkeys.get(number) is not None:
                raise failed("access.passkey")
            house.people.passkeys.add(made)
        house.tell(person.id, person.name, "passkey.added", "audit.passkey_added", name=clean)
        return made

    return await house.step(kept)


async def remove_passkey(house: Installation, person: Person, credential: str) -> bool:
    """Forget a passkey; whether there was one."""

    def removed() -> bool:
        found = house.people.passkeys.get(credential)
        gone = house.people.passkeys.remove(person.id, credential)
        if gone and found is not None:
            house.tell(person.id, person.name, "passkey.removed", "audit.passkey_removed", name=found.name)
        return gone

    return await house.step(removed)


async def sign_in_options(house: Installation, place: Place) -> str:
    """What a browser needs to sign in with any passkey it has for this place, as JSON."""

    def made() -> str:
        options = generate_authentication_options(
            rp_id=place.host, user_verification=UserVerificationRequirement.REQUIRED
        )
        _challenged(house, _SIGN_IN, options.challenge, None)
        return options_to_json(options)

    return await house.step(made)


async def sign_in_with_passkey(
    house: Installation, credential: str, place: Place, caller: Caller, before: str | None = None
) -> Begun:
    """Begin a session for the owner of the passkey that answered.

    Raises UseCaseError `access.passkey`, whatever was wrong: an unknown key, another site's, a copied one.
    """

    def begun() -> Begun:
        person = _owner(house, credential, place)
        return begin(house, person, "passkey", caller, before=before)

    return await house.step(begun)


def _owner(house: Installation, credential: str, place: Place) -> Person:
    challenge = _challenge_in(credential)
    taken = house.people.one_time.take(hash_of(challenge), _SIGN_IN, now=house.now())
    known = house.people.passkeys.get(str(json.loads(credential).get("id", "")))
    person = None if known is None else house.people.persons.get(known.person)
    if taken is None or known is None or person is None:
        raise failed("access.passkey")
    try:
        found = verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except WebAuthnException:
        raise failed("access.passkey") from None
    house.people.passkeys.used(known.credential, found.new_sign_count, now=house.now())
    return person
