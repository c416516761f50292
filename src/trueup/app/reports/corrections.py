"""How much each run corrected: lines, units up and down, and what that is worth a month."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from trueup.app.clock import usage_day
from trueup.app.exports.tables import Column, ColumnKind, Table
from trueup.app.workspace import Workspace
from trueup.core.money import per_month
from trueup.core.period import add_months
from trueup.store.journal import IntentState

COLUMNS: Final = (
    Column("run"),
    Column("day", ColumnKind.DAY),
    Column("person"),
    Column("plan"),
    Column("lines", ColumnKind.UNITS),
    Column("units_up", ColumnKind.UNITS),
    Column("units_down", ColumnKind.UNITS),
    Column("amount_month", ColumnKind.MONEY),
    Column("amount_now", ColumnKind.MONEY),
    Column("currency"),
)
_RUNS = 5_000


class _Corrected:
    """What a run corrected in one currency. An amount is None once one of its parts is not known."""

    def __init__(self) -> None:
        self.lines: set[str] = set()
        self.up = self.down = 0
        self.month: Decimal | None = Decimal(0)
        self.now: Decimal | None = Decimal(0)

    def add(self, line: str, change: int, month: Decimal | None, now: Decimal | None) -> None:
        self.lines.add(line)
        self.up += max(change, 0)
        self.down += max(-change, 0)
        self.month = None if self.month is None or month is None else self.month + month
        self.now = None if self.now is None or now is None else self.now + now


def _table(ws: Workspace, first: date | None, last: date | None) -> Table:
    store = ws.store
    rows: list[tuple[str | int | Decimal | date | None, ...]] = []
    with store.reading():
        settings = store.settings.get()
        zone = ZoneInfo(settings.time_zone)
        until = last or usage_day(ws.now(), settings)
        since = first or add_months(until.replace(day=1), -2)
        for run in store.runs.list(kind="apply", limit=_RUNS):
            day = run.started_at.astimezone(zone).date()
            if day < since:
                break
            if last is not None and day > last:
                continue
            sums: dict[tuple[str, str], _Corrected] = defaultdict(_Corrected)
            for intent in store.journal.of_run(run.id):
                if intent.state is not IntentState.DONE or not intent.change:
                    continue
                found = store.plans.outcomes(intent.plan_id, line_id=intent.line_id, limit=1)
                outcome = next((one for _, one in found), None)
                month = now = None
                currency = settings.currency or ""
                if outcome is not None:
                    currency = outcome.currency or currency
                    now = next((one.amount for one in outcome.adjustments if one.day == intent.day), None)
                    if outcome.price is not None and outcome.period_months:
                        month = per_month(outcome.price * intent.change, outcome.period_months)
                sums[intent.plan_id, currency].add(intent.line_id, intent.change, month, now)
            rows += [
                (run.id, day, run.actor, plan, len(one.lines), one.up, one.down, one.month, one.now, currency)
                for (plan, currency), one in sorted(sums.items())
            ]
    return Table("corrections", COLUMNS, tuple(rows))


async def corrections(ws: Workspace, first: date | None = None, last: date | None = None) -> Table:
    """One row a run that wrote something (and currency), newest first, since a day (None: two months ago). Only changes
    that the PSA took count."""
    return await ws.step(_table, ws, first, last)
