"""Two people at one thing: an ETag says which version was read, If-Match that a change is meant for that one only."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Response

from trueup.app.errors import failed

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The ETag that was read: the change is refused with 412 where somebody else was faster.",
        max_length=200,
    ),
]


def with_etag(response: Response, version: str | int) -> None:
    """Say which version the answer shows."""
    response.headers["ETag"] = f'"{version}"'


def expected_number(if_match: str | None) -> int | None:
    """The same for versions that are counted. Raises UseCaseError `web.if_match`."""
    text = expected_version(if_match)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise failed("web.if_match")
    return int(text)


def expected_version(if_match: str | None) -> str | None:
    """The version that a change is meant for; None for any. Raises UseCaseError `web.if_match`."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip()
    if len(text) < 3 or text[0] != '"' or text[-1] != '"' or '"' in text[1:-1]:
        raise failed("web.if_match")
    return text[1:-1]
