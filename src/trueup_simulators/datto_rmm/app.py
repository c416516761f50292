"""The ASGI application: what happens to a request, in order, until an answer is on the wire."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from trueup_simulators.datto_rmm.access import in_networks
from trueup_simulators.datto_rmm.answers import Answer, Page, Refusal
from trueup_simulators.datto_rmm.calls import Call
from trueup_simulators.datto_rmm.connection import address_of, cut
from trueup_simulators.datto_rmm.control import control_plane
from trueup_simulators.datto_rmm.damage import change_between_pages, damaged_answer, damaged_page
from trueup_simulators.datto_rmm.endpoints import find, needs_token
from trueup_simulators.datto_rmm.faults import Fault
from trueup_simulators.datto_rmm.listing import Asked
from trueup_simulators.datto_rmm.quota import Verdict
from trueup_simulators.datto_rmm.scenario import ScenarioError, UserSpec
from trueup_simulators.datto_rmm.state import State

_TOKEN = "/auth/oauth/token"  # noqa: S105 - a path
_NOBODY = UserSpec(name="(nobody)", api_key="", api_secret="", sites=[])


class _Exchange:
    """One request on its way through the simulator."""

    def __init__(self, state: State, request: Request, address: str) -> None:
        self.state = state
        self.request = request
        self.address = address
        self.full_path = request.url.path
        self.path = self.full_path.removeprefix("/api")
        self.query = dict(parse_qsl(request.url.query, keep_blank_values=True))
        self.user: UserSpec | None = None
        self.asked: Asked | None = None
        self.page: Page | None = None
        self.wait = state.switches.latency_ms / 1000
        number = self.query.get("page", "")
        default = state.switches.first_page if self.path.startswith("/v") else None
        self.faults = state.faults.strike(
            self.path, int(number) if number.isdecimal() else default, bool(self.query.get("filterId"))
        )

    def has(self, kind: str) -> Fault | None:
        return next((fault for fault in self.faults if fault.kind == kind), None)

    async def answer(self) -> Answer:
        """Return the right answer, then what the faults make of it."""
        now = self.state.clock.now_ms()
        slow = self.has("slow")
        if slow is not None:
            self.wait += self.state.clock.real_seconds(slow.seconds)
        try:
            answer = await self._login() if self.full_path == _TOKEN else self._read()
        except Refusal as refusal:
            if not self.state.switches.error_messages and refusal.status != 403:
                refusal.message = None
            answer = refusal.answer(self.full_path, now)
        for fault in self.faults:
            answer = damaged_answer(fault, answer, self.full_path, now)
        return answer

    def _refuse_the_blocked(self) -> None:
        state = self.state
        seconds = state.quota.blocked_seconds(self.address, state.clock.now_ms())
        if seconds:
            headers = {"Retry-After": str(seconds)} if state.switches.retry_after else {}
            raise Refusal(403, "Too many requests: this IP address is blocked", headers)

    async def _login(self) -> Answer:
        self._refuse_the_blocked()
        if not in_networks(self.address, self.state.switches.allowed_networks):
            raise Refusal(403)
        request = self.request
        return self.state.access.login(
            request.method,
            request.headers.get("authorization", ""),
            await request.body(),
            self.state.clock.now_ms(),
        )

    def _read(self) -> Answer:
        state, now = self.state, self.state.clock.now_ms()
        self._refuse_the_blocked()
        if state.switches.network_rule_on_calls and not in_networks(self.address, state.switches.allowed_networks):
            raise Refusal(403)
        self.user = state.access.user_of(self.request.headers.get("authorization", ""), now)
        if self.user is None and needs_token(self.path, state):
            raise Refusal(401)
        self._spend(now)
        route = find(self.path) if self.full_path.startswith("/api/") else None
        if route is None:
            raise Refusal(404)
        if self.request.method != "GET":
            raise Refusal(405)
        handler, variables = route
        origin = f"{self.request.url.scheme}://{self.request.headers.get('host', '127.0.0.1')}"
        self.asked = Asked(self.user or _NOBODY, self.full_path, self.query, origin)
        found = handler(state, self.asked, variables)
        if isinstance(found, bytes):
            return Answer(200, found)
        for fault in self.faults:
            found = damaged_page(fault, found, self.asked, state)
        self.page = found
        return Answer(200, found.encoded())

    def _spend(self, now: int) -> None:
        state = self.state
        verdict = state.quota.take(self.address, now)
        if verdict is Verdict.DELAYED:
            self.wait += state.clock.real_seconds(state.switches.throttle_delay_ms / 1000)
        elif verdict is Verdict.TOO_MANY:
            wait = str(state.quota.seconds_until_free(now))
            raise Refusal(429, "Too many requests", {"Retry-After": wait} if state.switches.retry_after else None)
        elif verdict is Verdict.BLOCKED:
            self._refuse_the_blocked()

    def log(self, answer: Answer | None) -> None:
        """Write the request down, without headers and form."""
        self.state.calls.add(
            Call(
                at=self.state.clock.now_ms(),
                method=self.request.method,
                path=self.path,
                query=self.request.url.query,
                status=None if answer is None else answer.status,
                user=None if self.user is None else self.user.name,
                address=self.address,
                bytes=0 if answer is None else len(answer.body),
                faults=[fault.kind for fault in self.faults],
            )
        )

    def settle(self) -> None:
        """Let the world change after the answer, where a fault says so."""
        for fault in self.faults:
            change_between_pages(fault, self.page, self.asked, self.state)


class DattoRmmApp:
    """Dispatches between the control plane (`/_simulator/...`) and the vendor's API."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._control = control_plane(state)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if scope["path"].startswith("/_simulator/"):
            await self._control(scope, receive, send)
            return
        exchange = _Exchange(self.state, Request(scope, receive), address_of(scope, send))
        if exchange.has("drop") is not None:
            exchange.log(None)
            cut(send)
            return
        answer = await exchange.answer()
        if exchange.wait:
            await self.state.faults.held.wait(exchange.wait)
        exchange.log(answer)
        try:
            exchange.settle()
        except ScenarioError as error:
            answer = Answer(500, str(error).encode(), {"content-type": "text/plain"})
        await self._write(exchange, answer, scope, receive, send)

    @staticmethod
    async def _write(exchange: _Exchange, answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {"content-type": "application/json", **answer.headers}
        if exchange.has("half_body") is None:
            await Response(answer.body, answer.status, headers)(scope, receive, send)
            return
        named = {**headers, "content-length": str(len(answer.body))}
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        half = answer.body[: len(answer.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        cut(send)


def create_app(state: State) -> ASGIApp:
    """Return the ASGI application that answers for `state`."""
    return DattoRmmApp(state)
