"""The form inside of one process, on a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.jobs.conformance import Conformance, Form, opened
from tests.scenarios.msp import Msp, open_msp

from trueup.app.jobs.embedded import EmbeddedJobs
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.store.database import Database


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
