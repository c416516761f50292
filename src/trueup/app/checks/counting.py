"""Every saved check worked out once and counted for its usage day: what the night does, and `trueup checks run`."""

from __future__ import annotations

from dataclasses import dataclass

from trueup.app.checks.working_out import work_out
from trueup.app.errors import UseCaseError
from trueup.app.workspace import Workspace
from trueup.core.checks.cross_check import CrossCheck
from trueup.core.expression import ExpressionError
from trueup.core.reason import Reason
from trueup.store.checks import CheckCount


@dataclass(frozen=True, slots=True)
class CountedCheck:
    """A check with the count of its day; `problem` says why it could not be worked out."""

    check: CrossCheck
    count: CheckCount | None
    problem: Reason | None = None


def _count(ws: Workspace, check: CrossCheck) -> CountedCheck:
    try:
        result = work_out(ws, check).result
    except ExpressionError as error:  # a name of it is gone: told, and no count is invented
        return CountedCheck(check, None, Reason.of(error.code, **dict(error.params)))
    except UseCaseError as error:
        return CountedCheck(check, None, error.reason)
    count = CheckCount(result.day, len(result.found), result.judged, len(result.left_out))
    ws.store.checks.keep(check, count, now=ws.now())
    return CountedCheck(check, count)


async def count_all(ws: Workspace) -> tuple[CountedCheck, ...]:
    """Count every saved check; the same day again replaces its count. A check is worked out before the
    store is written to, so that nobody waits for it."""
    checks = await ws.step(ws.store.checks.list)
    return tuple([await ws.step(_count, ws, one) for one in checks])
