"""A file that may no longer be written while it is open: what is open goes on, whoever comes next is told, and nothing
of either is lost. Played by a process without the rights of root, which no such rule stops."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from trueup.store.database import Database

pytestmark = [
    pytest.mark.once("rights on a file"),
    pytest.mark.skipif(os.name != "posix", reason="rights as POSIX has them"),
]

NOBODY = 65534
AT_WORK = """
import os, sys
from datetime import UTC, datetime
from trueup.core.reason import Reason
from trueup.core.settings import TenantSettings
from trueup.store.database import Database
from trueup.store.errors import StoreError

if os.geteuid() == 0:
    os.setgid(65534), os.setuid(65534)

def add(store, name):
    try:
        store.audit.add("tests", name, Reason.of("x"), now=datetime.now(UTC))
    except StoreError as error:
        return error.reason.code
    return "kept"

def told(said):
    print(said, flush=True)
    sys.stdin.readline()

with Database.open(sys.argv[1], create=True) as database:
    store = database.create_tenant("default", TenantSettings(), now=datetime.now(UTC))
    told(add(store, "before"))
    print(add(store, "meanwhile"))
try:
    with Database.open(sys.argv[1]) as database:
        told(add(database.tenant(), "too late"))
except StoreError as error:
    told(error.reason.code)
with Database.open(sys.argv[1]) as database:
    print(add(database.tenant(), "afterwards"))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of whoever has no rights of root; not in pytest's own, where only root may look."""
    made = Path(tempfile.mkdtemp(prefix="trueup-locked-up-"))
    if os.geteuid() == 0:
        os.chown(made, NOBODY, NOBODY)
    yield made
    made.chmod(stat.S_IRWXU)
    shutil.rmtree(made)


def test_a_file_that_may_no_longer_be_written_while_it_is_open_loses_nothing_and_is_named(folder: Path) -> None:
    path = folder / "store.sqlite"
    process = subprocess.Popen(
        [sys.executable, "-c", AT_WORK, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "kept"
    path.chmod(stat.S_IREAD)
    folder.chmod(stat.S_IREAD | stat.S_IEXEC)
    process.stdin.write("\n")
    process.stdin.flush()
    assert process.stdout.readline().strip() == "kept", "it goes on with what it has open"
    assert process.stdout.readline().strip() == "store.read_only"
    folder.chmod(stat.S_IRWXU)
    path.chmod(stat.S_IREAD | stat.S_IWRITE)
    out, _ = process.communicate("\n", timeout=60)
    assert (process.returncode, out.strip()) == (0, "kept")
    with Database.open(path) as database:
        assert [entry.action for entry in database.tenant().audit.list()] == ["before", "meanwhile", "afterwards"]
