"""HTTP to Autotask: the secrets go out as headers here and nowhere else, and no error of the library gets past."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Generator
from urllib.parse import urlsplit

import httpx2

from trueup.core.reason import Reason
from trueup.core.usage import Failure, FailureCategory
from trueup.core.wire_text import without_nul
from trueup.psa.autotask.calls import Call, CallBrokenError
from trueup.psa.autotask.errors import Answer, classify
from trueup.psa.autotask.fence import Fence, WindowClosedError
from trueup.psa.autotask.settings import AutotaskCredentials, AutotaskSettings
from trueup.trust import NotReachedError, Reach, client_within

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
_USER = re.compile(r"(?i)([?&]user=)[^&\s\"]+")


class _HideUser(logging.Filter):
    """The HTTP library logs addresses; the zone lookup carries the API user's name in its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                _USER.sub(r"\1***", str(part)) if isinstance(part, httpx2.URL | str) else part for part in record.args
            )
        return True


logging.getLogger("httpx2").addFilter(_HideUser())


class _Headers(httpx2.Auth):
    """Adds the three headers of the API user (Autotask REST, page on security and authentication)."""

    def __init__(self, credentials: AutotaskCredentials) -> None:
        self._credentials = credentials

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers["ApiIntegrationCode"] = self._credentials.integration_code
        request.headers["UserName"] = self._credentials.user_name
        request.headers["Secret"] = self._credentials.secret
        yield request


class Wire:
    """Sends one request and classifies its answer. Belongs to the event loop that used it first."""

    def __init__(
        self, credentials: AutotaskCredentials, settings: AutotaskSettings, reach: Reach | None = None
    ) -> None:
        self._credentials = credentials
        self._settings = settings
        self._headers = _Headers(credentials)
        host = urlsplit(settings.zone_address).hostname or ""
        self._client = client_within(  # which follows no redirect: one would carry the secrets elsewhere
            reach,
            trust_env=host not in {"127.0.0.1", "localhost", "::1"},
            headers={"Accept": "application/json", "User-Agent": "trueup"},
        )

    async def send(self, base: str, call: Call, seconds: float) -> Answer:
        """Send one call of the API user; raises CallBrokenError where no whole answer came."""
        headers = {"Content-Type": "application/json"} if call.body is not None else {}
        fence = Fence(call.window)
        request = self._client.build_request(
            call.method,
            base + call.path,
            content=call.body,
            headers=headers,
            timeout=self._timeout(seconds),
            extensions={"trace": fence},
        )
        whole = seconds if call.window is None else min(seconds, call.window.answer_seconds)
        try:
            async with asyncio.timeout(whole):  # the library's own limits hold for each piece of the answer
                return await self._send(call.endpoint, request, self._headers)
        except TimeoutError as error:
            raise self._broken("autotask.timed_out", call.endpoint, error, sent=fence.left) from None
        except WindowClosedError as error:
            raise self._broken("autotask.too_late", call.endpoint, error, sent=False) from None

    async def look_up(self, call: Call) -> Answer:
        """Ask for the zone: no credentials but the user's name in the address."""
        request = self._client.build_request(
            "GET",
            self._settings.zone_address,
            params={"user": self._credentials.user_name},
            timeout=self._timeout(self._settings.read_seconds),
        )
        return await self._send(call.endpoint, request, None)

    async def close(self) -> None:
        """Release connections."""
        await self._client.aclose()

    def _timeout(self, seconds: float) -> httpx2.Timeout:
        return httpx2.Timeout(seconds, connect=self._settings.connect_seconds)

    async def _send(self, endpoint: str, request: httpx2.Request, auth: httpx2.Auth | None) -> Answer:
        try:
            response = await self._client.send(request, auth=auth)
        except NotReachedError as error:
            reason = Reason.of("autotask.address_refused", endpoint=endpoint, host=error.host)
            raise CallBrokenError(Failure(FailureCategory.UNREACHABLE, reason), sent=False) from None
        except httpx2.TimeoutException as error:
            raise self._broken("autotask.timed_out", endpoint, error, sent=not isinstance(error, _NEVER_SENT)) from None
        except httpx2.HTTPError as error:
            raise self._broken(
                "autotask.unreachable", endpoint, error, sent=not isinstance(error, _NEVER_SENT)
            ) from None
        answer = classify(response.status_code, response.headers, without_nul(response.content))
        return Answer(
            answer.kind,
            answer.status,
            answer.body,
            self._credentials.hidden(answer.text),
            answer.retry_after,
            answer.date,
        )

    @staticmethod
    def _broken(code: str, endpoint: str, error: Exception, *, sent: bool) -> CallBrokenError:
        # only the kind of the error: its text may quote a header
        reason = Reason.of(code, endpoint=endpoint, error=type(error).__name__)
        return CallBrokenError(Failure(FailureCategory.UNREACHABLE, reason), sent=sent)
