"""A process that may not write any further: what it began is gone, what was there stays, and the next one goes on."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trueup.core.reason import Reason
from trueup.core.settings import TenantSettings
from trueup.store.database import Database

NOW = datetime(2026, 6, 15, 0, 30, tzinfo=UTC)
LIMITED = """
import resource, sys
from datetime import UTC, datetime
from trueup.core.reason import Reason
from trueup.store.database import Database
from trueup.store.errors import StoreError

resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
with Database.open(sys.argv[1]) as database:
    store = database.tenant()
    try:
        with store.writing():
            store.audit.add("tests", "small", Reason.of("x"), now=datetime.now(UTC))
            store.audit.add("tests", "big", Reason.of("x", text="y" * 2_000_000), now=datetime.now(UTC))
    except StoreError as error:
        print(error.reason.code, store.audit.look_through().entries)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no process's files")
def test_a_write_that_the_system_cuts_off_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with Database.open(path, create=True) as database:
        store = database.create_tenant("default", TenantSettings(), now=NOW)
        store.audit.add("tests", "before", Reason.of("x"), now=NOW)
    limited = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert limited.stdout.split() == ["store.failed", "1"], "named, rolled back whole, and still readable"
    with Database.open(path) as database:
        store = database.tenant()
        store.audit.add("tests", "after", Reason.of("x"), now=NOW)
        assert [entry.action for entry in store.audit.list()] == ["before", "after"]
        assert store.audit.look_through().broken is None
