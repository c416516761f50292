"""The ASGI application of a module's simulator: what happens to a request until an answer is on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from trueup_simulators.datto_rmm.access import in_networks
from trueup_simulators.datto_rmm.connection import address_of, cut
from trueup_simulators.modules.calls import Call, Logged, Refused, RequestLog
from trueup_simulators.modules.control import control_plane
from trueup_simulators.modules.damage import damaged_body, damaged_page, harms, lose_filters, refusal
from trueup_simulators.modules.faults import Fault, FaultBook
from trueup_simulators.modules.listing import Listing
from trueup_simulators.modules.vendor import Route, Vendor

_HTML = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Back soon</body></html>"


@dataclass(slots=True)
class _Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    page: int | None = None
    faults: list[Fault] = field(default_factory=list)

    def has(self, kind: str) -> Fault | None:
        return next((fault for fault in self.faults if fault.kind == kind), None)


class ModuleApp:
    """Dispatches between the control plane (`/_simulator/...`) and the vendor's API."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.faults = FaultBook()
        self.requests = RequestLog()
        self._routes = vendor.routes()
        self._control = control_plane(vendor, self.faults, self.requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if scope["path"].startswith("/_simulator/"):
            await self._control(scope, receive, send)
            return
        request = Request(scope, receive)
        call = Call(
            method=request.method,
            path=request.url.path,
            raw_query=request.url.query,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.body(),
            origin=f"{request.url.scheme}://{request.headers.get('host', '127.0.0.1')}",
            address=address_of(scope, send),
        )
        answer = self._answer(call)
        slow = answer.has("slow")
        wait = self.vendor.setup.latency_ms / 1000 + (0.0 if slow is None else slow.seconds)
        if wait:
            await asyncio.sleep(wait)
        dropped = answer.has("drop") is not None
        self.requests.add(
            Logged(
                call.method,
                call.path,
                call.raw_query,
                None if dropped else answer.status,
                call.address,
                answer.page,
                [fault.kind for fault in answer.faults],
            )
        )
        if dropped:
            cut(send)
            return
        await _write(answer, scope, receive, send)

    def _refused(self, status: int, text: str, headers: Mapping[str, str]) -> _Answer:
        return _Answer(status, msgspec.json.encode(self.vendor.refusal(status, text)), dict(headers))

    def _route(self, call: Call) -> tuple[Route | None, dict[str, str], bool]:
        """Return the route, its variables, and whether the path exists at all."""
        known = False
        for route in self._routes:
            match = route.pattern.fullmatch(call.path)
            if match is None:
                continue
            if route.method == call.method:
                return route, match.groupdict(), True
            known = True
        return None, {}, known

    def _answer(self, call: Call) -> _Answer:
        vendor = self.vendor
        allowed = vendor.setup.allowed_networks
        if allowed and not in_networks(call.address, allowed):
            return self._refused(vendor.NETWORK_STATUS, vendor.NETWORK_TEXT, {})
        route, variables, known = self._route(call)
        found: object = None
        try:
            if route is None:
                raise Refused(405 if known else 404, "Method not allowed" if known else "Not found")
            if not route.login and not vendor.admits(call):
                raise Refused(401, "The credentials are not accepted")
            found = route.handler(call, **variables)
        except Refused as refused:
            answer = self._refused(refused.status, refused.text, refused.headers)
            answer.faults = self._strike(call, route, None)
            return self._spoilt(answer)
        listing = found if isinstance(found, Listing) else None
        faults = self._strike(call, route, found)
        if listing is None or route is None:
            for fault in faults:
                found = damaged_body(fault, found, None, vendor)
            return self._spoilt(_Answer(200, msgspec.json.encode(found), faults=faults))
        return self._spoilt(self._listed(call, route, variables, listing, faults))

    def _strike(self, call: Call, route: Route | None, found: object) -> list[Fault]:
        page = found.page().number if isinstance(found, Listing) else None
        return self.faults.strike(call.path, page, lambda fault: harms(fault, self.vendor, route, found))

    def _listed(
        self, call: Call, route: Route, variables: Mapping[str, str], listing: Listing, faults: list[Fault]
    ) -> _Answer:
        for fault in faults:
            if fault.kind == "filter_lost":
                lose_filters(fault, call, listing)
                again: object = route.handler(call, **variables)
                listing = again if isinstance(again, Listing) else listing
        page = listing.page()
        number = page.number
        for fault in faults:
            page = damaged_page(fault, listing, page, self.vendor)
        if listing.past_end is not None and not page.rows and page.number > 1:
            past = self._refused(listing.past_end, "There is no such page", {})
            past.faults, past.page = faults, number
            return past
        headers = {} if listing.on_headers is None else dict(listing.on_headers(page))
        body = listing.wrap(page)
        for fault in faults:
            body = damaged_body(fault, body, listing, self.vendor)
        return _Answer(200, msgspec.json.encode(body), headers, number, faults)

    def _spoilt(self, answer: _Answer) -> _Answer:
        """Return the answer as the faults about the whole of it leave it."""
        for fault in answer.faults:
            refused = refusal(fault, self.vendor)
            if refused is not None:
                other = self._refused(*refused)
                answer.status, answer.body, answer.headers = other.status, other.body, other.headers
            elif fault.kind == "html":
                answer.body, answer.headers = _HTML, {"content-type": "text/html"}
            elif fault.kind == "broken_json":
                answer.body = answer.body[: max(1, len(answer.body) - 12)]
        return answer


async def _write(answer: _Answer, scope: Scope, receive: Receive, send: Send) -> None:
    headers = {"content-type": "application/json", **answer.headers}
    if answer.has("half_body") is None:
        await Response(answer.body, answer.status, headers)(scope, receive, send)
        return
    named = {**headers, "content-length": str(len(answer.body))}
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True})
    cut(send)
