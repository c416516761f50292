"""Check the prerequisites, live and one by one: the store, the PSA, each module, and what only a person can answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from trueup.app.access.blocking import BlockedSource, blocked_sources
from trueup.app.beside.contests import contested_lines
from trueup.app.clock import usage_day
from trueup.app.connections.connecting import known_to_icb, live_findings
from trueup.app.connections.posting import POSTING, posting_findings
from trueup.app.errors import UseCaseError
from trueup.app.usage.source_age import source_ages
from trueup.app.workspace import Workspace
from trueup.core.finding import Finding, FindingState
from trueup.core.reason import Param, Reason
from trueup.psa.port import PsaReadError
from trueup.store.connections import Connection
from trueup.store.errors import StoreError

STORE: Final = "check.store"
SECRETS: Final = "check.secrets"
PSA: Final = "check.psa"
MODULES: Final = "check.modules"
DELIVERED: Final = "check.delivered"
CLOCK: Final = "check.clock"

ICB_QUESTIONS: Final = (
    "check.kaseyaone_organization",
    "check.kaseyaone_user",
    "check.kaseyaone_psa",
    "check.kaseyaone_module",
    "check.kaseyaone_access_list",
    "check.icb_same_services",
)
"""What Integrated Customer Billing asks for on KaseyaOne's side, where it runs beside. No API can answer these, so they
stay questions (Autotask help, ICB dashboard widgets page; KaseyaOne help, security page; partners' knowledge bases)."""

_MODULE_DELIVERING: Final = "check.module_delivering"


def _cured(code: str, **params: Param) -> Reason:
    return Reason.of(f"cure.{code}", **params)


def _failed(code: str, reason: Reason, cure: Reason | None, state: FindingState = FindingState.FAILED) -> Finding:
    return Finding(code, state, reason, cure)


def _trouble(error: StoreError | UseCaseError | PsaReadError) -> Reason:
    return error.failure.reason if isinstance(error, PsaReadError) else error.reason


async def _tried(code: str, name: str, ask: Callable[[], Awaitable[tuple[Finding, ...]]]) -> tuple[Finding, ...]:
    """One source's findings; where it cannot even be asked, that is a finding."""
    try:
        return await ask()
    except (StoreError, UseCaseError, PsaReadError) as error:
        reason = _trouble(error)
        return (_failed(code, reason, _cured("check.cannot_ask", connection=name, failure=reason.code)),)


def _named(findings: Iterable[Finding], connection: str) -> tuple[Finding, ...]:
    """The findings with the connection's name among their parameters, so that two modules can be told apart."""
    return tuple(
        replace(
            finding,
            reason=_with(finding.reason, connection),
            cure=None if finding.cure is None else _with(finding.cure, connection),
        )
        for finding in findings
    )


def _with(reason: Reason, connection: str) -> Reason:
    return Reason.of(reason.code, **{"connection": connection, **reason.as_dict()})


def _store_findings(ws: Workspace) -> tuple[Finding, ...]:
    try:
        with ws.store.writing():
            connections = ws.store.connections.list()
    except StoreError as error:
        return (_failed(STORE, error.reason, _cured("check.store", failure=error.reason.code)),)
    found = [Finding(STORE, FindingState.OK, Reason.of(f"{STORE}.ok", tenant=ws.store.tenant))]
    kept = [connection for connection in connections if connection.secret_fields]
    for connection in kept:
        try:
            ws.store.connections.secret(connection.name)
        except StoreError as error:
            cure = _cured("check.secrets", connection=connection.name, failure=error.reason.code)
            return (*found, _failed(SECRETS, error.reason, cure))
    if kept:
        found.append(Finding(SECRETS, FindingState.OK, Reason.of(f"{SECRETS}.ok", connections=len(kept))))
    else:
        found.append(Finding(SECRETS, FindingState.SKIPPED, Reason.of(f"{SECRETS}.none")))
    return tuple(found)


async def _psa_findings(ws: Workspace, connection: Connection, *, facts: bool) -> tuple[Finding, ...]:
    async def ask() -> tuple[Finding, ...]:
        return await live_findings(await ws.step(ws.accounts.psa, ws.store, connection))

    async def probe() -> tuple[Finding, ...]:
        account = await ws.step(ws.accounts.psa, ws.store, connection)
        try:
            return await account.probe_facts()
        finally:
            await account.close()

    found = await _tried(PSA, connection.name, ask)
    if facts:
        found = (*found, *await _tried("fact.psa", connection.name, probe))
    return found


async def _module_findings(ws: Workspace, connection: Connection) -> tuple[Finding, ...]:
    async def ask() -> tuple[Finding, ...]:
        return await live_findings(await ws.step(ws.accounts.module, ws.store, connection))

    return _named(await _tried("check.module", connection.name, ask), connection.name)


def _delivering(connections: tuple[Connection, ...], findings: tuple[Finding, ...]) -> Finding:
    """At least one module is connected, and delivers when asked."""
    if not connections:
        return _failed(MODULES, Reason.of(f"{MODULES}.none"), _cured(f"{MODULES}.none"))
    working = {
        finding.reason.get("connection")
        for finding in findings
        if finding.code == _MODULE_DELIVERING and finding.state is FindingState.OK
    }
    if not working:
        names = ", ".join(connection.name for connection in connections)
        return _failed(MODULES, Reason.of(f"{MODULES}.silent", connections=names), _cured(f"{MODULES}.silent"))
    return Finding(
        MODULES, FindingState.OK, Reason.of(f"{MODULES}.ok", connected=len(connections), working=len(working))
    )


def _collected(ws: Workspace, connections: tuple[Connection, ...]) -> tuple[Finding, ...]:
    """What is on record of each module: the newest usage day, or why it is missing."""
    settings = ws.store.settings.get()
    today = usage_day(ws.now(), settings)
    ages = source_ages(ws.store)
    found: list[Finding] = []
    for connection in connections:
        state = ws.store.connections.state(connection.name)
        found.append(
            _of_record(connection.name, state.delivered_day, today, ages.get(connection.name, settings.stale_days))
        )
    return tuple(found)


def _blocked(one: BlockedSource) -> Finding:
    """A source behind a network rule: whose rule, which address, since when, and how many lines wait for it."""
    params = {"connection": one.connection, "address": one.address, "since": one.since.date(), "lines": one.waiting}
    code = "check.blocked.ours" if one.ours else "check.blocked.theirs"
    return _failed("check.blocked", Reason.of(code, **params), Reason.of(f"cure.{code}", **params))


def _of_record(name: str, day: date | None, today: date, stale_days: int) -> Finding:
    if day is None:
        reason = Reason.of(f"{DELIVERED}.never", connection=name)
        return _failed(DELIVERED, reason, _cured(f"{DELIVERED}.never", connection=name), FindingState.WARNING)
    if day < today - timedelta(days=stale_days):
        reason = Reason.of(f"{DELIVERED}.stale", connection=name, day=day, days=(today - day).days)
        return _failed(DELIVERED, reason, _cured(f"{DELIVERED}.stale", connection=name), FindingState.WARNING)
    return Finding(DELIVERED, FindingState.OK, Reason.of(f"{DELIVERED}.ok", connection=name, day=day))


def _clock(findings: Iterable[Finding]) -> Finding:
    """This machine's clock against the dates that the servers' answers carried, as the sources compared them."""
    compared = [
        finding
        for finding in findings
        if finding.code.endswith("clock") and finding.state not in (FindingState.SKIPPED, FindingState.QUESTION)
    ]
    if not compared:
        return Finding(CLOCK, FindingState.SKIPPED, Reason.of(f"{CLOCK}.unknown"))
    for finding in compared:
        if finding.state is not FindingState.OK:
            reason = Reason.of(f"{CLOCK}.differs", failure=finding.reason.code, seconds=finding.reason.get("seconds"))
            return _failed(CLOCK, reason, _cured(CLOCK), finding.state)
    return Finding(CLOCK, FindingState.OK, Reason.of(f"{CLOCK}.ok", servers=len(compared)))


def _contested(ws: Workspace) -> tuple[Finding, ...]:
    """Lines that something else keeps changing; where they look like ICB's work, the cure says so."""
    lines = contested_lines(ws.store)
    if not lines:
        return ()
    counted = sorted({line.counted for line in lines if line.counted is not None})
    cure = Reason.of("cure.check.contested")
    if counted:
        cure = Reason.of("cure.check.contested_icb", counted=", ".join(counted))
    reason = Reason.of("check.contested.lines", lines=len(lines))
    return (Finding("check.contested", FindingState.WARNING, reason, cure),)


def _questions(connections: tuple[Connection, ...]) -> tuple[Finding, ...]:
    """Asked where a module that ICB knows is connected: then somebody may run ICB beside."""
    if not any(known_to_icb(connection.kind) for connection in connections):
        return ()
    return tuple(Finding(code, FindingState.QUESTION, Reason.of(code), _cured(code)) for code in ICB_QUESTIONS)


async def check(ws: Workspace, facts: bool = False) -> tuple[Finding, ...]:
    """Every prerequisite, live: the store and its secrets, the PSA, each module, what was collected, the clock, and
    what ICB asks for beside. A source that fails never hides another. `facts` adds read-only probes of everything that
    the PSA's adapter assumes; nothing is ever written to a PSA or a module.
    """
    found = list(await ws.step(_store_findings, ws))
    if found[0].state is FindingState.FAILED:
        return tuple(found)
    psas = await ws.step(ws.store.connections.list, "psa")
    modules = await ws.step(ws.store.connections.list, "module")
    if not psas:
        found.append(_failed(PSA, Reason.of("setup.no_psa"), _cured("check.psa.none")))
    for connection in psas:
        found += await _psa_findings(ws, connection, facts=facts)
    if psas:
        found += await _tried(POSTING, psas[0].name, lambda: posting_findings(ws))
    of_modules: list[Finding] = []
    for connection in modules:
        of_modules += await _module_findings(ws, connection)
    found += of_modules
    found.append(_delivering(modules, tuple(of_modules)))
    found += await ws.step(_collected, ws, modules)
    found += [_blocked(one) for one in await blocked_sources(ws)]
    found.append(_clock(found))
    found += await ws.step(_contested, ws)
    found += _questions(modules)
    return tuple(found)


_TELLING_TEXTS: Final = frozenset(
    {
        "answer",
        "category",
        "empty",
        "endpoint",
        "entity",
        "error",
        "failure",
        "field",
        "finding",
        "missing",
        "setting",
        "stream",
        "version",
        "why",
        "zone",
    }
)
"""Texts of a report that are words of the vendor or of Trueup; any other text may name a customer and is left out."""


def _told(value: Param, name: str) -> str | int | None:
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, Decimal | date):
        return str(value)
    return value if name in _TELLING_TEXTS else "(text)"


def _installed() -> str:
    try:
        return version("trueup")
    except PackageNotFoundError:
        return "unknown"


def facts_report(findings: Iterable[Finding]) -> dict[str, object]:
    """What a tenant's owner can send in: codes, states and numbers. Names of customers, connections and addresses are
    left out; secrets are never part of a finding."""
    return {
        "report": "trueup-facts",
        "version": _installed(),
        "findings": [
            {
                "question": finding.code,
                "state": finding.state.value,
                "answer": finding.reason.code,
                "numbers": {name: _told(value, name) for name, value in finding.reason.params if name != "connection"},
            }
            for finding in findings
        ],
    }
