"""Set up: a tenant's choices, and connections that are tried live before anything is stored."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, replace

from babel.numbers import list_currencies

from trueup.app.connections.connecting import live_findings
from trueup.app.connections.reach import reach_of
from trueup.app.connections.retention import ALWAYS, retention_with
from trueup.app.errors import Exit, UseCaseError, refused
from trueup.app.workspace import Workspace
from trueup.core.digest import digest
from trueup.core.finding import Finding, FindingState
from trueup.core.reason import Param, Reason
from trueup.core.retention import Kept
from trueup.core.rule import DriftPolicy, Mode
from trueup.core.settings import BesideSettings, TenantSettings, UnitCosts
from trueup.messages.language import LANGUAGES
from trueup.store.connections import Connection, Role
from trueup.store.tenant_store import TenantStore

_CANNOT_WORK = frozenset(
    {
        "autotask.zone",
        "autotask.credentials",
        "check.module_settings",
        "check.module_reachable",
        "check.module_credentials",
    }
)
"""Questions about address and credentials: where one fails, the connection cannot work at all."""


class NotConnectedError(UseCaseError):
    """The live test failed; nothing was stored. `findings` holds every answer."""

    def __init__(self, reason: Reason, findings: tuple[Finding, ...]) -> None:
        super().__init__(reason)
        self.findings = findings


def _wrong(code: str, **params: Param) -> UseCaseError:
    return UseCaseError(Reason.of(code, **params), Exit.USAGE)


@dataclass(frozen=True, slots=True)
class TenantChoices:
    """What a person may choose for a tenant; None leaves it as it is (for a new tenant: the default). `keep` has months
    by kind (`trueup.core.retention`), or `always`."""

    name: str | None = None
    time_zone: str | None = None
    currency: str | None = None
    language: str | None = None
    mode: Mode | None = None
    wait_days: int | None = None
    contest_nights: int | None = None
    contest_window: int | None = None
    drift: DriftPolicy | None = None
    keep: Mapping[str, str] | None = None
    unit_costs: UnitCosts | None = None


def chosen_settings(choices: TenantChoices, before: TenantSettings | None = None) -> TenantSettings:
    """A tenant's settings with these choices, each checked.

    Raises UseCaseError with exit code 2: `setup.name_empty`, `setup.unknown_time_zone`, `setup.unknown_currency`,
    `setup.unknown_language`, `setup.keep_kind`, `setup.keep_range`.
    """
    settings = before or TenantSettings()
    if choices.name is not None:
        if not choices.name.strip():
            raise _wrong("setup.name_empty")
        settings = replace(settings, name=choices.name.strip())
    if choices.time_zone is not None:
        if choices.time_zone not in zoneinfo.available_timezones():
            raise _wrong("setup.unknown_time_zone", time_zone=choices.time_zone)
        settings = replace(settings, time_zone=choices.time_zone)
    if choices.currency is not None:
        currency = choices.currency.strip().upper()
        if currency not in list_currencies():
            raise _wrong("setup.unknown_currency", currency=choices.currency)
        settings = replace(settings, currency=currency)
    if choices.language is not None:
        if choices.language not in LANGUAGES:
            raise _wrong("setup.unknown_language", language=choices.language, known=", ".join(LANGUAGES))
        settings = replace(settings, language=choices.language)
    listed = {"mode": choices.mode, "drift": choices.drift, "unit_costs": choices.unit_costs}
    settings = replace(settings, **{part: value for part, value in listed.items() if value is not None})  # type: ignore[arg-type]
    if choices.keep is not None:
        settings = replace(settings, retention=retention_with(choices.keep, settings.retention))
    return replace(settings, beside=_beside(choices, settings.beside))


_RANGES = {"wait_days": (0, 30), "contest_nights": (1, 30), "contest_window": (1, 60)}


def _beside(choices: TenantChoices, before: BesideSettings) -> BesideSettings:
    """How Trueup runs beside somebody else, with the choices that were given."""
    given = {name: getattr(choices, name) for name in _RANGES if getattr(choices, name) is not None}
    for name, value in given.items():
        lowest, highest = _RANGES[name]
        if not lowest <= value <= highest:
            option = f"--{name.replace('_', '-')}"
            raise _wrong("setup.beside_range", option=option, value=value, lowest=lowest, highest=highest)
    return replace(before, **given)


def settings_version(settings: TenantSettings) -> str:
    """Sixteen characters that stand for settings; they change with any of them."""
    return digest(repr(settings))[:16]


def _change(ws: Workspace, choices: TenantChoices, expected: str | None) -> TenantSettings:
    store = ws.store
    with store.writing():
        before = store.settings.get()
        if expected is not None and expected != settings_version(before):
            raise refused("setup.changed_meanwhile")
        after = chosen_settings(choices, before)
        if after != before:
            store.settings.save(after, ws.actor, now=ws.now())
            changed = [
                part
                for part in ("name", "time_zone", "currency", "language", "mode", "drift", "unit_costs", *_RANGES)
                if _part(before, part) != _part(after, part)
            ]
            told = {part: _part(after, part) for part in changed} | _kept_changed(before, after)
            store.audit.add(ws.actor, "settings.changed", Reason.of("audit.settings_changed", **told), now=ws.now())
    return after


def _kept_changed(before: TenantSettings, after: TenantSettings) -> dict[str, str | int | None]:
    changed = [kind for kind in Kept if after.retention.months(kind) != before.retention.months(kind)]
    texts = [f"{kind.value} {after.retention.months(kind) or ALWAYS}" for kind in changed]
    return {"kept": ", ".join(texts)} if texts else {}


def _part(settings: TenantSettings, part: str) -> str | int | None:
    value = getattr(settings.beside if part in _RANGES else settings, part)
    return value.value if isinstance(value, Mode | DriftPolicy | UnitCosts) else value


async def change_settings(ws: Workspace, choices: TenantChoices, expected: str | None = None) -> TenantSettings:
    """Change a tenant's choices, with an audit entry. `expected` is the version (`settings_version`) that the person
    saw. Raises UseCaseError as `chosen_settings` does, and `setup.changed_meanwhile` with exit code 4."""
    return await ws.step(_change, ws, choices, expected)


def _blocking(findings: tuple[Finding, ...]) -> Finding | None:
    """The first failure that makes the connection useless. One behind which other answers came is none: the account
    answered, only not on that question."""
    for place, finding in enumerate(findings):
        if finding.code in _CANNOT_WORK and finding.state is FindingState.FAILED:
            answered = any(later.state is not FindingState.SKIPPED for later in findings[place + 1 :])
            return None if answered else finding
    return None


def _refuse(kind: str, name: str, findings: tuple[Finding, ...], force: bool) -> None:
    blocking = _blocking(findings)
    if blocking is None or force:
        return
    reason = Reason.of("setup.not_connected", kind=kind, name=name, finding=blocking.code, failure=blocking.reason.code)
    raise NotConnectedError(reason, findings)


def _same_name(store: TenantStore, name: str) -> Connection | None:
    return next((found for found in store.connections.list() if found.name == name), None)


def _may_take(store: TenantStore, role: Role, kind: str, name: str) -> None:
    """Refuse before any call what could not be stored afterwards."""
    if not name.strip() or any(letter.isspace() for letter in name):
        raise _wrong("setup.connection_name", name=name)
    known = _same_name(store, name)
    if known is not None and (known.role, known.kind) != (role, kind):
        raise _wrong("setup.name_taken", name=name, kind=known.kind)
    if role == "psa":
        for other in store.connections.list("psa"):
            if other.name != name:
                raise _wrong("setup.psa_exists", name=other.name, kind=other.kind)


def _store(
    ws: Workspace,
    role: Role,
    kind: str,
    name: str,
    settings: Mapping[str, str],
    secret: Mapping[str, str],
    findings: tuple[Finding, ...],
) -> None:
    store = ws.store
    with store.writing():
        _may_take(store, role, kind, name)
        known = _same_name(store, name)
        if known is None:
            store.connections.add(name, role, kind, settings, secret, ws.actor, now=ws.now())
        else:
            store.connections.update(name, settings, secret, now=ws.now())
        failed = sum(1 for finding in findings if finding.state is FindingState.FAILED)
        detail = Reason.of(
            "audit.connected",
            name=name,
            kind=kind,
            role=role,
            settings=", ".join(sorted(settings)),
            secrets=", ".join(sorted(secret)),
            failed=failed,
        )
        action = "connection.added" if known is None else "connection.changed"
        store.audit.add(ws.actor, action, detail, now=ws.now())


async def connect_psa(
    ws: Workspace,
    kind: str,
    name: str,
    settings: Mapping[str, str],
    secret: Mapping[str, str],
    *,
    force: bool = False,
) -> tuple[Finding, ...]:
    """Try a PSA account live, then store it; gives the answers to its prerequisites. The same name again replaces
    settings and secrets.

    Raises NotConnectedError (`setup.not_connected`) when address or credentials fail, unless `force`; UseCaseError
    `setup.unknown_kind`, `setup.settings`, `setup.psa_exists`, `setup.name_taken`, `setup.connection_name`; StoreError
    `store.key_missing`. Warnings and other failed questions do not stand in the way: they are in the answer.
    """
    await ws.step(_may_take, ws.store, "psa", kind, name)
    findings = await live_findings(ws.accounts.psa_from(kind, settings, secret, await ws.step(reach_of, ws.store)))
    _refuse(kind, name, findings, force)
    await ws.step(_store, ws, "psa", kind, name, settings, secret, findings)
    return findings


async def connect_module(
    ws: Workspace,
    kind: str,
    name: str,
    settings: Mapping[str, str],
    secret: Mapping[str, str],
    *,
    force: bool = False,
) -> tuple[Finding, ...]:
    """The same for a module's account (`datto_rmm` or `datto-rmm`)."""
    kind = kind.replace("-", "_")
    await ws.step(_may_take, ws.store, "module", kind, name)
    reach = await ws.step(reach_of, ws.store)
    findings = await live_findings(ws.accounts.module_from(kind, name, settings, secret, reach=reach))
    _refuse(kind, name, findings, force)
    await ws.step(_store, ws, "module", kind, name, settings, secret, findings)
    return findings


def _remove(ws: Workspace, name: str) -> None:
    store = ws.store
    with store.writing():
        known = store.connections.get(name)
        store.connections.remove(name, ws.actor, now=ws.now())
        detail = Reason.of("audit.disconnected", name=name, kind=known.kind, role=known.role)
        store.audit.add(ws.actor, "connection.removed", detail, now=ws.now())


async def disconnect(ws: Workspace, name: str) -> None:
    """Take a connection out of use and destroy its secrets; what it delivered stays on record.

    Raises StoreError `store.unknown_connection`.
    """
    await ws.step(_remove, ws, name)
