"""The front door: who a call comes from, by the session of a browser or by an API token.

A call that changes something and comes with a cookie must also prove that our own page made it: by what the browser
says of its origin and by the session's form token, in the field `csrf` or the header `X-CSRF-Token`.
"""

from __future__ import annotations

import hmac
from typing import Final

from fastapi import Request

from trueup.app.errors import failed
from trueup.app.people.sessions import csrf_of, whose
from trueup.app.people.tokens import asker_behind
from trueup.web.asking import Asker, site_of
from trueup.web.kept import CSRF_FIELD, is_form
from trueup.web.same_origin import SAFE, is_same_origin
from trueup.web.session_cookie import secret_in

CSRF_HEADER: Final = "x-csrf-token"


class FrontDoor:
    """Lets in who is signed in, and tokens that work."""

    async def asker(self, request: Request) -> Asker:
        """Who asks. A call with an `Authorization` header stands or falls by it, whatever cookies come along.

        Raises UseCaseError `access.token`, `access.sign_in`, `access.origin`, `access.csrf`.
        """
        house, authorization = site_of(request).installation, request.headers.get("authorization")
        if authorization is not None:
            kind, _, text = authorization.partition(" ")
            if kind.lower() != "bearer":
                raise failed("access.token")
            token = await house.step(asker_behind, house, text.strip())
            return Asker(token.name, {token.tenant: token.role}, person=token.person)
        secret = secret_in(request)
        signed_in = None if secret is None else await house.step(whose, house, secret)
        if secret is None or signed_in is None or not signed_in.roles:
            raise failed("access.sign_in")
        csrf = csrf_of(secret)
        if request.method not in SAFE:
            if not is_same_origin(request):
                raise failed("access.origin")
            if not hmac.compare_digest((await _form_token(request)).encode(), csrf.encode()):
                raise failed("access.csrf")
        person = signed_in.person
        return Asker(person.name, signed_in.roles, person.language, csrf, signed_in, person.id)


async def _form_token(request: Request) -> str:
    found = request.headers.get(CSRF_HEADER)
    if found is None and is_form(request):
        found = str((await request.form()).get(CSRF_FIELD, ""))
    return found or ""
