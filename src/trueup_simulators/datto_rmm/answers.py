"""What an endpoint answers, before faults touch it and before it becomes bytes on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from msgspec.json import encode


@dataclass(slots=True)
class Answer:
    """A finished answer; `body` is JSON unless a header says otherwise."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Page:
    """One page of a list: `rows` is the inside of the JSON array called `name`.

    `details` is the vendor's `pageDetails`; `first` and `last` are places of the page's rows in the whole list.
    """

    name: str
    rows: bytes
    details: dict[str, object] | None
    first: int
    last: int

    def encoded(self) -> bytes:
        """Return the page as the vendor's envelope."""
        head = b"" if self.details is None else b'"pageDetails":' + encode(self.details) + b","
        return b"{" + head + b'"' + self.name.encode() + b'":[' + self.rows + b"]}"


class Refusal(Exception):  # noqa: N818 - it is an answer, not a defect
    """Ends a request with the vendor's error body of this status."""

    def __init__(self, status: int, message: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})

    def answer(self, path: str, now_ms: int) -> Answer:
        """Return `{timestamp, status, error, path}`; `message` appears where the refusal has one."""
        body: dict[str, object] = {
            "timestamp": now_ms,
            "status": self.status,
            "error": HTTPStatus(self.status).phrase,
            "path": path.removeprefix("/api"),
        }
        if self.message is not None:
            body["message"] = self.message
        return Answer(self.status, encode(body), self.headers)
