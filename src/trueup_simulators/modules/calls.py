"""A request as a vendor's handler sees it, and the log of requests that a test can ask for."""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct


class Refused(Exception):  # noqa: N818 - an answer, not a mistake
    """The vendor refuses: a status, words for its error body, and headers."""

    def __init__(self, status: int, text: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, text)
        self.status, self.text, self.headers = status, text, dict(headers or {})


@dataclass(slots=True)
class Call:
    """One request. `filters_lost` and `links_forget` are faults: filters are ignored, or left out of page links."""

    method: str
    path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes
    origin: str
    address: str
    filters_lost: bool = False
    links_forget: bool = False

    @property
    def query(self) -> dict[str, str]:
        """Parameters by name."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    def filter(self, name: str) -> str | None:
        """A parameter that narrows the answer; none when it was not sent, is empty, or is lost."""
        return None if self.filters_lost else self.query.get(name) or None

    def header(self, name: str) -> str:
        """A header by its name in any case; empty when it was not sent."""
        return self.headers.get(name.lower(), "")

    def number(self, name: str, default: int) -> int:
        """A whole number among the parameters; refuses with 400 when it is something else."""
        text = self.query.get(name, "")
        if not text:
            return default
        if not text.isdecimal():
            raise Refused(400, f"{name} is not a number")
        return int(text)

    def form(self) -> dict[str, str]:
        """The body as a form, JSON or multipart not accepted; empty when it is none."""
        if not self.header("content-type").startswith("application/x-www-form-urlencoded"):
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def sent(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def basic(self) -> tuple[str, str] | None:
        """User and password of HTTP Basic."""
        scheme, _, text = self.header("authorization").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, password = base64.b64decode(text.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return user, password

    def bearer(self, scheme: str = "bearer") -> str:
        """The token after `scheme` in the Authorization header; empty when there is none."""
        named, _, text = self.header("authorization").partition(" ")
        return text.strip() if named.lower() == scheme.lower() else ""

    def link(self, **paging: object) -> str:
        """The address of another page of this list."""
        kept = {} if self.links_forget else self.query
        named = {**kept, **{name.replace("__", "$"): str(value) for name, value in paging.items()}}
        return f"{self.origin}{self.path}?{urlencode(named)}"


class Logged(Struct):
    """One request as it was answered; `status` is none when the connection was cut."""

    method: str
    path: str
    query: str
    status: int | None
    address: str
    page: int | None
    faults: list[str]


class RequestLog:
    """Counters since the last reset, and the last 20,000 requests. Never a header or a body."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start again at nothing."""
        self.total = 0
        self.by_path: Counter[str] = Counter()
        self.by_status: Counter[str] = Counter()
        self.log: deque[Logged] = deque(maxlen=20_000)

    def add(self, entry: Logged) -> None:
        """Count one answered request."""
        self.total += 1
        self.by_path[entry.path] += 1
        self.by_status["dropped" if entry.status is None else str(entry.status)] += 1
        self.log.append(entry)
