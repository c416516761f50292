"""The plan page with 20,000 lines, beside its own SQL, beside the same question in plain SQL, and beside 2,000 lines.

Its own SQL is every statement that the page sends, caught and sent again through SQLAlchemy Core with all of its rows
fetched, and nothing else done. "Plain SQL" is what answers the question straight from the indexed rows of the plan
through Python's `sqlite3`, written here by hand: the tabs with their sums, what can be filtered by with its counts, the
month, the rows, and how many there are (decision 0146).

The page is the whole answer of the application without a socket and without a client: routing, rights, use case,
template. All is told in CPU time of the process, all threads, and measured by turns, each the second of two rounds: the
first finds in the processor's caches what the others left there. Every change of the plan is approved, as at the end of
a clerk's hour.
"""

from __future__ import annotations

import gzip
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI, Request
from starlette.types import Message

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
ROUNDS, FEW_ROUNDS = 25, 5


@dataclass(frozen=True)
class Asked:
    """One address of the page, and the same question as parts of plain SQL. `of_fewer` is the address that finds as
    much among fewer lines, where it is another one."""

    query: str
    parts: str = "0, 1"
    where: str = "1"
    order: str = "customer_order, customer, service_order"
    group: str = "customer"
    of_fewer: str = ""


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
    "a name": Asked(
        "?show=all&q=customer+77",
        "0, 1, 2, 3",
        "customer_order LIKE '%customer 77%'",
        of_fewer="?show=all&q=customer+7",
    ),
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
    """Milliseconds of CPU of the second of two rounds."""
    work()
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


async def _timed_page(app: FastAPI, query: str) -> float:
    """The same of the page."""
    await _page(app, query)
    began = time.process_time()
    await _page(app, query)
    return (time.process_time() - began) * 1000


async def _page(app: FastAPI, query: str) -> bytes:
    """The page as the application gives it to its server."""
    path, parts = "/t/default/plan", []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message.get("status", 200) != HTTPStatus.OK:
            raise RuntimeError(query)
        parts.append(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.removeprefix("?").encode(),
        "headers": [
            (b"host", b"bench"),
            (b"accept", b"text/html"),
            (b"accept-encoding", b"gzip"),
            (b"user-agent", b"bench"),
        ],
        "client": ("127.0.0.1", 50_000),
        "server": ("bench", 80),
        "state": {},
    }
    await app(scope, receive, send)
    return b"".join(parts)


@dataclass(frozen=True)
class Measured:
    """One address: milliseconds of the page, of its own statements, of the page of fewer lines and of the question in
    plain SQL; how many statements there are, and bytes sent."""

    page: float
    own: float
    fewer: float
    plain: float
    statements: int
    size: int


@contextmanager
def _site(lines: int, path: Path) -> Iterator[FastAPI]:
    """The application over a plan of so many lines."""
    with Database.open(path, create=True) as database:
        store = database.create_tenant("default", TenantSettings(currency="EUR"), now=NOW)
        outcomes = tuple(_outcome(number) for number in range(lines))
        store.plans.save(Plan("P1", DAY, NOW, outcomes, "sum"), None, now=NOW)
        changes = tuple(one.digest for one in outcomes if one.status is OutcomeStatus.CHANGE)
        store.plans.approve(Approval("P1", "sum", changes, "Ada", "", NOW))
        yield create_app(Site.of(database, FixedClock(NOW)), Always())


async def _caught(app: FastAPI, query: str) -> tuple[list[tuple[sa.Executable, Any]], bytes]:
    """The statements of a page, and the page."""
    sent: list[tuple[sa.Executable, Any]] = []

    def caught(_: object, statement: sa.Executable, many: Any, given: Any, _options: object) -> None:  # noqa: ANN401
        sent.append((statement, many or given))

    await _page(app, query)
    sa.event.listen(sa.Engine, "before_execute", caught)
    answer = await _page(app, query)
    sa.event.remove(sa.Engine, "before_execute", caught)
    return sent, answer


async def _measured(
    asked: Asked, small: FastAPI, large: FastAPI, own: sa.Connection, bare: sqlite3.Connection
) -> Measured:
    """One address, by turns, so that all meet the same machine."""
    sent, answer = await _caught(large, asked.query)
    times: tuple[list[float], ...] = ([], [], [], [])
    for turn in range(ROUNDS):
        times[0].append(await _timed_page(large, asked.query))
        times[1].append(_timed(lambda: [own.execute(one, given).all() for one, given in sent]))
        times[2].append(await _timed_page(small, asked.of_fewer or asked.query))
        if turn < FEW_ROUNDS:
            times[3].append(_timed(lambda: _plainly(bare, asked)))
    return Measured(*map(median, times), len(sent), len(gzip.compress(answer)))


async def measure() -> list[Figure]:
    """Pages of the plan: against plain SQL, against a tenth of the lines, and their size."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="trueup-bench-") as made:
        path = Path(made, "large.sqlite")
        core = sa.create_engine(f"sqlite:///{path}")
        with (
            _site(20_000, path) as large,
            _site(2_000, Path(made, "small.sqlite")) as small,
            core.connect() as own,
            closing(sqlite3.connect(path)) as bare,
        ):
            found = {name: await _measured(asked, small, large, own, bare) for name, asked in ADDRESSES.items()}
        core.dispose()
    for name, one in found.items():
        page = f"Plan page of 20,000 lines, {name}"
        figures.append(Figure(f"{page}, beside plain SQL", one.page, one.plain, "ms", AT_MOST))
        told = f"{page}, beside its own {one.statements} statements"
        figures.append(Figure(told, one.page, one.own, "ms", AT_MOST))
        figures.append(Figure(f"{page}, beside 2,000 lines", one.page, one.fewer, "ms", 1.5))
        figures.append(Figure(f"{page}, compressed", one.size / 1000, 150.0, "kB", 1.0))
    return figures
