"""A running module simulator with a client that has the credentials and follows pages by the vendor's own way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from tests.loopback import NO_TLS

from trueup_simulators import modules

Query = dict[str, str]


def at(body: Any, path: str) -> Any:
    """What stands at a path (`a/b`); the body itself for an empty one."""
    for name in path.split("/") if path else ():
        if isinstance(body, list) and name.isdecimal():
            body = body[int(name)] if int(name) < len(body) else None
        else:
            body = body.get(name) if isinstance(body, dict) else None
    return body


@dataclass(frozen=True)
class Visit:
    """One list of a vendor: where it is, where its rows and its way on are, and how page 2 is asked for."""

    path: str
    rows: str = ""
    query: Query = field(default_factory=dict)
    link: str = ""
    cursor: tuple[str, str] = ("", "")
    """Where the value is, and the parameter that takes it."""
    counted: Callable[[int, int, list[dict]], Query] | None = None
    """Number of the page that follows (2, ...), rows so far, rows of this page -> parameters."""
    totals: str = ""
    pages: int = 2
    """Pages that the list must have, walked in small ones."""
    stop: int | None = None
    """The status of the page behind the last, where the end is seen by it."""
    method: str = "GET"
    body: Any = None


class Rig:
    """The simulator at `url`; `get` sends credentials."""

    def __init__(self, kind: str, scenario: dict | None = None, seed: int = 1) -> None:
        self.kind = kind
        self.sim = modules.start(kind, seed, scenario)
        self.plain = httpx2.Client(base_url=self.sim.url, timeout=20, trust_env=False, verify=NO_TLS)
        self.given = dict(self.sim.credentials)

    def __enter__(self) -> Rig:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.plain.close()
        self.sim.stop()

    def send(self, method: str, path: str, query: Query | None = None, body: Any = None) -> httpx2.Response:
        from tests.simulators.modules.access import authorized

        query = {name: self.filled(value) for name, value in (query or {}).items()}
        headers = {name: query.pop(name) for name in list(query) if name == "MS-ContinuationToken"}
        request = self.plain.build_request(method, self.filled(path), params=query or None, json=body, headers=headers)
        return self.plain.send(authorized(self, request))

    def filled(self, text: str) -> str:
        """The text with the first organization's key where `{tenant}` stands."""
        return text.replace("{tenant}", next(iter(self.sim.vendor.truth()), "")) if "{tenant}" in text else text

    def get(self, path: str, **query: str) -> httpx2.Response:
        return self.send("GET", path, query)

    def visited(self, visit: Visit, query: Query | None = None) -> httpx2.Response:
        return self.send(visit.method, visit.path, query or visit.query, visit.body)

    def pages(self, visit: Visit, most: int = 40) -> Iterator[Any]:
        """Every page as a client gets it that believes what it reads."""
        query, seen = dict(visit.query), 0
        for number in range(2, most + 2):
            answer = self.visited(visit, query)
            if visit.stop == answer.status_code and number > 2:
                return
            body = answer.raise_for_status().json()
            yield body
            rows = at(body, visit.rows)
            if not isinstance(rows, list):
                return
            seen += len(rows)
            if visit.link:
                following = at(body, visit.link)
                if not following:
                    return
                query = dict(parse_qsl(urlsplit(following).query))
            elif visit.cursor[0]:
                value = at(body, visit.cursor[0])
                if not value:
                    return
                query = {**visit.query, visit.cursor[1]: str(value)}
            elif visit.counted is not None and rows:
                if visit.totals and number > int(at(body, visit.totals) or 0):
                    return
                query = {**visit.query, **visit.counted(number, seen, rows)}
            else:
                return

    # --- the control plane

    def control(self, name: str, body: Any, status: int = 200) -> Any:
        answer = self.plain.post(f"/_simulator/{name}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def order(self, kind: str, **more: Any) -> None:
        self.control("fault", {"kind": kind, **more})

    def calm(self) -> None:
        self.plain.delete("/_simulator/fault")
        self.plain.delete("/_simulator/requests")

    def struck(self) -> list[str]:
        log = self.plain.get("/_simulator/requests").json()["log"]
        return [kind for entry in log for kind in entry["faults"]]


def key_of(row: object) -> str:
    return json.dumps(row, sort_keys=True)


class Rigs(dict[str, Rig]):
    """One running account a kind, started when first asked for."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def __missing__(self, kind: str) -> Rig:
        self[kind] = self._stack.enter_context(Rig(kind, {"size": 8}))
        return self[kind]
