"""Saved checks: defined, tried before they are saved, listed with their counts over time, removed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from trueup.app.checks.working_out import NamedResult, checked, work_out
from trueup.app.counting.vocabulary import vocabulary
from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.workspace import Workspace
from trueup.core.checks.cross_check import CrossCheck
from trueup.core.reason import Reason
from trueup.store.checks import CheckCount

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
SHOWN = timedelta(days=92)
"""How far back counts are listed with a check."""


@dataclass(frozen=True, slots=True)
class ListedCheck:
    """A saved check with its counts of the last three months, oldest first."""

    check: CrossCheck
    counts: tuple[CheckCount, ...]

    @property
    def last(self) -> CheckCount | None:
        """The newest count; None before the first."""
        return self.counts[-1] if self.counts else None


def _saved(ws: Workspace, key: str) -> CrossCheck:
    found: CrossCheck | None = ws.store.checks.get(key)
    if found is None:
        known = ", ".join(one.key for one in ws.store.checks.list())
        raise failed("cross_check.unknown_check", key=key, known=known)
    return found


def _define(ws: Workspace, check: CrossCheck, replaces: bool) -> CrossCheck:
    if not _KEY.fullmatch(check.key):
        raise UseCaseError(Reason.of("cross_check.key", key=check.key), Exit.USAGE)
    with ws.store.writing():
        before = ws.store.checks.get(check.key)
        if before is not None and before != check and not replaces:
            raise UseCaseError(Reason.of("cross_check.exists", key=check.key, expression=before.expression), Exit.USAGE)
        checked(check, vocabulary(ws))
        if before != check:
            ws.store.checks.save(check, ws.actor, now=ws.now())
            detail = Reason.of("audit.check_defined", key=check.key, expression=check.expression, items=check.over)
            ws.store.audit.add(ws.actor, "check.defined", detail, now=ws.now())
    return check


async def define(ws: Workspace, check: CrossCheck, *, replaces: bool = False) -> CrossCheck:
    """Save a check; with `replaces` one of that name may change. Its earlier counts stay with the earlier definition.

    Raises ExpressionError with the place of the fault; UseCaseError with exit code 2 `cross_check.key`,
    `cross_check.exists`, `cross_check.unknown_items`. Then nothing is saved.
    """
    return await ws.step(_define, ws, check, replaces)


def _try(ws: Workspace, check: CrossCheck) -> NamedResult:
    return work_out(ws, check)


async def attempt(ws: Workspace, expression: str, over: str | None) -> NamedResult:
    """Work an expression out without saving anything. Raises as `define` does."""
    return await ws.step(_try, ws, CrossCheck("", expression, over))


def _list(ws: Workspace) -> tuple[ListedCheck, ...]:
    since = ws.now().date() - SHOWN
    with ws.store.reading():
        return tuple(ListedCheck(one, ws.store.checks.counts(one.key, since)) for one in ws.store.checks.list())


async def listing(ws: Workspace) -> tuple[ListedCheck, ...]:
    """Every saved check with its counts."""
    return await ws.step(_list, ws)


def _show(ws: Workspace, key: str) -> tuple[ListedCheck, NamedResult]:
    with ws.store.reading():
        check = _saved(ws, key)
        counts = ws.store.checks.counts(key, ws.now().date() - SHOWN)
        return ListedCheck(check, counts), work_out(ws, check)


async def show(ws: Workspace, key: str) -> tuple[ListedCheck, NamedResult]:
    """A check with what it finds now. Raises UseCaseError `cross_check.unknown_check`; as `define`
    where names are gone."""
    return await ws.step(_show, ws, key)


def _remove(ws: Workspace, key: str) -> None:
    with ws.store.writing():
        _saved(ws, key)
        ws.store.checks.remove(key, ws.actor, now=ws.now())
        ws.store.audit.add(ws.actor, "check.removed", Reason.of("audit.check_removed", key=key), now=ws.now())


async def remove(ws: Workspace, key: str) -> None:
    """Take a check away; its counts are kept. Raises UseCaseError `cross_check.unknown_check`."""
    await ws.step(_remove, ws, key)
