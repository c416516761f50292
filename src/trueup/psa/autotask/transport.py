"""Every call to Autotask goes through here: zone, thread limit, hourly budget, and what is tried again.

Only reads are tried again. A write is sent at most once, whatever happens.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable

import msgspec

from trueup.core.reason import Reason
from trueup.core.usage import Failure, FailureCategory
from trueup.psa.autotask.budget import CallBudget
from trueup.psa.autotask.calls import Call, CallBrokenError, Purpose, Tally
from trueup.psa.autotask.errors import Answer, AnswerKind, failure_of
from trueup.psa.autotask.settings import AutotaskCredentials, AutotaskSettings
from trueup.psa.autotask.wire import Wire
from trueup.psa.autotask.zone import Zone, zone_of
from trueup.psa.port import CallCount, PsaReadError
from trueup.retrying import tries
from trueup.trust import Reach

_ZONE = Call("zoneInformation", "", Purpose.SETUP)
THRESHOLD = Call("ThresholdInformation", "V1.0/ThresholdInformation", Purpose.SETUP)
ZONE_MOVED = Failure(FailureCategory.UNREACHABLE, Reason.of("autotask.zone_moved"))
"""A write met the tenant's old data centre; the next one goes to the new one."""
_WORTH_ANOTHER = frozenset(
    {AnswerKind.RATE_LIMITED, AnswerKind.THREAD_LIMIT, AnswerKind.TRANSIENT, AnswerKind.UNREADABLE}
)
_BARRED = frozenset({AnswerKind.UNAUTHORISED, AnswerKind.CODE_INVALID, AnswerKind.LOCKED})


class ThresholdRow(msgspec.Struct):
    """Answer of ThresholdInformation: calls that the database takes in its time frame, and calls used."""

    limit: int | None = msgspec.field(default=None, name="externalRequestThreshold")
    minutes: int | None = msgspec.field(default=None, name="requestThresholdTimeframe")
    used: int | None = msgspec.field(default=None, name="currentTimeframeRequestCount")


class NotSentError(Exception):
    """The call was held back or certainly did not arrive; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason.code)
        self.failure = failure


class _AgainError(Exception):
    """Worth another try: `wait` in seconds, or None for the usual growing wait."""

    def __init__(self, failure: Failure, wait: float | None = None) -> None:
        super().__init__(failure.reason.code)
        self.failure = failure
        self.wait = wait


def _worth_another(error: Exception) -> bool | dt.timedelta:
    if not isinstance(error, _AgainError):
        return False
    return True if error.wait is None else dt.timedelta(seconds=error.wait)


class Transport:
    """Calls to one tenant's Autotask. Belongs to the event loop that used it first."""

    def __init__(
        self,
        credentials: AutotaskCredentials,
        settings: AutotaskSettings,
        budget: CallBudget,
        on_answer: Callable[[Answer], None] | None = None,
        reach: Reach | None = None,
    ) -> None:
        self._settings = settings
        self._budget = budget
        self._wire = Wire(credentials, settings, reach)
        self._tally = Tally()
        self._on_answer = on_answer
        self._threads: dict[str, asyncio.Semaphore] = {}
        self._zone_lock = asyncio.Lock()
        self._threshold_lock = asyncio.Lock()
        self._zone: Zone | None = None
        self._proved = False
        self._barred: Failure | None = None

    @property
    def calls(self) -> CallCount:
        """Calls sent so far."""
        return self._tally.count()

    @property
    def budget(self) -> CallBudget:
        """The hourly budget."""
        return self._budget

    async def zone(self) -> Zone:
        """The tenant's zone, looked up once; raises PsaReadError."""
        async with self._zone_lock:
            if self._zone is None:
                self._zone = await self._look_up()
            return self._zone

    async def read(self, call: Call) -> Answer:
        """The answer of a call that may be repeated; raises PsaReadError for every answer but OK."""
        answer = await self.answer(call)
        if answer.kind is AnswerKind.OK:
            return answer
        raise PsaReadError(failure_of(answer, call.endpoint))

    async def answer(self, call: Call) -> Answer:
        """The same, where a rejection by Autotask is itself the answer that is looked for."""
        try:
            async for attempt in tries(
                on=_worth_another,
                attempts=self._settings.attempts,
                wait_initial=self._settings.retry_seconds,
                wait_max=self._settings.longest_wait_seconds,
                wait_jitter=self._settings.retry_seconds,
            ):
                with attempt:
                    return await self._try(call)
        except _AgainError as error:
            raise PsaReadError(error.failure) from None
        except NotSentError as error:
            raise PsaReadError(error.failure) from None
        raise AssertionError("a retry loop ends with an answer or an error")

    async def write(self, call: Call) -> Answer:
        """Send a write once. NotSentError: it certainly did not arrive; CallBrokenError: that is unclear."""
        try:
            zone = await self.zone()
            answer = await self._send(call, zone, self._settings.write_seconds)
        except PsaReadError as error:
            raise NotSentError(error.failure) from None
        except CallBrokenError as error:
            if error.sent:
                raise
            raise NotSentError(error.failure) from None
        if answer.kind in _BARRED:
            moved = await self._refused(answer, call, zone)
            raise NotSentError(ZONE_MOVED if moved else failure_of(answer, call.endpoint))
        return answer

    async def refresh_budget(self) -> None:
        """Ask how many calls were used in this hour; raises PsaReadError."""
        answer = await self.answer(THRESHOLD)
        if answer.kind is AnswerKind.REJECTED:
            # nothing was asked that could be wrong but the three headers
            reason = Reason.of("autotask.sign_in_rejected", status=answer.status, text=answer.text)
            self._barred = Failure(FailureCategory.CREDENTIALS, reason)
            raise PsaReadError(self._barred)
        if answer.kind is not AnswerKind.OK:
            raise PsaReadError(failure_of(answer, THRESHOLD.endpoint))
        try:
            row = msgspec.json.decode(answer.body, type=ThresholdRow)
        except msgspec.ValidationError:
            row = ThresholdRow()
        self._budget.learn(row.limit, row.used or 0)

    async def close(self) -> None:
        """Release connections."""
        await self._wire.close()

    async def _try(self, call: Call) -> Answer:
        try:
            zone = await self.zone()
            answer = await self._send(call, zone, self._settings.read_seconds)
            if answer.kind in _BARRED and await self._refused(answer, call, zone):
                answer = await self._send(call, await self.zone(), self._settings.read_seconds)
                if answer.kind in _BARRED:
                    self._barred = failure_of(answer, call.endpoint)
        except CallBrokenError as error:
            raise _AgainError(error.failure) from None
        if answer.kind not in _WORTH_ANOTHER:
            return answer
        wait = self._wait_of(answer)
        if wait is not None and wait > self._settings.longest_wait_seconds:
            return answer
        raise _AgainError(failure_of(answer, call.endpoint), wait)

    def _wait_of(self, answer: Answer) -> float | None:
        """Seconds to wait before another try, None for the usual growing wait."""
        if answer.kind is AnswerKind.RATE_LIMITED:
            return self._settings.rate_wait_seconds if answer.retry_after is None else answer.retry_after
        return self._settings.thread_wait_seconds if answer.kind is AnswerKind.THREAD_LIMIT else None

    async def _send(self, call: Call, zone: Zone, seconds: float) -> Answer:
        if call is not THRESHOLD:
            await self._know_budget()
        threads = self._threads.setdefault(call.endpoint, asyncio.Semaphore(self._settings.threads))
        async with threads:
            if self._barred is not None:
                raise NotSentError(self._barred)  # after a refusal nothing more is sent: repeating it locks the account
            held = self._budget.admit() if call is not THRESHOLD else None
            if held is not None:
                raise NotSentError(held)
            self._tally.add(call)
            answer = await self._wire.send(zone.base, call, seconds)
        if self._on_answer is not None:
            self._on_answer(answer)
        return answer

    async def _know_budget(self) -> None:
        """Ask for the threshold when due. The first call of all goes alone, so that wrong secrets are tried once."""
        if self._proved and not self._budget.asks_again():
            return
        async with self._threshold_lock:
            if self._proved and not self._budget.asks_again():
                return
            try:
                await self.refresh_budget()
            except PsaReadError as error:
                if error.failure.category is not FailureCategory.PERMISSION:
                    raise
                self._budget.learn(None, 0)  # it may not be read: the documented limit and our own count remain
            self._proved = True

    async def _refused(self, answer: Answer, call: Call, used: Zone) -> bool:
        """After a refusal: whether the zone has moved since, looked up once. Else nothing more is sent."""
        async with self._zone_lock:
            if self._zone is not None and self._zone.base != used.base:
                return True
            if answer.kind is AnswerKind.UNAUTHORISED and self._barred is None:
                try:
                    found = await self._look_up()
                except PsaReadError:
                    found = used
                if found.base != used.base:
                    self._zone = found
                    return True
            self._barred = failure_of(answer, call.endpoint)
            return False

    async def _look_up(self) -> Zone:
        self._tally.add(_ZONE)
        try:
            answer = await self._wire.look_up(_ZONE)
        except CallBrokenError as error:
            raise PsaReadError(error.failure) from None
        return zone_of(answer, self._settings.zone_address)
