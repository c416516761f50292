"""The answers to a module's prerequisites, live: one page of each list, never a whole collection."""

from __future__ import annotations

from trueup.core.finding import Finding, FindingState
from trueup.core.reason import Param, Reason
from trueup.core.usage import Failure, FailureCategory
from trueup.modules.calls import Caller
from trueup.modules.failures import SourceError, cure_of
from trueup.modules.plausibility import figure_of
from trueup.modules.prepared import PreparedModule
from trueup.modules.reader import Reader

SETTINGS = "check.module_settings"
REACHABLE = "check.module_reachable"
CREDENTIALS = "check.module_credentials"
RIGHTS = "check.module_rights"
DELIVERING = "check.module_delivering"
EXCLUSION = "check.module_exclusion"
CLOCK = "check.module_clock"
QUESTIONS = (SETTINGS, REACHABLE, CREDENTIALS, RIGHTS, DELIVERING, EXCLUSION, CLOCK)
_CLOCK_SECONDS = 300

_ANSWERED = {
    FailureCategory.CREDENTIALS: CREDENTIALS,
    FailureCategory.PERMISSION: RIGHTS,
    FailureCategory.SCHEMA_CHANGED: DELIVERING,
    FailureCategory.IMPLAUSIBLE: DELIVERING,
    FailureCategory.TRUNCATED: DELIVERING,
}


def _ok(code: str, **params: Param) -> Finding:
    return Finding(code, FindingState.OK, Reason.of(f"{code}.ok", **params))


def _failed(code: str, reason: Reason, state: FindingState = FindingState.FAILED) -> Finding:
    return Finding(code, state, reason, cure_of(reason))


def _after(failed: str) -> list[Finding]:
    later = QUESTIONS[QUESTIONS.index(failed) + 1 :]
    return [Finding(code, FindingState.SKIPPED, Reason.of("check.skipped", after=failed)) for code in later]


def all_stopped(failure: Failure) -> tuple[Finding, ...]:
    """The findings when nothing may be asked: settings are wrong, or the module told us to keep away."""
    at = REACHABLE if failure.category is FailureCategory.RATE_LIMITED else SETTINGS
    before = [_ok(code) for code in QUESTIONS[: QUESTIONS.index(at)]]
    return (*before, _failed(at, failure.reason), *_after(at))


class Prerequisites:
    """Asks the questions of one connection in their order."""

    def __init__(self, prepared: PreparedModule, reader: Reader, caller: Caller) -> None:
        self._prepared = prepared
        self._reader = reader
        self._caller = caller
        self._file = prepared.file

    async def findings(self) -> tuple[Finding, ...]:
        """One finding for each question; those after a failure are skipped."""
        try:
            await self._reader.bootstrap()
            await self._reader.peek(self._file.probe or self._file.organizations.stream)
        except SourceError as error:
            return self._stopped(error)
        found = [_ok(SETTINGS), _ok(REACHABLE, calls=self._caller.calls), _ok(CREDENTIALS)]
        try:
            found += await self._rights_and_delivery()
        except SourceError as error:
            return self._stopped(error)
        found.append(await self._exclusion())
        found.append(self._clock())
        return tuple(found)

    def _stopped(self, error: SourceError) -> tuple[Finding, ...]:
        at = _ANSWERED.get(error.failure.category, REACHABLE)
        before = [_ok(code) for code in QUESTIONS[: QUESTIONS.index(at)]]
        return (*before, _failed(at, error.reason), *_after(at))

    async def _rights_and_delivery(self) -> list[Finding]:
        organizations, _ = await self._peeked(self._file.organizations.stream)
        shown: dict[str, int] = {}
        for name, stream in self._file.streams.items():
            if name in self._prepared.attributes and stream.for_each is None:
                rows, total = await self._peeked(name)
                shown[name] = rows if total is None else total
        rights = _ok(RIGHTS)
        for rule in self._file.compare:
            figure = await self._figure(rule.stream, rule.field)
            read = shown.get(rule.items)
            if figure is not None and read is not None and read * 100 < figure * rule.least_percent:
                reason = Reason.of("module.rights_look_restricted", stream=rule.items, read=read, expected=figure)
                rights = _failed(RIGHTS, reason, FindingState.WARNING)
        items = sum(shown.values())
        if organizations and (items or not shown):
            return [rights, _ok(DELIVERING, organizations=organizations, items=items)]
        reason = Reason.of("module.nothing_delivered", organizations=organizations, items=items)
        return [rights, _failed(DELIVERING, reason, FindingState.WARNING)]

    async def _peeked(self, name: str) -> tuple[int, int | None]:
        rows, total = await self._reader.peek(name)
        return (rows if total is None else total), total

    async def _figure(self, stream: str, field: str) -> int | None:
        if stream not in self._reader.found.plain:
            await self._reader.peek(stream)
        records = self._reader.found.plain[stream].kept
        return figure_of(records[0].get(field)) if records else None

    async def _exclusion(self) -> Finding:
        for name, stream in self._file.streams.items():
            if stream.lookup is None:
                continue
            if self._prepared.presence(stream) == "off":
                return Finding(EXCLUSION, FindingState.SKIPPED, Reason.of("check.module_exclusion.off", stream=name))
            before = len(self._reader.found.notes)
            try:
                await self._reader.read_stream(stream.lookup.stream)
                await self._reader.read_stream(name)
            except SourceError as error:
                return _failed(EXCLUSION, error.reason)
            missing = self._reader.found.notes[before:]
            if missing:
                return _failed(EXCLUSION, missing[0], FindingState.WARNING)
            return _ok(EXCLUSION, stream=name, count=self._reader.found.plain[name].distinct)
        return Finding(EXCLUSION, FindingState.SKIPPED, Reason.of("check.module_exclusion.none"))

    def _clock(self) -> Finding:
        ahead = self._caller.clock.ahead
        if ahead is None:
            return Finding(CLOCK, FindingState.SKIPPED, Reason.of("check.module_clock.unknown"))
        if abs(ahead) > _CLOCK_SECONDS:
            return _failed(CLOCK, Reason.of("module.clock_differs", seconds=ahead), FindingState.WARNING)
        return _ok(CLOCK, seconds=ahead)
