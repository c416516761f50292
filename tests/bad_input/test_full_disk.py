"""A process that may not write any further: what it began is gone, what was there stays, and the next one goes on."""

from __future__ import annotations

import secrets
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trueup.core.reason import Reason
from trueup.core.settings import TenantSettings
from trueup.store.database import Database
from trueup.store.errors import StoreError

pytestmark = pytest.mark.once("files that may not grow")

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


BACKED_UP = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from trueup.store.database import Database
from trueup.store.errors import StoreError
from trueup.store.restoring import restore

what, where, archive, room = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(room), resource.RLIM_INFINITY))
try:
    if what == "backup":
        with Database.open(where) as database:
            database.back_up(Path(archive), now=datetime.now(UTC))
    else:
        restore(where, Path(archive))
except StoreError as error:
    print(error.reason.code)
"""


def limited(*arguments: object) -> str:
    """A backup or a restore by a process that may write files of so many bytes at most; the code that it ends with."""
    done = subprocess.run(
        [sys.executable, "-c", BACKED_UP, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no process's files")
def test_a_backup_into_a_full_place_is_named_and_leaves_nothing_and_the_store_goes_on(tmp_path: Path) -> None:
    path, folder = tmp_path / "store.sqlite", tmp_path / "archives"
    folder.mkdir()
    with Database.open(path, create=True) as database:
        store = database.create_tenant("default", TenantSettings(name="Kept"), now=NOW)
        store.audit.add("tests", "much", Reason.of("x", text=secrets.token_hex(200_000)), now=NOW)  # it hardly shrinks
    assert limited("backup", path, folder / "whole.zip", 100_000) == "store.archive_unwritable"
    assert list(folder.iterdir()) == [], "no half of an archive, under any name"
    assert limited("backup", path, folder / "whole.zip", 50_000_000) == ""
    with Database.open(path) as database:
        assert database.tenant().settings.get().name == "Kept"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no process's files")
def test_a_restore_into_a_full_place_is_named_and_can_be_made_again(tmp_path: Path) -> None:
    path, archive, new = tmp_path / "store.sqlite", tmp_path / "whole.zip", tmp_path / "new.sqlite"
    with Database.open(path, create=True) as database:
        database.create_tenant("default", TenantSettings(name="Kept"), now=NOW)
        database.back_up(archive, now=NOW)
    assert limited("restore", new, archive, 100_000) in {"store.disk_full", "store.failed"}
    with pytest.raises(StoreError) as refused:
        Database.open(new)
    assert refused.value.reason.code == "store.missing"
    assert limited("restore", new, archive, 50_000_000) == ""
    with Database.open(new) as database:
        assert database.tenant().settings.get().name == "Kept"
