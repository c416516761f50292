"""Play a run: processes of its own on a store of its own, struck as the script says, and judged at the end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

from tests.chaos.clock import SharedClock
from tests.chaos.forking import Ended, ForkServer, ended
from tests.chaos.judging import Evidence, Verdict, as_planned, judge
from tests.chaos.script import Edit, Meanwhile, Round, Script, script_of
from tests.chaos.stand import Stand, Watch
from tests.chaos.templates import USER, VARIANTS, Template, of_today, prepare, psa_content
from tests.chaos.work import Job
from tests.places import copy_of, place_for

from trueup_simulators.autotask.errors import RefusedError
from trueup_simulators.autotask.state import SERVICE, State
from trueup_simulators.autotask.striking import edit_units

ROOT = Path(__file__).parents[2]
STORE = "trueup.db"
LONGEST_CALL = timedelta(seconds=299)
"""A call that was held back arrives before this has passed since it left."""


@dataclass
class Played:
    """A run that is over."""

    seed: int
    verdict: Verdict
    faults: Counter[str]
    unjournalled: list[str]
    processes: int
    cpu: float
    trouble: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """What else is told of it, without being right or wrong."""


class Player:
    """Plays runs one after the other, in one worker."""

    def __init__(self, folder: Path, server: ForkServer, stand: Stand) -> None:
        self._folder = folder
        self._server = server
        self._stand = stand
        self._templates: dict[str, Template] = {}
        self._kept = ExitStack()
        self._warm = False

    def play(self, seed: int) -> Played:
        """Play the run of a seed."""
        script = script_of(seed)
        began = process_time()
        template, folder = self._template(script.variant), self._folder / "run"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with copy_of(template.store, folder / STORE) as store:
            run = _Run(folder, store, self._server, self._stand, script, template)
            try:
                played = run.whole()
            finally:
                run.close()
        played.cpu += process_time() - began
        return played

    def close(self) -> None:
        self._kept.close()

    def _template(self, name: str) -> Template:
        if name not in self._templates:
            variant = of_today() if name == "command" else VARIANTS[name]
            self._stand.begin(psa_content(variant))
            folder = self._folder / name
            folder.mkdir(parents=True)
            store = self._kept.enter_context(place_for(folder / STORE))
            self._templates[name] = prepare(variant, folder, store, self._stand.url)
            self._warm_up(self._templates[name])
        return self._templates[name]

    def _warm_up(self, template: Template) -> None:
        """Once: let a job run through, and have the fork server import what it imported."""
        if self._warm:
            return
        self._warm = True
        folder = self._folder / "warm"
        folder.mkdir()
        clock = SharedClock(folder / "clock")
        clock.put(template.now)
        with copy_of(template.store, folder / STORE) as store:
            jobs = self._jobs(template, folder, store)
            self._stand.begin({**template.content})
            seen: set[str] = set()
            for job in jobs:
                self._server.wait(self._server.fork(job))
                seen |= set(json.loads(Path(job.result).read_text())["modules"])
        with copy_of(template.store, folder / f"again-{STORE}") as store:
            self._stand.begin({**template.content})
            self._server.warm(sorted(seen), self._jobs(template, folder, store))
        clock.close()

    def _jobs(self, template: Template, folder: Path, store: str) -> list[Job]:
        return [
            Job(
                kind,
                store,
                str(template.key_file),
                str(folder / "clock"),
                str(folder / kind),
                template.plan,
                template.variant.last,
                tells_modules=True,
            )
            for kind in ("apply", "plan")
        ]


class _Run:
    def __init__(
        self, folder: Path, store: str, server: ForkServer, stand: Stand, script: Script, template: Template
    ) -> None:
        self.folder, self.store, self.server, self.stand = folder, store, server, stand
        self.script, self.template = script, template
        self.clock = SharedClock(folder / "clock")
        self.clock.put(max(template.now, datetime.now(UTC)) if script.variant == "command" else template.now)
        self.watch = Watch(self.store, self.clock, own_clock=script.variant == "command")
        self.state: State = stand.begin({**template.content, "switches": script.switches}, self.watch)
        self.state.clock.set(template.variant.last)
        self.cpu = 0.0
        self.processes = 0
        self.faults: Counter[str] = Counter()
        self.trouble: list[str] = []
        self.story: list[str] = []
        self.plan = template.plan
        self.left: datetime | None = None

    def close(self) -> None:
        self.stand.release()
        self.clock.close()

    def whole(self) -> Played:
        for number, round_ in enumerate(self.script.rounds):
            self._round(number, round_)
        self._closing()
        self.stand.release()
        evidence = Evidence(
            self.template.planned,
            self.template.variant.wanted(),
            self.template.variant.last,
            self.state,
            self.store,
        )
        if self.script.anyway or not as_planned(evidence):
            evidence = replace(evidence, outcomes=self._new_plan())
        verdict = judge(evidence)
        for kind in self.watch.struck:
            self.faults[kind] += 1
        return Played(
            self.script.seed,
            verdict,
            self.faults,
            self.watch.unjournalled,
            self.processes,
            self.cpu,
            self.trouble,
            self.story,
        )

    def _round(self, number: int, round_: Round) -> None:
        self._pass(round_.wait)
        self._healed()
        for fault in round_.faults:
            self.state.faults.order(fault)  # type: ignore[arg-type]
        for act in round_.acts:
            self.watch.acts[self.watch.posts + act.number] = replace(act, number=self.watch.posts + act.number)
        if round_.edit is not None:
            self._person(round_.edit)
        if round_.replan:
            self._replan()
        pid, forked = self._begin(round_)
        rival = self._begin(replace(round_, strike=None, command=False)) if round_.rival else None
        self.watch.victim = pid
        found = self._wait(pid, forked)
        while found.how == "stopped":
            self.faults["stopped"] += 1
            self._meanwhile(round_.meanwhile or Meanwhile(61))
            self.watch.victim = pid
            os.kill(pid, signal.SIGCONT)
            found = self._wait(pid, forked)
        if rival is not None:
            self.faults["two at once"] += 1
            self._wait(*rival)
        if found.how == "killed":
            self.faults["killed"] += 1
            if found.number != signal.SIGKILL:
                self.trouble.append(f"round {number}: killed by signal {found.number}")
        for fault_ in self.state.faults.entries:
            self.faults[fault_.kind] += fault_.hits
        self.stand.quiet()

    def _begin(self, round_: Round) -> tuple[int, bool]:
        if round_.command:
            return self._spawn(), False
        return self._fork("apply", round_), True

    def _fork(self, kind: str, round_: Round | None = None) -> int:
        self.processes += 1
        job = Job(
            kind,
            self.store,
            str(self.template.key_file),
            str(self.folder / "clock"),
            str(self.folder / f"result-{self.processes}"),
            self.plan,
            self.template.variant.last,
        )
        if round_ is not None:
            job = replace(job, write_seconds=round_.write_seconds, strike=round_.strike)
        return self.server.fork(job)

    def _spawn(self) -> int:
        """The command that a person would type."""
        self.processes += 1
        arguments = ["apply", self.plan, "--store", self.store, "--key-file", str(self.template.key_file)]
        path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
        with (self.folder / f"result-{self.processes}.txt").open("wb") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "trueup", *arguments],
                env={**os.environ, "PYTHONPATH": path},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            ).pid

    def _wait(self, pid: int, forked: bool) -> Ended:
        found = self.server.wait(pid) if forked else ended(*os.wait4(pid, os.WUNTRACED)[1:])
        self.cpu += found.cpu
        self.story.append(
            f"{self.clock.now():%H:%M:%S} {'process' if forked else 'command'} {found.how} {found.number}"
        )
        if found.how == "exited" and found.number not in ((0, 1) if forked else (0, 1, 3, 4)):
            self.trouble.append(f"a process ended with code {found.number}")
        return found

    def _result(self) -> dict[str, object]:
        path = self.folder / f"result-{self.processes}"
        told: dict[str, object] = json.loads(path.read_text()) if path.exists() else {}
        self.story.append(json.dumps(told))
        return told

    def _meanwhile(self, meanwhile: Meanwhile) -> None:
        self.stand.quiet()
        self._pass(meanwhile.seconds, meanwhile.wall)
        if meanwhile.edit is not None:
            self._person(meanwhile.edit)
        if meanwhile.replan:
            self._replan()
        for _ in range(meanwhile.rivals):
            pid = self._fork("apply")
            self.watch.victim = pid
            self._wait(pid, True)
            self._result()
            self._pass(330 if meanwhile.rivals > 1 else 5)

    def _replan(self) -> None:
        self._wait(self._fork("replan"), True)
        told = self._result()
        if "plan" in told:
            self.plan = str(told["plan"])

    def _pass(self, seconds: int, wall: int | None = None) -> None:
        """Let time pass; a call that is held back arrives in time."""
        if self.watch.held and self.left is None:
            self.left = self.clock.now()
        if self.left is not None and self.clock.now() + timedelta(seconds=seconds) > self.left + LONGEST_CALL:
            first = int((self.left + LONGEST_CALL - self.clock.now()).total_seconds())
            self.clock.move(max(0, first))
            self.stand.release()
            self.left = None
            seconds -= max(0, first)
        self.clock.move(seconds, wall=wall)

    def _healed(self) -> None:
        self.state.faults.clear()
        user = self.state.accounts.find(USER)
        if user is not None:
            user.locked, user.failures = False, 0

    def _person(self, edit: Edit) -> None:
        place = sorted(self.template.planned)[edit.place % len(self.template.planned)]
        change = self.template.planned[place] if edit.equal else edit.change
        with suppress(RefusedError):
            edit_units(self.state, SERVICE, place[0], place[1], change, "A. Person")
            self.faults["a person's edit"] += 1

    def _closing(self) -> None:
        """Without trouble, until nothing is left to send."""
        self._healed()
        self.watch.acts.clear()
        back = [one.meanwhile.wall or 0 for one in self.script.rounds if one.meanwhile is not None]
        self._pass(-min([0, *back]))  # a clock that was put back has to come round before a wait is over
        for _ in range(self.script.closing_rounds):
            self._pass(self.script.closing_wait)
            found = self._wait(self._fork("apply"), True)
            told = self._result()
            if found.how != "exited":
                self.trouble.append(f"without any trouble it was {found.how} {found.number}")
                return
            if told.get("error") == "apply.another_run":
                continue  # the lease of a process that died just now
            if "error" in told:
                if told["error"] not in _ENDS:
                    self.trouble.append(f"without any trouble it ended with {told['error']}")
                return
            lines: list[list[str]] = told["lines"]  # type: ignore[assignment]
            if not told["settled"] and all(state == "skipped" for _, state, _ in lines):
                return  # what is left has moved, and goes on being left
        if self.script.closing_rounds:
            self.trouble.append("it never came to an end")

    def _new_plan(self) -> Mapping[int, tuple[str, bool]]:
        found = self._wait(self._fork("plan"), True)
        told = self._result()
        outcomes = told.get("outcomes")
        if found.how != "exited" or not isinstance(outcomes, list):
            self.trouble.append(f"no new plan: {told}")
            return {}
        return {int(line): (status, bool(adjustments)) for line, status, adjustments, _ in outcomes}


_ENDS = frozenset({"apply.nothing_left", "apply.not_approved"})
