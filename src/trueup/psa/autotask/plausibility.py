"""Whether rows that were read can be all there are.

A page that lost rows looks like a shorter page. What depends on each other is therefore compared: units of a line that
was not listed, and days of a contract that no row of a line covers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from trueup.core.contract import DAY, UnitRow
from trueup.core.reason import Reason
from trueup.core.usage import Failure, FailureCategory
from trueup.psa.autotask.translation import is_bundle
from trueup.psa.port import PsaReadError

_CANNOT_ALL_BE_FRESH = 10


def lost(entity: str, line: str | None = None) -> PsaReadError:
    """Rows that were there a moment ago, or must be there, were not in the answer."""
    return PsaReadError(Failure(FailureCategory.TRUNCATED, Reason.of("autotask.rows_lost", entity=entity, line=line)))


def nothing_visible(entity: str) -> PsaReadError:
    """Nothing at all where there must be something: a user whose view is restricted gets empty answers."""
    return PsaReadError(Failure(FailureCategory.IMPLAUSIBLE, Reason.of("autotask.nothing_visible", entity=entity)))


def refuse_all_fresh(line_ids: Iterable[str], rows: Mapping[str, object]) -> None:
    """Refuse units that say of many lines that not one was ever adjusted; raises PsaReadError."""
    for bundles, entity in ((False, "ContractServiceUnits"), (True, "ContractServiceBundleUnits")):
        lines = {one for one in line_ids if is_bundle(one) is bundles}
        if len(lines) >= _CANNOT_ALL_BE_FRESH and lines.isdisjoint(rows):
            raise nothing_visible(entity)


def by_line(rows: Iterable[tuple[str, UnitRow]], first: date, last: date) -> dict[str, tuple[UnitRow, ...]]:
    """Rows by line and start, only those that cover one of the days."""
    found: dict[str, list[UnitRow]] = {}
    for line, row in rows:
        if row.start <= last and first <= row.end:
            found.setdefault(line, []).append(row)
    return {line: tuple(sorted(kept, key=_by_start)) for line, kept in found.items()}


def _by_start(row: UnitRow) -> tuple[date, date]:
    return row.start, row.end


def complete(rows: Iterable[UnitRow], first: date, last: date) -> bool:
    """Whether rows, sorted by start, cover every day from the first to the last."""
    reached = first - DAY
    for row in rows:
        if row.start > reached + DAY:
            return False
        reached = max(reached, row.end)
    return reached >= last
