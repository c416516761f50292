"""A running simulator with a client whose every answer is checked against the vendor's OpenAPI file."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType

import httpx2
from tests.loopback import NO_TLS
from tests.openapi import DATTO_UNDOCUMENTED, OpenApiAnswers, Undocumented

from trueup_simulators import datto_rmm

NETWORK_AND_MORE = (
    *DATTO_UNDOCUMENTED,
    Undocumented(405, "text", why="the framework's own answer to a method that is not there"),
    Undocumented(400, "json", r"/v[23]/.*devices", why="a page that is no number"),
    Undocumented(200, "json", r"/v[23]/device/(macAddress|id)/.*", why="left out of the subset"),
    Undocumented(200, "json", r"/v2/(account|site/[^/]+)/alerts/.*", why="left out of the subset"),
)


class Rig:
    """The simulator at `url`, logged in as its first user."""

    def __init__(self, scenario: object = None, **switches: object) -> None:
        self.sim = datto_rmm.start(scenario)  # type: ignore[arg-type]
        self.answers = OpenApiAnswers.datto_rmm(undocumented=NETWORK_AND_MORE)
        self.client = httpx2.Client(
            base_url=self.sim.url,
            event_hooks={"response": [self.answers.check]},
            timeout=20,
            trust_env=False,
            verify=NO_TLS,
        )
        self.switch(undocumented_values=False, **switches)

    def __enter__(self) -> Rig:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        self.sim.stop()

    # --- the API

    def token(self, user: int = 0, **changed: str) -> httpx2.Response:
        key = self.sim.state.access.users[user]
        form = {"grant_type": "password", "username": key.api_key, "password": key.api_secret, **changed}
        return self.client.post("/auth/oauth/token", data=form, auth=("public-client", "public"))

    def login(self, user: int = 0) -> Rig:
        self.client.headers["Authorization"] = "Bearer " + self.token(user).json()["access_token"]
        return self

    def get(self, path: str, **query: object) -> httpx2.Response:
        return self.client.get(path if path.startswith("http") else "/api" + path, params=query or None)

    def walk(self, path: str, name: str, **query: object) -> list[dict]:
        """Follow `nextPageUrl` blindly, as it comes."""
        rows: list[dict] = []
        answer = self.get(path, **query).json()
        rows += answer[name]
        while answer["pageDetails"]["nextPageUrl"]:
            answer = self.client.get(answer["pageDetails"]["nextPageUrl"]).json()
            rows += answer[name]
        return rows

    # --- the control plane

    def order(self, kind: str, path: str = "*", **more: object) -> None:
        self.control("faults", {"kind": kind, "path": path, **more})

    def switch(self, **switches: object) -> None:
        self.control("switches", switches)

    def devices(self, **changes: object) -> dict:
        return self.control("devices", changes)

    def clock(self, **change: object) -> dict:
        return self.control("clock", change)

    def control(self, name: str, body: object) -> dict:
        response = self.client.post(f"/_simulator/{name}", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    def dump(self) -> dict:
        return self.client.get("/_simulator/state").json()


def by(rows: list[dict], key: str) -> Mapping[object, dict]:
    """Rows by one of their fields; fails when two share it."""
    found = {row[key]: row for row in rows}
    assert len(found) == len(rows), f"{key} is not unique"
    return found
