"""What somebody typed into a form that could not be taken: it goes through the sign-in and comes back to be sent again.

The fields travel in hidden fields of the pages on the way, so that nothing is stored for anybody; secrets and files do
not travel (decision 0173).
"""

from __future__ import annotations

from typing import Final

import msgspec
from fastapi import Request

from trueup.web.same_origin import is_same_origin

FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
LARGEST: Final = 64 * 1024
"""Characters of a form that are carried; a longer one is not."""

SECRETS: Final = frozenset({"password", "current", "wanted", "again"})
SECRET: Final = "secret."  # noqa: S105 - the beginning of names
"""How the names of other fields begin that hold a secret."""

CSRF_FIELD: Final = "csrf"


class Kept(msgspec.Struct, frozen=True):
    """One form: the address that it goes to, and its fields in their order."""

    to: str
    fields: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """As a hidden field carries it."""
        return msgspec.json.encode(self).decode()

    @property
    def typed(self) -> tuple[tuple[str, str], ...]:
        """The fields with something in them."""
        return tuple((name, value) for name, value in self.fields if value.strip())


def carried(text: str) -> Kept | None:
    """The form that a hidden field carries; None for none, and for a text that is none of ours."""
    if not text or len(text) > LARGEST:
        return None
    try:
        return msgspec.json.decode(text, type=Kept)
    except msgspec.DecodeError:
        return None


def is_form(request: Request) -> bool:
    """Whether the call brings the fields of a form."""
    return request.headers.get("content-type", "").startswith(FORMS)


def is_secret(name: str) -> bool:
    """Whether a field of this name holds what must not be shown or sent twice."""
    return name in SECRETS or name.startswith(SECRET)


async def kept_of(request: Request) -> Kept | None:
    """The form that one of our own pages sent with this call; None where nothing in it can be kept."""
    if request.method != "POST" or not is_form(request) or not is_same_origin(request):
        return None
    sent = (await request.form()).multi_items()
    texts = tuple((name, value) for name, value in sent if isinstance(value, str))
    if len(texts) < len(sent):
        return None
    fields = tuple((name, value) for name, value in texts if name != CSRF_FIELD and not is_secret(name))
    to = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    found = Kept(to, fields)
    return found if found.typed and len(found.text) <= LARGEST else None
