"""What happens in a run with two workers, worked out from its seed alone."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from tests.chaos.script import PAUSES, WRITE_FAULTS
from tests.chaos.stand import PostAct
from tests.chaos.work import Strike

VARIANTS = ("one", "three", "three", "days", "days", "opening", "posted", "eight")
TROUBLES = (
    *("kill step",) * 5,
    *("kill moment",) * 3,
    *("kill post",) * 2,
    "kill answered",
    *("stop step",) * 2,
    "stop moment",
    "stop transport",
    "stop answered",
    "stop post",
    *("cut step",) * 3,
    *("cut moment",) * 2,
    "hold",
    *("fault",) * 2,
)
"""What may go wrong; what stands here oftener is likelier."""

STEPS = 150
"""The commits of the workers among which one is struck; a round of a small MSP makes some ninety."""


@dataclass(frozen=True)
class Phase:
    """Two workers, and what befalls one of them. `moment` are the real seconds after which `act` is done to whichever
    does the round; `pause` the seconds of its clock that a stopped one sleeps, `wait` those before the phase."""

    trouble: str
    wait: int = 0
    strike: Strike | None = None
    posts: tuple[PostAct, ...] = ()
    faults: tuple[Mapping[str, object], ...] = ()
    act: str = ""
    moment: float = 0.0
    pause: int = 0
    write_seconds: float = 20.0


@dataclass(frozen=True)
class Script:
    """A whole run: some phases with trouble, then the workers that are left alone until nothing is due, then a person
    who applies what is left, then a new plan (where all went as planned only of those that plan `anyway`)."""

    seed: int
    variant: str
    switches: Mapping[str, object]
    phases: tuple[Phase, ...]
    closing_wait: int
    anyway: bool


def _phase(chance: random.Random, *, first: bool) -> Phase:
    trouble = chance.choice(TROUBLES)
    act, _, place = trouble.partition(" ")
    wait = 0 if first else chance.choice((1, 30, 61, 130, 355))
    pause = chance.choice([pause for pause in PAUSES if pause >= 59])
    post = chance.randrange(4) + 1
    faults: tuple[Mapping[str, object], ...] = ()
    if trouble == "fault" or chance.random() < 0.2:
        kind = chance.choice(WRITE_FAULTS)
        faults = ({"kind": kind, "path": "Adjustments", "method": "POST", "skip": chance.randrange(3)},)
    common = {"trouble": trouble, "wait": wait, "pause": pause, "faults": faults}
    if place == "step":
        where = chance.choice(("before", "after")) if act != "stop" else "after"
        return Phase(**common, strike=Strike(act, where, chance.randrange(STEPS) + 1))  # type: ignore[arg-type]
    if place == "moment":
        return Phase(**common, act=act, moment=chance.uniform(0, 1.2))  # type: ignore[arg-type]
    if place == "transport":
        return Phase(**common, strike=Strike(act, "transport", post))  # type: ignore[arg-type]
    if place == "answered":
        return Phase(**common, strike=Strike(act, "answered", chance.randrange(30) + 1))  # type: ignore[arg-type]
    if place == "post":
        return Phase(**common, posts=(PostAct(post, act, chance.choice(("pass", "lose", "hold"))),))  # type: ignore[arg-type]
    if trouble == "hold":
        return Phase(**common, posts=(PostAct(post, "", "hold"),), write_seconds=0.3)  # type: ignore[arg-type]
    return Phase(**common)  # type: ignore[arg-type]


def script_of(seed: int) -> Script:
    """The run of a seed."""
    chance = random.Random(f"two workers {seed}")
    switches = {
        "same_day_duplicate": chance.choice(("reject_midperiod", "reject_always", "merge")),
        "split_row_ids": chance.choice(("keep", "renumber")),
        "locked_status": chance.choice(("401", "500")),
    }
    phases = tuple(_phase(chance, first=number == 0) for number in range(chance.choice((1, 1, 1, 2))))
    wait, anyway = chance.choice((61, 180, 355, 700)), chance.random() < 0.25
    return Script(seed, chance.choice(VARIANTS), switches, phases, wait, anyway)
