"""A small vendor on a real port, scripted by a test, for the kinds of the vocabulary that Datto RMM does not use."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Callable, Mapping
from types import TracebackType

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from tests.modules.account import DAY, NIGHT

from trueup.core.usage import Collection
from trueup.modules.catalogue_reading import read_catalogue
from trueup.modules.limits import Pace
from trueup.modules.rest_module import RestModule
from trueup_simulators.serving import free_socket, start_in_thread

Answer = object
"""JSON data, or a whole `Response`."""
Script = Callable[[Request], Answer]


class Vendor:
    """Answers what `script` says; `log` holds method, path, query, headers and body of each request."""

    def __init__(self, script: Script) -> None:
        self.log: list[tuple[str, str, dict[str, str], dict[str, str], bytes]] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            await request.body()
            self.log.append(
                (
                    request.method,
                    request.url.path,
                    dict(request.query_params),
                    dict(request.headers),
                    await request.body(),
                )
            )
            found = script(request)
            response = found if isinstance(found, Response) else JSONResponse(found)
            await response(scope, receive, send)

        self._running = start_in_thread(app, free_socket(), {})
        self.url = self._running.url

    def __enter__(self) -> Vendor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.stop()

    def asked(self, path: str) -> list[dict[str, str]]:
        return [query for _, asked, query, _, _ in self.log if asked == path]


HEAD = """
module: acme
label: Acme
base_url: https://api.acme.example
auth: {kind: none}
"""


def collected_from(
    vendor: Vendor,
    text: str,
    settings: Mapping[str, str] | None = None,
    secret: Mapping[str, str] | None = None,
) -> Collection:
    """Collect with the catalogue text; what it leaves out of the head is filled in."""
    text = textwrap.dedent(text)
    given = {line.split(":")[0] for line in text.splitlines()}
    missing = [line for line in HEAD.strip().splitlines() if line.split(":")[0] not in given]
    file = read_catalogue("\n".join(missing) + "\n" + text, "acme.yaml")
    module = RestModule(
        file, "acme", {"base_url": vendor.url, **(settings or {})}, secret or {}, pace=Pace(scale=0.001)
    )
    return asyncio.run(module.collect(DAY, NIGHT))


def values(collection: Collection) -> dict[str, dict[str, str]]:
    """Readings by organization and metric, as text."""
    found: dict[str, dict[str, str]] = {}
    for reading in collection.readings:
        found.setdefault(reading.organization, {})[reading.metric.removeprefix("acme.")] = str(reading.value)
    return found


SEATS = [{"id": n, "org": "a" if n < 4 else "b", "kind": "user"} for n in range(1, 6)]
ORGS = [{"id": "a", "name": "Alpha"}, {"id": "b", "name": "Beta"}, {"id": "c", "name": "Gamma"}]
REST = """
organizations: {stream: orgs, key: id, name: name}
billing_types: {seats: {label: Seats}}
"""
ORG_STREAM = "  orgs: {get: /orgs, fields: {id: id, name: name}}\n"
FIELDS = "fields: {id: id, org: org, kind: kind}, item: {key: id, organization: org, attributes: [kind]}"


def file_with(seats: str) -> str:
    return f"streams:\n{ORG_STREAM}  seats: {{get: /seats, {seats}, {FIELDS}}}\n{REST}"


ALL = {"a": {"seats": "3"}, "b": {"seats": "2"}, "c": {"seats": "0"}}
