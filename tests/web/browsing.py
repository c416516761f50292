"""A browser of our own for tests: it keeps cookies, says where its calls come from, and finds form tokens in pages."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx2

_NONE_KEPT = httpx2.Limits(max_keepalive_connections=0)
"""No connection stays open, so that a browser needs no closing."""


class Browser:
    """One browser. It says what real ones say of themselves with each call."""

    def __init__(self, url: str, language: str = "en") -> None:
        self.url = url
        self.client = httpx2.Client(base_url=url, headers={"Accept-Language": language}, limits=_NONE_KEPT, timeout=60)

    def get(self, path: str) -> httpx2.Response:
        return self.client.get(path)

    def post(self, path: str, data: Mapping[str, str], **headers: str) -> httpx2.Response:
        told = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"} | headers
        return self.client.post(path, data=dict(data), headers=told)

    def csrf(self, path: str = "/t/default/overview") -> str:
        """The form token in a page."""
        return re.findall(r'name="csrf" (?:value|content)="([^"]*)"', self.get(path).text)[0]

    def send(self, path: str, data: Mapping[str, str], page: str = "/t/default/overview") -> httpx2.Response:
        """Send a form as the page at `page` would."""
        return self.post(path, {"csrf": self.csrf(page), **data})

    def sign_in(self, name: str, password: str, to: str = "/") -> httpx2.Response:
        return self.post("/sign-in", {"name": name, "password": password, "to": to})

    def cookie(self) -> str | None:
        return self.client.cookies.get("trueup")
