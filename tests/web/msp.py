"""A prepared MSP for tests of pages and of the API: simulators that answer, a store with a life behind it.

What lies behind it: three nights of usage, customers matched, rules set, a first plan approved, applied and read back,
and one more night with its open plan, in which some lines change, some wait for a person and some are right. The clock
stands at the morning after. A store is copied for each test; the simulators are shared, so that a test which writes
to the PSA plays its own MSP (`played(small=True)`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2
from tests.places import copy_of, place_for

from trueup.app.clock import FixedClock
from trueup.app.connections.connecting import Accounts
from trueup.app.demonstration.nights import ZONE, busy_sites, night_of
from trueup.app.demonstration.playing import Demonstration
from trueup.app.demonstration.standing import SEED, demonstration
from trueup.app.plans import planning
from trueup.app.usage import collecting
from trueup.app.workspace import Workspace
from trueup.core.outcome import OutcomeStatus, Plan
from trueup.modules.limits import Pace
from trueup.store.database import Database
from trueup.store.secrets import Key
from trueup.web.site import Site
from trueup_simulators.msp import generate_msp
from trueup_simulators.msp_tools import with_tools

FIRST_NIGHT = date(2026, 11, 24)
"""The night of the first plan, which is applied; the open plan is of the night after."""
MORNING = datetime.combine(FIRST_NIGHT + timedelta(days=1), time(8, 30), ZoneInfo(ZONE))


@dataclass(frozen=True, slots=True)
class PlayedMsp:
    """One MSP at the morning after. `run` applied the first plan; `plan` is the open one."""

    store: str
    key: Key
    run: str
    plan: Plan
    demonstration: Demonstration

    @contextmanager
    def site(self, folder: Path) -> Iterator[Site]:
        """A site over a copy of the store. Tests that write to the PSA use an MSP that nobody shares."""
        with (
            copy_of(self.store, folder / "store.sqlite") as copied,
            Database.open(copied, self.key) as database,
        ):
            yield Site.of(database, FixedClock(MORNING), Accounts(Pace(scale=0.0)))

    def lines(self, *statuses: OutcomeStatus) -> list[str]:
        """Lines of the open plan with these statuses, in its order."""
        return [outcome.line_id for outcome in self.plan.outcomes if outcome.status in statuses]


async def _first_plan(demo: Demonstration, secrets: tuple[dict[str, str], dict[str, str]]) -> tuple[str, Plan]:
    await demo.connect(*secrets)
    await demo.collect()
    await demo.match()
    await demo.set_rules()
    plan = await demo.plan()
    await demo.approve(plan)
    applied = await demo.apply(plan)
    assert (await demo.verify(applied)).right
    return applied.run_id, plan


def _grown(demo: Demonstration) -> dict[str, dict[str, int]]:
    """Sites that the nights before left alone, each with a laptop or two more."""
    before = {name for name, _ in busy_sites(demo.msp)}
    sites = [site for site in demo.msp.datto_rmm["sites"] if site["name"] not in before]  # type: ignore[attr-defined]
    wide = [site for site in sites if site.get("counts", {}).get("laptop", 0) >= 6][:24]
    return {
        site["name"]: {**site["counts"], "laptop": site["counts"]["laptop"] + 1 + number % 2}
        for number, site in enumerate(wide)
    }


def edited_by_hand(demo: Demonstration, plan: Plan) -> str:
    """A line that was right, and that somebody lowers in the PSA."""
    right = (one for one in plan.outcomes if one.status is OutcomeStatus.NONE and (one.before or 0) >= 10)
    return next(right).line_id


async def _order(url: str, order: str, body: dict[str, object]) -> None:
    async with httpx2.AsyncClient(timeout=60) as client:
        (await client.post(f"{url}/_simulator/{order}", json=body)).raise_for_status()


async def _next_night(demo: Demonstration, first: Plan) -> Plan:
    await _order(demo.ready.datto_rmm_url, "devices", {"counts": _grown(demo)})
    edited, night = edited_by_hand(demo, first), FIRST_NIGHT.isoformat()
    await _order(demo.ready.autotask_url, "edit-units", {"line": int(edited), "day": night, "units": -3})
    demo.clock.put(night_of(FIRST_NIGHT + timedelta(days=1)))
    await collecting.collect(demo.workspace)
    return await planning.make_plan(demo.workspace)


async def _lived(demo: Demonstration, secrets: tuple[dict[str, str], dict[str, str]]) -> tuple[str, Plan]:
    run, first = await _first_plan(demo, secrets)
    return run, await _next_night(demo, first)


@contextmanager
def played(folder: Path, *, small: bool = False, tools: bool = False) -> Iterator[PlayedMsp]:
    """Play an MSP up to its morning after; its simulators answer until the end. The small one has a tenth of it;
    with `tools` it has those of the demonstration beside Datto RMM."""
    sizes = (24, 900, 60) if small else ()
    bare = generate_msp(SEED, *sizes, today=FIRST_NIGHT)
    msp = with_tools(bare, SEED) if tools else bare
    with (
        place_for(folder / "demo.sqlite") as place,
        demonstration(FIRST_NIGHT, folder, msp, place) as (demo, psa_secret, module_secret),
    ):
        with ThreadPoolExecutor(1) as apart:  # a browser's loop may be running in this thread
            work = _lived(demo, (dict(psa_secret), dict(module_secret)))
            run, plan = apart.submit(asyncio.run, work).result()
        key = demo.workspace.store._binding.key
        assert key is not None
        yield PlayedMsp(demo.ready.store, key, run, plan, demo)


def workspace_of(site: Site, actor: str = "Ada") -> Workspace:
    """The MSP's tenant, for looking at what a page has done."""
    return site.workspace("default", actor)
