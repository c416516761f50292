"""The stage of the demonstration: simulators in this process on free loopback ports, and a new store.

Everything else is the product as it is. Nothing is left behind: the simulators stop at the end and a temporary folder
is removed. The same day gives the same MSP.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from trueup.app.clock import FixedClock
from trueup.app.connections.connecting import Accounts
from trueup.app.demonstration.nights import ZONE, night_of, rows_of
from trueup.app.demonstration.playing import Demonstration, DemoSetup
from trueup.app.workspace import create_workspace
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.modules.limits import Pace
from trueup.store.secrets import Key
from trueup_simulators import autotask, datto_rmm, modules
from trueup_simulators.autotask.wire import Json
from trueup_simulators.msp import Msp, generate_msp
from trueup_simulators.msp_tools import with_tools

SEED = 1


@contextmanager
def demonstration(
    today: date | None = None, folder: Path | None = None, msp: Msp | None = None, store: str | None = None
) -> Iterator[tuple[Demonstration, Mapping[str, str], Mapping[str, str]]]:
    """Start the simulators and a new store; gives the demonstration with the secrets of the PSA and of Datto RMM.

    The MSP is the generated one with all of its tools unless another is given. `today` is the day in whose night the
    job is shown: yesterday unless given, so that one more night can pass (`Demonstration.something_new`).
    `store` is the address of an empty database; without it the store is a file of the folder.
    """
    day = today or datetime.now(ZoneInfo(ZONE)).date() - timedelta(days=1)
    chosen = msp or with_tools(generate_msp(SEED, today=day), SEED)
    with ExitStack() as stack:
        made = stack.enter_context(tempfile.TemporaryDirectory(prefix="trueup-demo-"))
        place = folder or Path(made)
        where = store or str(place / "demo.sqlite")
        clock = FixedClock(night_of(day))
        scenario = autotask.Scenario(cast("Mapping[str, Json]", chosen.autotask), "demonstration")
        psa = stack.enter_context(autotask.start(scenario))
        rmm = stack.enter_context(datto_rmm.start(chosen.datto_rmm))
        tools = {kind: stack.enter_context(modules.start(kind, scenario=setup)) for kind, setup in chosen.tools.items()}
        settings = TenantSettings(
            name="demo", time_zone=ZONE, currency="EUR", mode=Mode.MANUAL, posted_period="unproven"
        )
        accounts = Accounts(Pace(scale=0.0))
        key = Key.generate()
        ws = stack.enter_context(create_workspace(where, key, settings, clock=clock, actor="demo", accounts=accounts))
        ready = DemoSetup(
            psa.url,
            rmm.url,
            where,
            place,
            customers=len(chosen.billable),
            devices=sum(sum(site.get("counts", {}).values()) for site in rows_of(chosen.datto_rmm["sites"])),
            lines=len(rows_of(chosen.autotask["lines"])),
            tools={kind: running.url for kind, running in tools.items()},
            key=key,
        )
        accepted = {kind: running.credentials for kind, running in tools.items()}
        yield Demonstration(ws, clock, day, chosen, ready, accepted), psa.credentials, rmm.credentials
