"""The form inside of one process, on a file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.jobs.conformance import Conformance, Form, opened
from tests.scenarios.msp import GROWN, Msp, open_msp

from trueup.app.jobs.embedded import EmbeddedJobs
from trueup.app.jobs.port import ACTOR
from trueup.app.plans.planning import make_plan
from trueup.app.schedule.night import night_round, unfinished
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.store.database import Database


def test_an_undo_that_a_person_planned_after_a_round_was_cut_off_waits_for_that_person(tmp_path: Path) -> None:
    with open_msp(tmp_path, TenantSettings(mode=Mode.AUTOMATIC)) as msp:
        msp.set_up()
        msp.grow()
        applied = msp.apply(msp.plan())
        msp.later(timedelta(minutes=2))
        with msp.stage.open(actor=ACTOR) as ws:  # the process dies after this
            asyncio.run(make_plan(ws, GROWN))
        msp.undo(applied.run_id, reason="tried")
        msp.later(timedelta(minutes=2))
        sends = msp.psa.sends()
        with msp.stage.open(actor=ACTOR) as ws:
            assert unfinished(ws) is None
            asyncio.run(night_round(ws))
        assert msp.psa.sends() == sends


class TestEmbedded(Conformance):
    @pytest.fixture
    def msp(self, tmp_path: Path) -> Iterator[Msp]:
        with open_msp(tmp_path, TenantSettings(mode=Mode.AUTOMATIC)) as found:
            found.set_up()
            yield found

    @pytest.fixture
    def form(self) -> Form:
        def made(database: Database, msp: Msp) -> EmbeddedJobs:
            return EmbeddedJobs(database.tenants, lambda tenant: opened(database, msp, tenant), every=0.1)

        return made
