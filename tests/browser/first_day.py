"""The first day of an MSP with Trueup: a store with nothing in it, and a small PSA and RMM that answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from tests.places import place_for
from tests.web.msp import FIRST_NIGHT
from tests.web.running import answering

from trueup.app.clock import FixedClock
from trueup.app.connections.connecting import Accounts
from trueup.app.demonstration.nights import ZONE
from trueup.app.demonstration.standing import SEED
from trueup.app.jobs.embedded import jobs_beside
from trueup.app.people.links import first_link
from trueup.core.settings import TenantSettings
from trueup.modules.limits import Pace
from trueup.store.database import Database
from trueup.store.secrets import Key
from trueup.web.application import create_app
from trueup.web.site import Site
from trueup_simulators import autotask, datto_rmm
from trueup_simulators.autotask.wire import Json
from trueup_simulators.msp import generate_msp

MORNING = datetime(FIRST_NIGHT.year, FIRST_NIGHT.month, FIRST_NIGHT.day, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FirstDay:
    """Where the application answers, the address that makes the first person, and the accounts to connect."""

    url: str
    invitation: str
    psa: str
    psa_secret: Mapping[str, str]
    rmm: str
    rmm_secret: Mapping[str, str]
    site: Site


@contextmanager
def first_day(folder: Path) -> Iterator[FirstDay]:
    """Serve an empty store with its worker, as `trueup init` and `trueup serve` leave it."""
    msp = generate_msp(SEED, 24, 900, 60, today=FIRST_NIGHT)
    settings = TenantSettings(name="An MSP", time_zone=ZONE, currency="EUR")
    clock, accounts = FixedClock(MORNING), Accounts(Pace(scale=0.0))
    with ExitStack() as stack:
        psa = stack.enter_context(
            autotask.start(autotask.Scenario(cast("Mapping[str, Json]", msp.autotask), "first day"))
        )
        rmm = stack.enter_context(datto_rmm.start(msp.datto_rmm))
        where = stack.enter_context(place_for(folder / "first.sqlite"))
        database = stack.enter_context(Database.open(where, Key.generate(), create=True))
        database.create_tenant("default", settings, now=MORNING)
        site = Site.of(database, clock, accounts)
        with ThreadPoolExecutor(1) as apart:  # a browser's loop may be running in this thread
            secret = apart.submit(asyncio.run, first_link(site.installation, "default")).result()
        app = create_app(site, alongside=(jobs_beside(database, clock, accounts, every=0.5),))
        url = stack.enter_context(answering(app)).replace("127.0.0.1", "localhost")
        yield FirstDay(url, f"{url}/welcome/{secret}", psa.url, psa.credentials, rmm.url, rmm.credentials, site)
