"""A secret of one tenant that does not open at night: that tenant is told by name, and the others have their night."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.jobs.conformance import WRITTEN, opened
from tests.ledger.stage import RMM
from tests.places import ask
from tests.scenarios.msp import GROWN, GROWTH, open_msp

from trueup.app.jobs.embedded import jobs_on
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.store.database import Database

DAMAGE = {
    "store.wrong_key": "UPDATE connection_secret SET key_id = '0123456789ab' WHERE tenant = 'a-west'",
    "store.secret_damaged": "UPDATE connection_secret AS here SET sealed = (SELECT sealed FROM connection_secret "
    "WHERE tenant = 'default' AND field = here.field) WHERE tenant = 'a-west'",
}
"""The second puts another tenant's bytes into the row: they are bound to where they were sealed."""


@pytest.mark.parametrize("code", DAMAGE)
def test_one_tenant_s_secret_that_does_not_open_ends_its_collection_by_name_and_no_other_s(
    code: str, tmp_path: Path
) -> None:
    settings = TenantSettings(mode=Mode.AUTOMATIC)
    with open_msp(tmp_path, settings) as msp:
        msp.set_up()
        with Database.open(msp.stage.where, msp.stage.key) as database:
            begun, rmm = msp.stage.clock.now(), msp.rmm.sim
            west = database.create_tenant("a-west", TenantSettings(), now=begun)
            there, secret = {"base_url": rmm.url, "platform": "merlot"}, dict(rmm.credentials)
            west.connections.add(RMM, "module", "datto_rmm", there, secret, "tests", now=begun)
            ask(msp.stage.where, DAMAGE[code])
            msp.rmm.show(GROWTH)
            msp.night(GROWN)

            async def night() -> dict[str, list[str]]:
                done = await jobs_on(database, msp.stage.clock, msp.stage.accounts).once()
                return {name: [reason.code for _, reason in one.trouble] for name, one in done.items()}

            told = asyncio.run(night())
            assert told["default"] == []
            assert told["a-west"] == [code]
            (run,) = west.runs.list(kind="collect")
            assert (run.status, [reason.code for reason in run.reasons]) == ("failed", [code])
            assert not any(value in str(run) for value in secret.values())
            assert opened(database, msp, "a-west").store.usage.delivered_days(RMM) == ()
        assert sorted(msp.psa.accepted()) == sorted(WRITTEN)
