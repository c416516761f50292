"""The plan page with 20,000 lines, beside its own SQL through the bare driver, and beside 2,000 lines.

"Its own SQL" is every SELECT that the page sends, caught once with its parameters and then sent again through Python's
`sqlite3` on a connection of its own, rows fetched. The page is the whole answer of the application without a socket:
routing, session, use case, template. Both are told in CPU time of the process, all threads.
"""

from __future__ import annotations

import gzip
import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from statistics import median

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
from trueup.web.application import create_app
from trueup.web.asking import Asker
from trueup.web.site import Site

NOW = datetime(2026, 6, 18, 6, 0, tzinfo=UTC)
DAY = date(2026, 6, 17)
SERVICES, LINES_EACH = 20, 20
AT_MOST = 5.0
ROUNDS = 15
ADDRESSES = {
    "first page": "",
    "right": "?show=right",
    "by service": "?show=all&group=service",
    "one service": "?show=all&service=S7",
    "one customer": "?show=all&customer=C42",
    "one reason": "?reason=held.large_move&group=reason",
    "largest amounts": "?sort=amount&falling=1",
    "a name": "?show=all&q=customer+77",
}


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
    """Milliseconds of CPU, the median of some rounds."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        found.append((time.process_time() - began) * 1000)
    return median(found)


async def _measured(lines: int, folder: Path) -> dict[str, tuple[float, float, int]]:
    """By address: milliseconds of the page, of its bare SQL, and bytes compressed."""
    path = folder / f"{lines}.sqlite"
    found: dict[str, tuple[float, float, int]] = {}
    with Database.open(path, create=True) as database:
        store = database.create_tenant("default", TenantSettings(currency="EUR"), now=NOW)
        outcomes = tuple(_outcome(number) for number in range(lines))
        store.plans.save(Plan("P1", DAY, NOW, outcomes, "sum"), None, now=NOW)
        app = create_app(Site.of(database, FixedClock(NOW)), Always())
        sent: list[tuple[str, object]] = []

        def caught(_1: object, _2: object, statement: str, parameters: object, *_3: object) -> None:
            if statement.startswith("SELECT"):
                sent.append((statement, parameters))

        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://bench") as client:
            with sqlite3.connect(path) as bare:
                for name, query in ADDRESSES.items():
                    address = f"/t/default/plan{query}"
                    (await client.get(address)).raise_for_status()
                    sent.clear()
                    sa.event.listen(sa.Engine, "before_cursor_execute", caught)
                    answer = await client.get(address)
                    sa.event.remove(sa.Engine, "before_cursor_execute", caught)
                    again = list(sent)
                    times = []
                    for _ in range(ROUNDS):
                        began = time.process_time()
                        await client.get(address)
                        times.append((time.process_time() - began) * 1000)
                    sql = _timed(lambda: [bare.execute(text, given).fetchall() for text, given in again])  # noqa: B023
                    found[name] = median(times), sql, len(gzip.compress(answer.content))
            bare.close()
    return found


async def measure() -> list[Figure]:
    """Pages of the plan: against their own SQL, against a tenth of the lines, and their size."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="trueup-bench-") as made:
        small, large = await _measured(2_000, Path(made)), await _measured(20_000, Path(made))
    for name in ADDRESSES:
        page, sql, size = large[name]
        figures.append(Figure(f"Plan page of 20,000 lines, {name}, beside its own SQL", page, sql, "ms", AT_MOST))
        figures.append(Figure(f"Plan page, {name}, 20,000 beside 2,000 lines", page, small[name][0], "ms", 1.5))
        figures.append(Figure(f"Plan page, {name}, compressed", size / 1000, 150.0, "kB", 1.0))
    return figures
