"""Play a run with two workers: both at one night, one of them struck, the other goes on; judged at the end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import process_time

from tests.chaos.books import ask
from tests.chaos.clock import SharedClock
from tests.chaos.forking import ForkServer
from tests.chaos.judging import Evidence, as_planned, judge
from tests.chaos.playing import LONGEST_CALL, Played
from tests.chaos.stand import Stand, Watch
from tests.chaos.templates import USER, VARIANTS, psa_content
from tests.chaos.work import Job, cut
from tests.chaos.workers.night import Night, prepared, show
from tests.chaos.workers.process import DEAD_AFTER
from tests.chaos.workers.script import Phase, Script, script_of
from tests.chaos.workers.watching import Queue, noted
from tests.ledger.stage import Rmm
from tests.postgres import Server

from trueup_simulators.autotask.state import State

GIVEN_UP = 180.0
"""Real seconds after which a run that comes to no end is one that failed."""


class WorkersPlayer:
    """Plays runs one after the other."""

    def __init__(self, folder: Path, server: ForkServer, stand: Stand, database: Server) -> None:
        self._folder, self._server, self._stand, self._database = folder, server, stand, database
        self._rmm = Rmm()
        self._nights: dict[str, Night] = {}
        self._kept = ExitStack()

    def play(self, seed: int) -> Played:
        """Play the run of a seed."""
        script, began = script_of(seed), process_time()
        night = self._night(script.variant)
        show(self._rmm, night.variant, night.variant.nights)
        with self._database.copy(night.store) as store:
            run = _Run(self._folder / "run", store, self._server, self._stand, script, night)
            try:
                played = run.whole()
            finally:
                run.close()
        played.cpu += process_time() - began
        return played

    def close(self) -> None:
        self._rmm.close()
        self._kept.close()

    def _night(self, name: str) -> Night:
        if name not in self._nights:
            variant = VARIANTS[name]
            self._stand.begin(psa_content(variant))
            night = prepared(variant, self._folder / name, self._database, self._stand.url, self._rmm)
            self._nights[name] = self._kept.enter_context(night)
            if len(self._nights) == 1:
                self._warm_up(self._nights[name])
        return self._nights[name]

    def _warm_up(self, night: Night) -> None:
        """Have the fork server import what a plan and an apply import, and compile their statements."""
        folder = self._folder / "warm"
        folder.mkdir()
        clock = SharedClock(folder / "clock")
        clock.put(night.now)
        with self._database.copy(night.store) as store:
            place = str(folder / "clock"), str(folder / "result")
            job = Job("night", store, str(night.key_file), *place, day=night.variant.last, tells_modules=True)
            self._server.wait(self._server.fork(job))
            modules = json.loads((folder / "result").read_text())["modules"]
        with self._database.copy(night.store) as store:
            self._server.warm(modules, [replace(job, store=store)])
        clock.close()


@dataclass
class _Worker:
    pid: int
    ready: Path
    stopped: bool = False


class _Run:
    def __init__(
        self, folder: Path, store: str, server: ForkServer, stand: Stand, script: Script, night: Night
    ) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.folder, self.store, self.server, self.stand = folder, store, server, stand
        self.script, self.night = script, night
        self.clock = SharedClock(folder / "clock")
        self.clock.put(night.now)
        self.watch = Watch(store, self.clock)
        self.state: State = stand.begin({**night.content, "switches": script.switches}, self.watch)
        self.state.clock.set(night.variant.last)
        self.queue = Queue(store)
        self.workers: list[_Worker] = []
        self.faults: Counter[str] = Counter()
        self.trouble: list[str] = []
        self.story: list[str] = []
        self.processes, self.cpu = 0, 0.0
        self.left = self.clock.now()
        self.began = time.monotonic()
        self.until = self.began + GIVEN_UP

    def close(self) -> None:
        self.stand.release()
        for worker in self.workers:  # of a run that failed
            os.kill(worker.pid, signal.SIGKILL)
            self.server.wait(worker.pid)
        self.queue.close()
        self.clock.close()

    def whole(self) -> Played:
        for number, phase in enumerate(self.script.phases):
            self._phase(number, phase)
        self._healed()
        for _ in range(4):
            self._tell("left alone")
            self._pass(self.script.closing_wait)
            self._until_idle()
        self._end_workers()
        self._apply_what_is_left()
        self.stand.release()
        variant = self.night.variant
        evidence = Evidence(self.night.planned, variant.wanted(), variant.last, self.state, self.store)
        if self.script.anyway or not as_planned(evidence):
            evidence = replace(evidence, outcomes=self._new_plan())
        found = noted(self.store)
        self.faults.update(self.watch.struck)
        return Played(
            self.script.seed,
            judge(evidence),
            self.faults,
            self.watch.unjournalled,
            self.processes,
            self.cpu,
            [*self.trouble, *found.wrong],
            self.story,
            found.counts,
        )

    def _phase(self, number: int, phase: Phase) -> None:
        self._tell(f"phase {number}: {phase.trouble}")
        self._pass(phase.wait)
        self._healed()
        for fault in phase.faults:
            self.state.faults.order(fault)  # type: ignore[arg-type]
        for act in phase.posts:
            self.watch.acts[self.watch.posts + act.number] = replace(act, number=self.watch.posts + act.number)
        strike = phase.strike
        if strike is not None:
            strike = replace(strike, token=str(self.folder / f"struck-{number}"))
        while len(self.workers) < 2:
            self._begin(phase, strike)
        self.queue.look()
        if phase.act:
            time.sleep(phase.moment)
            self._strike(phase.act)
        self._until_idle(phase.pause)
        if strike is not None and Path(strike.token).exists():
            self.faults[f"{strike.act} {strike.at} a step"] += 1
        for ordered in self.state.faults.entries:
            self.faults[ordered.kind] += ordered.hits
        self.watch.acts.clear()

    def _begin(self, phase: Phase, strike: object) -> None:
        self.processes += 1
        ready = self.folder / f"ready-{self.processes}"
        job = Job("worker", self.store, str(self.night.key_file), str(self.folder / "clock"), str(ready))
        job = replace(job, write_seconds=phase.write_seconds, strike=strike)  # type: ignore[arg-type]
        self.workers.append(_Worker(self.server.fork(job), ready))

    def _strike(self, act: str) -> None:
        """Strike the one that does the round, else any."""
        self._look_after(0)
        if not self.workers:
            return
        busy = {found[2] for found in self.queue.jobs() if found[:2] == ("round", "doing")}
        victim = self.workers[0] if not busy else self.workers[hash(tuple(busy)) % len(self.workers)]
        if act == "cut":
            self._tell("all connections are cut")
            self.faults["cut"] += 1
            for worker in self.workers:
                cut(self.store, worker.pid)
        else:
            os.kill(victim.pid, signal.SIGKILL if act == "kill" else signal.SIGSTOP)

    def _look_after(self, pause: int) -> None:
        """See what became of the workers; one that stopped goes on after `pause` seconds of its clock, during which the
        other has the time to do all that is due."""
        for worker in list(self.workers):
            found = None if worker.stopped else self.server.look(worker.pid)
            if found is None:
                continue
            self._tell(f"worker {self.workers.index(worker)} {found.how} {found.number}")
            self.faults["stopped" if found.how == "stopped" else found.how] += 1
            if found.how == "stopped":
                worker.stopped = True
                self.stand.quiet()
                self._pass(pause)
                time.sleep(DEAD_AFTER * 1.2)
                self._until_idle(pause, asleep=worker)
                os.kill(worker.pid, signal.SIGCONT)
                worker.stopped = False
                continue
            self.workers.remove(worker)
            self.cpu += found.cpu
            if (found.how, found.number) not in {("killed", signal.SIGKILL), ("exited", 1)}:
                self.trouble.append(f"a worker {found.how} with {found.number}")
            self._pass(61)  # the leases of the dead run out

    def _until_idle(self, pause: int = 61, asleep: _Worker | None = None) -> None:
        """Until a look found nothing due and no round waits or is being done."""
        self.queue.look()
        looked = time.monotonic()
        while True:
            if time.monotonic() > self.until:
                raise AssertionError(f"it comes to no end: {self.queue.jobs()}\n" + "\n".join(self.story))
            self._look_after(pause)
            if not [worker for worker in self.workers if worker is not asleep]:
                if asleep is not None:
                    return
                self._begin(Phase("none"), None)
            waiting = self.queue.jobs()
            if not waiting:
                return
            if asleep is not None and time.monotonic() - looked > 14:
                return  # it sleeps inside of a transaction: nobody else gets at the tenant
            if time.monotonic() - looked > DEAD_AFTER:
                looked = time.monotonic() if asleep is None else looked
                self.queue.look()
            time.sleep(0.02)

    def _end_workers(self) -> None:
        self._tell("told to stop")
        for worker in list(self.workers):
            while not worker.ready.exists():
                time.sleep(0.01)
            os.kill(worker.pid, signal.SIGTERM)
            found = self.server.wait(worker.pid)
            self.cpu += found.cpu
            self.workers.remove(worker)
            if (found.how, found.number) != ("exited", 0):
                self.trouble.append(f"told to stop, a worker {found.how} with {found.number}")

    def _apply_what_is_left(self) -> None:
        """A person types `trueup apply` until nothing is left."""
        (newest, day), *_ = ask(self.store, "SELECT id, as_of FROM plan ORDER BY place DESC LIMIT 1")
        if day != self.night.variant.last:
            self.trouble.append("the night was missed")
            return
        for _ in range(6):
            told = self._person("apply", str(newest))
            if "error" in told:
                if told["error"] not in {"apply.nothing_left", "apply.not_approved", "apply.another_run"}:
                    self.trouble.append(f"without any trouble it ended with {told['error']}")
                return
            lines: list[list[str]] = told["lines"]  # type: ignore[assignment]
            if not told["settled"] and all(state == "skipped" for _, state, _ in lines):
                return
            self._pass(355)
        self.trouble.append("it never came to an end")

    def _person(self, kind: str, plan: str = "") -> dict[str, object]:
        self.processes += 1
        place = str(self.folder / "clock"), str(self.folder / f"result-{self.processes}")
        job = Job(kind, self.store, str(self.night.key_file), *place, plan, self.night.variant.last)
        found = self.server.wait(self.server.fork(job))
        self.cpu += found.cpu
        path = Path(job.result)
        told: dict[str, object] = json.loads(path.read_text()) if path.exists() else {"error": found.how}
        self._tell(f"{kind}: {json.dumps(told)[:300]}")
        return told

    def _new_plan(self) -> Mapping[int, tuple[str, bool]]:
        outcomes = self._person("plan").get("outcomes")
        if not isinstance(outcomes, list):
            self.trouble.append("no new plan")
            return {}
        return {int(line): (status, bool(adjustments)) for line, status, adjustments, _ in outcomes}

    def _pass(self, seconds: int) -> None:
        """Let time pass; a call that is held back arrives in time."""
        self.watch.leap = (time.monotonic(), seconds)
        if self.watch.held:
            first = min(seconds, int(LONGEST_CALL.total_seconds()))
            self.clock.move(first)
            if first < seconds:
                self.stand.release()
            seconds -= first
        self.clock.move(seconds)

    def _healed(self) -> None:
        self.state.faults.clear()
        user = self.state.accounts.find(USER)
        if user is not None:
            user.locked, user.failures = False, 0

    def _tell(self, what: str) -> None:
        waiting = ", ".join(f"{task} {status} by {worker}" for task, status, worker in self.queue.jobs())
        with suppress(ValueError):
            self.story.append(
                f"{self.clock.now():%H:%M:%S} after {time.monotonic() - self.began:.1f} s {what} [{waiting}]"
            )
