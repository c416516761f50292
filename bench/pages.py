"""The plan page with 20,000 lines, beside its own SQL, beside the same question in plain SQL, and beside 2,000 lines.

Its own SQL is every statement that the page sends, caught and sent again through SQLAlchemy Core with all of its rows
fetched, and nothing else done. "Plain SQL" is what answers the question straight from the indexed rows of the plan
through Python's `sqlite3`, written here by hand: the tabs with their sums, what can be filtered by with its counts, the
month, the rows, and how many there are (decision 0146).

The page is the whole answer of the application without a socket: routing, rights, use case, template. All is told in
CPU time of the process, all threads, and measured by turns. Every change of the plan is approved, as at the end of a
clerk's hour.
"""

from __future__ import annotations

import gzip
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
import sqlalchemy as sa
from fastapi import Request

from bench.figures import Figure
from trueup.app.clock import FixedClock
from trueup.core.outcome import Adjustment, Outcome, OutcomeStatus, Plan
from trueup.core.reason import Reason
from trueup.core.roles import Role
from trueup.core.settings import TenantSettings
from trueup.store.database import Database
from trueup.store.plans import Approval
from trueup.web.application import create_app
from trueup.web.asking import Asker
from trueup.web.site import Site

NOW = datetime(2026, 6, 18, 6, 0, tzinfo=UTC)
DAY = date(2026, 6, 17)
SERVICES, LINES_EACH = 20, 20
AT_MOST = 5.0
ROUNDS = 15


@dataclass(frozen=True)
class Asked:
    """One address of the page, and the same question as parts of plain SQL."""

    query: str
    parts: str = "0, 1"
    where: str = "1"
    order: str = "customer_order, customer, service_order"
    group: str = "customer"


ADDRESSES = {
    "first page": Asked(""),
    "right": Asked("?show=right", "3"),
    "by service": Asked(
        "?show=all&group=service", "0, 1, 2, 3", order="service_order, service, customer_order", group="service"
    ),
    "one service": Asked("?show=all&service=S7", "0, 1, 2, 3", "service = 'S7'"),
    "one customer": Asked("?show=all&customer=C42", "0, 1, 2, 3", "customer = 'C42'"),
    "one reason": Asked(
        "?reason=held.large_move&group=reason",
        where="reason = 'held.large_move'",
        order="reason, customer_order",
        group="reason",
    ),
    "largest amounts": Asked("?sort=amount&falling=1", order="amount_order DESC"),
    "a name": Asked("?show=all&q=customer+77", "0, 1, 2, 3", "customer_order LIKE '%customer 77%'"),
}


def _plainly(bare: sqlite3.Connection, asked: Asked) -> None:
    """Ask what the page is asked."""
    mine = "FROM plan_row WHERE tenant = 'default' AND plan = 'P1'"
    shown = f"{mine} AND part IN ({asked.parts})"
    due = f"{mine} AND part IN (0, 1) AND day_order <= '2026-06-30'"
    for statement in (
        f"SELECT part, currency, count(*), sum(moves), sum(monthly), sum(amount) {mine} GROUP BY part, currency",
        f"SELECT service, service_name, count(*) {shown} GROUP BY service, service_name",
        f"SELECT reason, count(*) {shown} GROUP BY reason",
        f"SELECT part, currency, count(*), sum(amount) {due} GROUP BY part, currency",
        f"SELECT * {shown} AND {asked.where} ORDER BY part, {asked.order} LIMIT 51",
        f"SELECT count(*) {shown} AND {asked.where}",
        f"SELECT part, {asked.group}, count(*) {shown} AND {asked.where} GROUP BY part, {asked.group} LIMIT 51",
    ):
        bare.execute(statement).fetchall()


class Always:
    """Somebody who may read."""

    async def asker(self, request: Request) -> Asker:
        del request
        return Asker("bench", {"default": Role.APPROVER}, "en")


def _outcome(number: int) -> Outcome:
    status = (
        OutcomeStatus.HELD if number % 50 == 0 else OutcomeStatus.CHANGE if number % 20 == 1 else OutcomeStatus.NONE
    )
    moves = status is not OutcomeStatus.NONE
    code = {"held": "held.large_move", "change": "change.increase", "none": "none.right"}[status.value]
    change = number % 7 + 1
    params: dict[str, Decimal | int] = {
        "units": 5,
        "before": 10,
        "after": 10 + change,
        "share": Decimal("0.3"),
        "change": change,
    }
    return Outcome(
        line_id=f"L{number}",
        status=status,
        customer_id=f"C{number // LINES_EACH}",
        contract_id=f"K{number // LINES_EACH}",
        service_id=f"S{number % SERVICES}",
        before=10,
        after=10 + change if moves else 10,
        effective=DAY,
        adjustments=(Adjustment(f"L{number}", DAY, change),) if moves else (),
        reasons=(Reason.of(code, **params),),
        currency="EUR",
        price=Decimal("12.50"),
        period_months=1,
        recurring=Decimal("12.50") * change if moves else None,
        amount=Decimal("5.00") * change if moves else None,
        customer_name=f"Customer {number // LINES_EACH}",
        contract_name="Managed services",
        service_name=f"Service {number % SERVICES}",
        digest=f"d{number}",
    )


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds of CPU of the second of two rounds: the first finds in the caches what the page left there."""
    work()
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


@dataclass(frozen=True)
class Measured:
    """One address: milliseconds of the page, of the question in plain SQL and of its own statements; how many they are,
    and bytes sent."""

    page: float
    plain: float
    own: float
    statements: int
    size: int


async def _measured(lines: int, folder: Path) -> dict[str, Measured]:
    """Each address with so many lines."""
    path = folder / f"{lines}.sqlite"
    found: dict[str, Measured] = {}
    with Database.open(path, create=True) as database:
        store = database.create_tenant("default", TenantSettings(currency="EUR"), now=NOW)
        outcomes = tuple(_outcome(number) for number in range(lines))
        store.plans.save(Plan("P1", DAY, NOW, outcomes, "sum"), None, now=NOW)
        changes = tuple(one.digest for one in outcomes if one.status is OutcomeStatus.CHANGE)
        store.plans.approve(Approval("P1", "sum", changes, "Ada", "", NOW))
        app = create_app(Site.of(database, FixedClock(NOW)), Always())
        sent: list[tuple[sa.Executable, Any]] = []

        def caught(_: object, statement: sa.Executable, many: Any, given: Any, _options: object) -> None:  # noqa: ANN401
            sent.append((statement, many or given))

        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://bench") as client:
            core = sa.create_engine(f"sqlite:///{path}")
            with sqlite3.connect(path) as bare:
                for name, asked in ADDRESSES.items():
                    address = f"/t/default/plan{asked.query}"
                    (await client.get(address)).raise_for_status()
                    sent.clear()
                    sa.event.listen(sa.Engine, "before_execute", caught)
                    answer = await client.get(address)
                    sa.event.remove(sa.Engine, "before_execute", caught)
                    again = list(sent)
                    times: list[float] = []
                    owns: list[float] = []
                    plains: list[float] = []
                    with core.connect() as line:
                        for _ in range(ROUNDS):  # by turns, so that all three meet the same machine
                            began = time.process_time()
                            await client.get(address)
                            times.append((time.process_time() - began) * 1000)
                            owns.append(_timed(lambda: [line.execute(one, given).all() for one, given in again]))  # noqa: B023
                            plains.append(_timed(lambda: _plainly(bare, asked)))  # noqa: B023
                    size = len(gzip.compress(answer.content))
                    found[name] = Measured(median(times), median(plains), median(owns), len(again), size)
            bare.close()
            core.dispose()
    return found


async def measure() -> list[Figure]:
    """Pages of the plan: against plain SQL, against a tenth of the lines, and their size."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="trueup-bench-") as made:
        small, large = await _measured(2_000, Path(made)), await _measured(20_000, Path(made))
    for name, one in large.items():
        page = f"Plan page of 20,000 lines, {name}"
        figures.append(Figure(f"{page}, beside plain SQL", one.page, one.plain, "ms", AT_MOST))
        own = f"{page}, beside its own {one.statements} statements"
        figures.append(Figure(own, one.page, one.own, "ms", AT_MOST))
        figures.append(Figure(f"{page}, beside 2,000 lines", one.page, small[name].page, "ms", 1.5))
        figures.append(Figure(f"{page}, compressed", one.size / 1000, 150.0, "kB", 1.0))
    return figures
