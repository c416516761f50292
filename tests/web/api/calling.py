"""Calling the API over HTTP, as a program does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from tests.web.doors import AlwaysIn
from tests.web.running import answering

from trueup.core.roles import Role
from trueup.web.application import create_app
from trueup.web.site import Site


class Calls:
    """`get` and the others give the answer's body, and fail on another status than the expected one."""

    def __init__(self, url: str, site: Site) -> None:
        self.url, self.site = url, site
        self._client = httpx2.Client(base_url=f"{url}/api/v1", timeout=60)

    def close(self) -> None:
        self._client.close()

    def send(self, method: str, path: str, status: int, **given: Any) -> httpx2.Response:
        answer = self._client.request(method, path, **given)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:1500]}"
        return answer

    def get(self, path: str, status: int = 200, **given: Any) -> Any:
        return self.send("GET", path, status, **given).json()

    def post(self, path: str, body: object = None, status: int = 200, **given: Any) -> Any:
        return self.send("POST", path, status, json=body, **given).json()

    def put(self, path: str, body: object = None, status: int = 200, **given: Any) -> Any:
        return self.send("PUT", path, status, json=body, **given).json()

    def refused(self, method: str, path: str, status: int, **given: Any) -> str:
        """The code of a refusal, which is problem details in every case."""
        answer = self.send(method, path, status, **given)
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert told["status"] == status
        assert told["type"] == f"urn:trueup:code:{told['code']}"
        assert told["detail"]
        return str(told["code"])

    def all_of(self, path: str, limit: int, **filters: object) -> list[Any]:
        """Every row of a list, page by page."""
        found: list[Any] = []
        cursor: str | None = None
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = self.get(path, params={"limit": limit, **filters, **more})
            assert len(page["items"]) <= limit
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found

    def ended(self, run: str) -> Any:
        """A run once it is finished."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            found = self.get(f"/runs/{run}")
            if found["status"] != "running":
                return found
            time.sleep(0.02)
        raise AssertionError(f"{run} does not end")


@contextmanager
def calling(site: Site, role: Role = Role.ADMINISTRATOR) -> Iterator[Calls]:
    with answering(create_app(site, AlwaysIn(role))) as url:
        calls = Calls(url, site)
        try:
            yield calls
        finally:
            calls.close()
