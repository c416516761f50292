"""Acceptance case, taken from a failure of other tools: what was shown is what is billed, on every line of a whole MSP.

docs/acceptance.md lists all cases.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from tests.ledger.stage import DAY, RMM, Json, Stage, night_of, staged

from trueup.app.plans.approving import approve
from trueup.app.plans.planning import make_plan
from trueup.app.usage.collecting import collect
from trueup.app.workspace import Workspace
from trueup.app.writes.applying import apply
from trueup.core.outcome import Adjustment, OutcomeStatus
from trueup.core.rule import Rule, RuleLevel
from trueup_simulators import msp

T = TypeVar("T")
TODAY = msp.TODAY
FIRST = TODAY - 2 * DAY
QUANTITIES = {
    401: "datto_rmm.desktop + datto_rmm.laptop + datto_rmm.server",
    402: "datto_rmm.desktop + datto_rmm.laptop",
    403: "datto_rmm.server",
    404: "datto_rmm.desktop + datto_rmm.laptop",
    405: "datto_rmm.server",
    406: "datto_rmm.network_switch + datto_rmm.network_firewall + datto_rmm.network_router",
    407: "datto_rmm.printer",
    408: "datto_rmm.esxi_host",
}
"""Services of the generated catalogue that follow devices."""

LOGIN = {"users": [{"name": "billing", "api_key": "KEY", "api_secret": "a-secret-of-the-tests"}]}


@dataclass(frozen=True)
class Generated:
    """A generated MSP on the stage."""

    stage: Stage
    made: msp.Msp

    def do(self, use: Callable[..., Coroutine[object, object, T]], *given: object, **more: object) -> T:
        async def whole(ws: Workspace) -> T:
            return await use(ws, *given, **more)

        with self.stage.open() as ws:
            return asyncio.run(whole(ws))

    def night(self, day: date) -> None:
        self.stage.clock.put(night_of(day))
        self.stage.psa.put_clock(day + DAY)
        (result,) = self.do(collect)
        assert result.failure is None

    def set_up(self) -> None:
        """Every service that follows devices gets a rule, every site that belongs to a company is mapped to it."""
        with self.stage.open() as ws:
            for service, quantity in QUANTITIES.items():
                rule = Rule(f"rule-{service}", RuleLevel.SERVICE, str(service), str(service), quantity, cutover=FIRST)
                ws.store.rules.save(rule, "tests", now=ws.now())
        self.night(FIRST)
        with self.stage.open() as ws:
            for found in ws.store.usage.organizations(RMM):
                company = self.made.company_of_site.get(found.organization.name)
                if company is not None:
                    ws.store.customers.map(RMM, found.organization.key, str(company), "tests", now=ws.now())


@contextmanager
def generated(folder: Path) -> Iterator[Generated]:
    made = msp.generate_msp(1, customers=14, devices=160, lines=36)
    with staged(folder, FIRST, {**made.autotask, "today": FIRST.isoformat()}) as stage:
        stage.rmm.control.post("state", {**made.datto_rmm, **LOGIN, "switches": {"rate_limits": False}})
        yield Generated(stage, made)


def units(dump: Json, line: str, day: date) -> int | None:
    """What the simulator shows for a line on a day; the row that starts last counts."""
    rows = [
        row
        for row in dump["rows"]  # type: ignore[attr-defined]
        if row["contractServiceID"] == int(line) and row["startDate"] <= day.isoformat() <= row["endDate"]
    ]
    return max(rows, key=lambda row: row["startDate"])["units"] if rows else None


def changes_billed(dump: Json) -> Counter[tuple[str, date, Decimal]]:
    """Line, date and amount of the posted items that stand for changes inside a period, from the first night on."""
    return Counter(
        (str(item["contractServiceID"]), date.fromisoformat(item["itemDate"][:10]), Decimal(str(item["totalAmount"])))
        for item in dump["billing_items"]  # type: ignore[attr-defined]
        if item.get("contractServiceAdjustmentID") is not None and item["itemDate"][:10] >= FIRST.isoformat()
    )


def period_billed(dump: Json, change: Adjustment) -> Decimal:
    """The quantity of the regular item that begins with a change."""
    (found,) = (
        Decimal(str(item["quantity"]))
        for item in dump["billing_items"]  # type: ignore[attr-defined]
        if str(item["contractServiceID"]) == change.line_id and item["itemDate"][:10] == change.day.isoformat()
    )
    return found


def inside_its_period(change: Adjustment) -> bool:
    return change.day != change.period_start


def test_preview_equals_apply_on_every_line(tmp_path: Path) -> None:
    """Elsewhere the preview is worked out by other code, or at another moment, than what is then written and billed.
    Trueup writes the plan that was shown: on each line the PSA has its units, its dates, and its cents."""
    with generated(tmp_path) as at:
        at.set_up()
        sites = [site["name"] for site in at.made.datto_rmm["sites"]]  # type: ignore[attr-defined]
        new = [{"site": name, "hostname": f"NEW-{name}", "category": "Laptop"} for name in sites[:12]]
        at.stage.rmm.control.post("devices", {"add": new})
        for day in (FIRST + DAY, TODAY):
            at.night(day)
        before = at.stage.psa.dump()
        plan = at.do(make_plan, TODAY)
        shown = [outcome for outcome in plan.outcomes if outcome.adjustments]
        releases = {rail for outcome in shown for rail in outcome.releasable}
        at.do(approve, plan.id, {outcome.line_id for outcome in shown}, releases, "the tests' approver", plan.checksum)
        applied = at.do(apply, plan.id)
        assert {line.state for line in applied.lines} == {"done"}
        kinds = [outcome.status for outcome in plan.outcomes]
        assert (
            kinds.count(OutcomeStatus.CHANGE),
            kinds.count(OutcomeStatus.HELD),
            kinds.count(OutcomeStatus.NONE),
        ) == (4, 5, 11)
        planned = [one for outcome in shown for one in outcome.adjustments]
        assert sorted(at.stage.psa.accepted()) == sorted((int(one.line_id), one.day, one.change) for one in planned)
        after = at.stage.psa.dump()
        for outcome in plan.outcomes:
            days = {FIRST - DAY, TODAY, TODAY + timedelta(days=400), *(one.day for one in outcome.adjustments)}
            for day in days:
                moved = sum(one.change for one in outcome.adjustments if one.day <= day)
                had = units(before, outcome.line_id, day)
                assert units(after, outcome.line_id, day) == (moved or None if had is None else had + moved), outcome
        at.stage.psa.order("approve-and-post", through=(TODAY + timedelta(days=400)).isoformat())
        expected = Counter((one.line_id, one.day, one.amount) for one in planned if inside_its_period(one))
        posted = at.stage.psa.dump()
        assert changes_billed(posted) == expected
        # by hand: 5 x 39.00 a year from 15 March to 31 July, 139 of 365 days; 1 x 4.50 from 16 March, 16 of 31 days
        assert expected["29800009", date(2026, 3, 15), Decimal("74.26")] == 1
        assert expected["29800001", date(2026, 3, 16), Decimal("2.32")] == 1
        # a change on a period's first day has no item of its own: the period's item has the units of the plan
        starts = [one for one in planned if not inside_its_period(one)]
        assert [period_billed(posted, one) for one in starts] == [Decimal(10)]
