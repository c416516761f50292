"""The server: sign-in, limits and faults around the operations, as an ASGI application."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from trueup_simulators.autotask import striking
from trueup_simulators.autotask.access import User
from trueup_simulators.autotask.answers import Answer, drop, failure, send_answer, success
from trueup_simulators.autotask.calls import Call
from trueup_simulators.autotask.control import create_control
from trueup_simulators.autotask.errors import RefusedError, RoutingError, TooManyError, UnauthorisedError
from trueup_simulators.autotask.faults import Fault
from trueup_simulators.autotask.operations import Caller, carry_out
from trueup_simulators.autotask.routes import Target, not_found, resolve, wrong_method
from trueup_simulators.autotask.state import State

_ERRORS = (RefusedError, RoutingError, UnauthorisedError, TooManyError)
_OPEN = frozenset({"zone", "versions"})
_CONTROL = "/_simulator"


class AutotaskApp:
    """One simulated database behind HTTP; `state` is for tests in the same process."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._control = create_control(state)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if scope["path"].startswith(_CONTROL):
            await self._control(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            target = self._target(request)
            if target.action in _OPEN or (target.action == "wrong-method" and target.entity is None):
                await send_answer(self._open(target, request), send)
                return
            user, code = self.state.accounts.sign_in(_headers(request), self.state.switches)
            if target.zone != self.state.zone:
                raise UnauthorisedError("The user does not belong to this zone.")
        except _ERRORS as error:
            await send_answer(failure(error, self.state.switches), send)
            return
        await self._answer_call(request, target, user, code, send)

    def _target(self, request: Request) -> Target:
        if request.method == "GET" and len(str(request.url)) > self.state.switches.max_url_length:
            raise not_found(request.url.path)
        return resolve(request.method, request.url.path)

    def _open(self, target: Target, request: Request) -> Answer:
        """The two addresses that need no credentials."""
        if target.action == "versions":
            return success({"apiVersions": ["V1.0", "V2.0"]})
        if target.action != "zone":
            raise wrong_method(request.method)
        user = self.state.accounts.find(request.query_params.get("user", ""))
        if user is None:
            raise RefusedError("Zone information could not be determined")
        base, zone = _base(request), self.state.zone
        address = f"{base}/{zone}/ATServicesRest/" if zone else f"{base}/ATServicesRest/"
        return success({"zoneName": self.state.zone_name, "url": address, "webUrl": f"{base}/", "ci": self.state.ci})

    async def _answer_call(self, request: Request, target: Target, user: User, code: str, send: Send) -> None:
        state, path = self.state, request.url.path
        call = state.calls.begin(request.method, path, target.name, target.action, user.user_name)
        caller = Caller(
            user=user,
            method=request.method,
            path=path,
            base_url=_base(request),
            search=request.query_params.get("search"),
            paging=request.query_params.get("paging"),
            body=await request.body(),
        )
        faults = state.faults.striking(request.method, target.name, target.action, path)
        call.faults = tuple(fault.kind for fault in faults)
        try:
            wait = state.limits.count(state.switches) + state.switches.latency_ms / 1000
            with state.limits.thread(code, target.name, state.switches) as threads:
                state.calls.peak_threads[target.name] = max(threads, state.calls.peak_threads.get(target.name, 0))
                if wait > 0:
                    await asyncio.sleep(wait)
                answer = await self._struck(target, caller, faults, call)
        except _ERRORS as error:
            answer = failure(error, state.switches)
        if answer is None:
            call.status = -1
            await drop(send)
            return
        call.status, call.rows = answer.status, answer.rows
        state.calls.rows[target.name] += answer.rows
        await send_answer(answer, send, half=any(fault.kind == "half-body" for fault in faults))

    async def _struck(self, target: Target, caller: Caller, faults: list[Fault], call: Call) -> Answer | None:
        """Carry the call out among its faults; null when the connection shall break."""
        state = self.state
        for fault in faults:
            if fault.kind in striking.DROPS_BEFORE:
                return None
            if fault.kind == "commit-late":
                await state.faults.held.wait(fault.seconds())
            early = striking.before(state, fault, target, caller.user, caller.body)
            if early is not None:
                return early
        try:
            answer = carry_out(state, target, caller)
        except _ERRORS as error:
            answer = failure(error, state.switches)
        call.status = answer.status
        for fault in faults:
            if fault.kind == "slow":
                await state.faults.held.wait(fault.seconds())
            answer = striking.after(state, fault, target, answer, caller.body)
        if any(fault.kind in striking.DROPS_AFTER for fault in faults):
            return None
        return answer


def _headers(request: Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def create_app(state: State) -> AutotaskApp:
    """An ASGI application over a state."""
    return AutotaskApp(state)
