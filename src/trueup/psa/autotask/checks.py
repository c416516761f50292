"""Prerequisites on Autotask's side, asked live and one by one, each failure with its cure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from trueup.core.finding import Finding, FindingState
from trueup.core.reason import Param, Reason
from trueup.core.usage import Failure, FailureCategory
from trueup.psa.autotask import listings
from trueup.psa.autotask.calls import Call, Purpose
from trueup.psa.autotask.query import BEFORE_ALL, count, decoded, one_page, term, within
from trueup.psa.autotask.reading import Reader
from trueup.psa.autotask.settings import AutotaskSettings
from trueup.psa.autotask.transport import THRESHOLD, Transport
from trueup.psa.port import PsaReadError

CURES: dict[FailureCategory, str] = {
    FailureCategory.CREDENTIALS: "autotask.cure.credentials",
    FailureCategory.PERMISSION: "autotask.cure.permission",
    FailureCategory.NETWORK_RULE: "autotask.cure.network_rule",
    FailureCategory.RATE_LIMITED: "autotask.cure.wait_for_limit",
    FailureCategory.UNREACHABLE: "autotask.cure.reach",
    FailureCategory.TRUNCATED: "autotask.cure.try_again",
    FailureCategory.SCHEMA_CHANGED: "autotask.cure.report",
    FailureCategory.IMPLAUSIBLE: "autotask.cure.visibility",
}
_CURES_BY_CODE = {
    "autotask.user_unknown": "autotask.cure.user_unknown",
    "autotask.integration_code_invalid": "autotask.cure.integration_code",
    "autotask.user_locked": "autotask.cure.unlock",
    "autotask.zone_foreign": "autotask.cure.zone_lookup_url",
}
_NEEDED = ("Companies", "Contracts", "Services", "ContractServices", "ContractServiceUnits")
_ALL = ("credentials", "threshold", "clock", "version", "rights", "picklists", "contracts", "visibility")
_HALF = 2


class _Versions(msgspec.Struct):
    versions: list[str] = msgspec.field(name="apiVersions", default_factory=list)


class _Info(msgspec.Struct, rename="camel"):
    can_create: bool | None = None
    can_query: bool | None = None
    user_access_for_create: str | None = None
    user_access_for_query: str | None = None


class _InfoAnswer(msgspec.Struct):
    info: _Info


def found(code: str, state: FindingState, reason: str, cure: str | None = None, /, **params: Param) -> Finding:
    """One finding; `code` is the question without its prefix."""
    return Finding(f"autotask.{code}", state, Reason.of(reason, **params), Reason.of(cure) if cure else None)


def failed(code: str, failure: Failure) -> Finding:
    """A question that a failure answered, with the cure for it."""
    cure = _CURES_BY_CODE.get(failure.reason.code, CURES[failure.category])
    return Finding(f"autotask.{code}", FindingState.FAILED, failure.reason, Reason.of(cure))


class Checker:
    """Asks all prerequisites. A question that cannot be asked because an earlier one failed is `skipped`."""

    def __init__(
        self, transport: Transport, reader: Reader, settings: AutotaskSettings, clock: Callable[[], datetime]
    ) -> None:
        self._transport = transport
        self._reader = reader
        self._settings = settings
        self._clock = clock

    async def run(self) -> tuple[Finding, ...]:
        """All findings, in a fixed order."""
        try:
            zone = await self._transport.zone()
        except PsaReadError as error:
            return (failed("zone", error.failure), *self._skipped(_ALL))
        findings = [found("zone", FindingState.OK, "autotask.zone_found", zone=zone.name)]
        try:
            await self._transport.refresh_budget()
        except PsaReadError as error:
            findings.append(failed("credentials", error.failure))
            if error.failure.category is not FailureCategory.PERMISSION:
                return (*findings, *self._skipped(_ALL[1:]))
        else:
            findings.append(found("credentials", FindingState.OK, "autotask.credentials_right"))
            findings.append(self._threshold())
        for code, question in (
            ("clock", self._clock_sane),
            ("version", self._version),
            ("rights", self._rights),
            ("picklists", self._picklists),
            ("contracts", self._contracts),
            ("visibility", self._visibility),
        ):
            findings.extend(await self._asked(code, question))
        return tuple(findings)

    @staticmethod
    def _skipped(codes: tuple[str, ...]) -> tuple[Finding, ...]:
        return tuple(found(code, FindingState.SKIPPED, "autotask.not_asked") for code in codes)

    @staticmethod
    async def _asked(code: str, question: Callable[[], Awaitable[tuple[Finding, ...]]]) -> tuple[Finding, ...]:
        try:
            return await question()
        except PsaReadError as error:
            return (failed(code, error.failure),)

    def _threshold(self) -> Finding:
        budget = self._transport.budget
        used: dict[str, Param] = {"used": budget.used, "limit": budget.limit, "margin": budget.margin}
        if budget.used >= budget.limit - budget.margin:
            cure = "autotask.cure.wait_for_limit"
            return found("threshold", FindingState.FAILED, "autotask.budget_spent", cure, **used)
        if budget.used * _HALF >= budget.limit:
            return found(
                "threshold", FindingState.WARNING, "autotask.calls_slowed", "autotask.cure.other_integrations", **used
            )
        return found("threshold", FindingState.OK, "autotask.calls_left", **used)

    async def _clock_sane(self) -> tuple[Finding, ...]:
        answer = await self._transport.read(THRESHOLD)
        try:
            theirs = parsedate_to_datetime(answer.date).astimezone(UTC)
        except (ValueError, TypeError):
            return (found("clock", FindingState.SKIPPED, "autotask.no_date_header"),)
        seconds = int(abs((self._clock() - theirs).total_seconds()))
        if seconds <= self._settings.clock_tolerance_seconds:
            return (found("clock", FindingState.OK, "autotask.clock_agrees", seconds=seconds),)
        return (found("clock", FindingState.FAILED, "autotask.clock_differs", "autotask.cure.clock", seconds=seconds),)

    async def _version(self) -> tuple[Finding, ...]:
        answer = await self._transport.read(Call("versioninformation", "versioninformation", Purpose.SETUP))
        offered = decoded("versioninformation", answer.body, _Versions).versions
        listed = ", ".join(offered)
        if any(version.upper() == "V1.0" for version in offered):
            return (found("version", FindingState.OK, "autotask.version_offered", versions=listed),)
        cure = "autotask.cure.update_trueup"
        return (found("version", FindingState.FAILED, "autotask.version_not_offered", cure, versions=listed),)

    async def _rights(self) -> tuple[Finding, ...]:
        findings = [await self._right(entity, writing=False) for entity in _NEEDED]
        return (*findings, await self._right("ContractServiceAdjustments", writing=True))

    async def _right(self, entity: str, *, writing: bool) -> Finding:
        code = f"rights.{entity}"
        cure = "autotask.cure.edit_contracts" if writing else "autotask.cure.permission"
        call = Call(entity, f"V1.0/{entity}/entityInformation", Purpose.SETUP)
        try:
            info = decoded(entity, (await self._transport.read(call)).body, _InfoAnswer).info
        except PsaReadError as error:
            return failed(code, error.failure)
        able, access = (
            (info.can_create, info.user_access_for_create) if writing else (info.can_query, info.user_access_for_query)
        )
        shown: dict[str, Param] = {"entity": entity, "access": access}
        if able is False or (access or "").lower() == "none":
            return found(code, FindingState.FAILED, "autotask.right_missing", cure, **shown)
        if access is not None and access.lower() != "all":
            return found(code, FindingState.WARNING, "autotask.right_limited", cure, **shown)
        return found(code, FindingState.OK, "autotask.right_given", **shown)

    async def _picklists(self) -> tuple[Finding, ...]:
        meanings = await self._reader.meanings()
        if not meanings.surprises:
            return (found("picklists", FindingState.OK, "autotask.labels_expected"),)
        fields = ", ".join(meanings.surprises)
        cure = "autotask.cure.labels"
        return (found("picklists", FindingState.WARNING, "autotask.labels_unexpected", cure, fields=fields),)

    async def _contracts(self) -> tuple[Finding, ...]:
        today = self._clock().date()
        kind = (await self._reader.meanings()).recurring
        number = await count(self._transport, "Contracts", listings.recurring_contracts(kind, today, today).terms)
        if number:
            return (found("contracts", FindingState.OK, "autotask.contracts_found", count=number),)
        cure = "autotask.cure.contracts"
        return (found("contracts", FindingState.FAILED, "autotask.contracts_none", cure),)

    async def _visibility(self) -> tuple[Finding, ...]:
        """Whether this user sees all: totals of things that need each other, and contracts whose holder is hidden."""
        everything = (term("gt", "id", BEFORE_ALL),)
        totals: dict[str, Param] = {
            name: await count(self._transport, entity, everything)
            for name, entity in (
                ("companies", "Companies"),
                ("contracts", "Contracts"),
                ("services", "Services"),
                ("lines", "ContractServices"),
                ("rows", "ContractServiceUnits"),
            )
        }
        cure = "autotask.cure.visibility"
        empty = [name for name, total in totals.items() if not total]
        if empty:
            reason = "autotask.totals_implausible"
            return (found("visibility", FindingState.FAILED, reason, cure, empty=", ".join(empty), **totals),)
        hidden = await self._hidden_holders()
        if hidden:
            reason = "autotask.holders_hidden"
            return (found("visibility", FindingState.WARNING, reason, cure, hidden=hidden, **totals),)
        return (found("visibility", FindingState.OK, "autotask.totals_plausible", **totals),)

    async def _hidden_holders(self) -> int:
        """Companies that hold one of the first contracts and are not shown to this user."""
        rows, _ = await one_page(self._transport, listings.CONTRACTS, BEFORE_ALL, self._settings.page_size)
        held = sorted({row.company_id for row in rows if row.company_id is not None})[: self._settings.longest_list]
        if not held:
            return 0
        return len(held) - await count(self._transport, "Companies", (within("id", held),))
