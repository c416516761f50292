"""The form shared by workers, on a queue in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.jobs.conformance import Conformance, Form, opened
from tests.postgres import Server
from tests.scenarios.msp import Msp, open_msp

from trueup.app.jobs.queued import QueuedJobs
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.store.database import Database


def queued(database: Database, msp: Msp) -> QueuedJobs:
    server = database.server
    assert server is not None
    return QueuedJobs(database, lambda tenant: opened(database, msp, tenant), server)


@pytest.fixture
def msp(tmp_path: Path, postgresql: Server) -> Iterator[Msp]:
    with (
        postgresql.fresh() as address,
        open_msp(tmp_path, TenantSettings(mode=Mode.AUTOMATIC), where=address) as found,
    ):
        found.set_up()
        yield found


class TestQueued(Conformance):
    @pytest.fixture
    def form(self) -> Form:
        return queued
