"""What is the matter now, each with the reason that a message says. A notice is open as long as its condition holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from trueup.app.access.blocking import PUSH_BLOCKED
from trueup.app.schedule.states import ModuleState, ModuleStatus, states_of
from trueup.app.workspace import Workspace
from trueup.core.outcome import EntryKind, Outcome, OutcomeStatus
from trueup.core.reason import Reason
from trueup.core.rule import Mode
from trueup.core.schedule.next_attempt import STUBBORN
from trueup.store.catch_up import WAITING
from trueup.store.plans import OPEN
from trueup.store.tenant_store import TenantStore

KINDS: Final = (
    "module_blocked",
    "module_failed",
    "module_stale",
    "plan_waits",
    "lines_held",
    "run_failed",
    "catch_up",
    "override_ending",
    "check_found",
)
"""Every kind of notice."""

Key = tuple[str, str]
"""Kind and subject: the connection, the kind of run, the currency, the rule; empty where there is only one."""

_PATIENCE: Final = 3
"""Failed attempts after which a failure that may pass by itself is told."""

_COUNTED_WITHIN: Final = timedelta(days=35)
"""A count of a check that is older says nothing of now."""


def _of_module(one: ModuleState) -> Iterator[tuple[Key, Reason]]:
    said = {"connection": one.connection, "since": one.delivered_day, "lines": one.lines or None}
    if one.stands is ModuleStatus.STALE:
        yield ("module_stale", one.connection), Reason.of("notice.module_stale", **said)
    failure = one.failure
    if failure is None:
        return
    if one.stands is ModuleStatus.BLOCKED:
        address = failure.reason.get("address")
        code = "notice.push_blocked" if failure.reason.code == PUSH_BLOCKED else "notice.module_blocked"
        yield ("module_blocked", one.connection), Reason.of(code, **said, address=address)
    elif failure.category in STUBBORN or one.failures >= _PATIENCE:
        told = Reason.of("notice.module_failed", **said, failure=failure.reason.code)
        yield ("module_failed", one.connection), told


def _approved(store: TenantStore, plan_id: str) -> set[str]:
    return {digest for approval in store.plans.approvals(plan_id) for digest in approval.digests}


def _of_plan(store: TenantStore) -> Iterator[tuple[Key, Reason]]:
    newest = store.plans.latest()
    if newest is None:
        return
    for note in newest.plan.notes:
        if note.code == "rules.override_ends":
            yield ("override_ending", str(note.get("rule"))), note
    if newest.state != OPEN:
        return
    outcomes: tuple[Outcome, ...] = newest.plan.outcomes
    done = _approved(store, newest.plan.id)
    changes = [one for one in outcomes if one.status is OutcomeStatus.CHANGE and one.digest not in done]
    waiting = sum(1 for one in changes if one.mode != Mode.READ_ONLY.value and (one.mode == "manual" or one.first_time))
    held = sum(
        1
        for one in outcomes
        if one.status in (OutcomeStatus.HELD, OutcomeStatus.DRIFT) and one.kind is not EntryKind.UNIT_COST
    )
    if waiting:
        yield ("plan_waits", ""), Reason.of("notice.plan_waits", plan=newest.plan.id, lines=waiting)
    if held:
        yield ("lines_held", ""), Reason.of("notice.lines_held", plan=newest.plan.id, lines=held)


def _of_runs(store: TenantStore) -> Iterator[tuple[Key, Reason]]:
    for kind in ("night", "plan", "apply", "verify"):
        newest = next(iter(store.runs.list(kind=kind, limit=1)), None)
        if newest is not None and newest.status == "failed":
            code = newest.reasons[0].code if newest.reasons else None
            yield ("run_failed", kind), Reason.of("notice.run_failed", kind=kind, run=newest.id, failure=code)


def _of_catch_up(store: TenantStore) -> Iterator[tuple[Key, Reason]]:
    entries: dict[str, int] = {}
    for one in store.catch_up.list(states=WAITING):
        currency = one.of.currency or ""
        entries[currency] = entries.get(currency, 0) + 1
    for currency, count in sorted(entries.items()):
        yield ("catch_up", currency), Reason.of("notice.catch_up", entries=count)


def _of_checks(ws: Workspace) -> Iterator[tuple[Key, Reason]]:
    store, since = ws.store, ws.now().date() - _COUNTED_WITHIN
    for one in store.checks.list():
        counts = store.checks.counts(one.key, since) if one.tell else ()
        if counts and counts[-1].found:
            yield ("check_found", one.key), Reason.of("notice.check_found", check=one.key, found=counts[-1].found)


def conditions(ws: Workspace) -> Mapping[Key, Reason]:
    """Everything that is the matter in a tenant. One moment of the database."""
    store = ws.store
    with store.reading():
        found: list[Iterable[tuple[Key, Reason]]] = [_of_module(one) for one in states_of(ws)]
        found += [_of_plan(store), _of_runs(store), _of_catch_up(store), _of_checks(ws)]
        return {key: reason for each in found for key, reason in each}
