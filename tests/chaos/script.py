"""What happens in a run, worked out from its seed alone, so that the same seed plays the same run again."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from tests.chaos.stand import PostAct
from tests.chaos.templates import VARIANTS, Variant
from tests.chaos.work import Strike

COMMAND_EVERY = 50
"""Each fiftieth run begins with the installed command: 200 of 10,000."""
PLANS_ANYWAY = 0.25
"""The part of the runs that are planned anew although all went as planned."""

WRITE_FAULTS = (
    "commit-then-drop",
    "commit-then-504",
    "commit-then-html-500",
    "half-body",
    "broken-json",
    "html-500",
    "gateway-504",
    "empty-500",
    "drop",
    "too-many-requests",
    "thread-limit",
    "zone-moved",
    "locked-user",
)
READ_FAULTS = ("html-500", "gateway-504", "drop", "half-body", "broken-json", "too-many-requests", "locked-user")
PAUSES = (5, 15, 25, 29, 31, 59, 61, 130, 290, 301, 330, 360, 700)
WAITS = (1, 5, 30, 59, 61, 100, 240, 299, 301, 330, 349, 352, 700)


@dataclass(frozen=True)
class Edit:
    """A person changes a line on the day of one of its planned adjustments; `equal` by just as much as we want to."""

    place: int
    equal: bool
    change: int


@dataclass(frozen=True)
class Meanwhile:
    """What happens while a process is stopped: time passes (the wall clock may be put back), others are at work."""

    seconds: int
    wall: int | None = None
    rivals: int = 0
    replan: bool = False
    edit: Edit | None = None


@dataclass(frozen=True)
class Round:
    """One process, and what befalls it. `wait` is the time before it, `rival` a second one begun at once."""

    trouble: str
    wait: int = 0
    faults: tuple[Mapping[str, object], ...] = ()
    strike: Strike | None = None
    acts: tuple[PostAct, ...] = ()
    write_seconds: float = 20.0
    meanwhile: Meanwhile | None = None
    edit: Edit | None = None
    rival: bool = False
    replan: bool = False
    command: bool = False


@dataclass(frozen=True)
class Script:
    """A whole run: some rounds with trouble, then rounds without any until nothing is left, then one new plan (of runs
    in which all went as planned, only of those that plan `anyway`)."""

    seed: int
    variant: str
    switches: Mapping[str, object]
    rounds: tuple[Round, ...]
    closing_wait: int
    closing_rounds: int
    anyway: bool


def _edit(chance: random.Random, sends: int) -> Edit:
    return Edit(chance.randrange(sends), chance.random() < 0.3, chance.choice((-2, -1, 1, 2, 5)))


def _meanwhile(chance: random.Random, sends: int) -> Meanwhile:
    seconds = chance.choice(PAUSES)
    back = -chance.choice((60, 600)) if chance.random() < 0.15 else None
    return Meanwhile(
        seconds,
        wall=back,
        rivals=chance.choice((0, 1, 1, 1, 2)) if back is None else 0,
        replan=back is None and chance.random() < 0.15,
        edit=_edit(chance, sends) if chance.random() < 0.1 else None,
    )


def _faults(chance: random.Random, sends: int) -> tuple[Mapping[str, object], ...]:
    found: list[Mapping[str, object]] = [
        {"kind": chance.choice(WRITE_FAULTS), "path": "Adjustments", "method": "POST", "skip": chance.randrange(sends)}
        for _ in range(chance.choice((1, 1, 2, 3)))
    ]
    if chance.random() < 0.25:
        kind = chance.choice(READ_FAULTS)
        found.append({"kind": kind, "action": "query", "skip": chance.randrange(6), "times": chance.choice((1, 2, 4))})
    return tuple(found)


def _kinds(*, first: bool, command: bool) -> list[str]:
    """What may go wrong; what stands here oftener is likelier. The installed command does not strike itself."""
    kinds = ["fault"] * 4 + ["kill post"] * 2 + ["stop post", "hold", "edit post", "read fault", "rival"]
    if not command:
        kinds += ["kill"] * 6 + ["stop"] * 2 + ["stop transport"] * 2 + ["stop answered", "kill answered"]
    if not first:
        kinds.append("replan")
    return kinds


def _round(chance: random.Random, variant: Variant, sends: int, *, first: bool, command: bool) -> Round:
    wait = 0 if first else chance.choice(WAITS)
    edit = _edit(chance, sends) if chance.random() < 0.08 else None
    post = chance.randrange(sends) + 1
    steps = 14 + 4 * sends
    kinds = _kinds(first=first, command=command)
    trouble = chance.choice(kinds)
    common = {"trouble": trouble, "wait": wait, "edit": edit, "command": command}
    if trouble == "fault":
        return Round(**common, faults=_faults(chance, sends))  # type: ignore[arg-type]
    if trouble == "read fault":
        skip, times = chance.randrange(8), chance.choice((1, 2, 4))
        fault = {"kind": chance.choice(READ_FAULTS), "action": "query", "skip": skip, "times": times}
        return Round(**common, faults=(fault, *_faults(chance, sends)[:1]))  # type: ignore[arg-type]
    if trouble == "kill":
        where = chance.choice(("before", "after"))
        faults = _faults(chance, sends) if chance.random() < 0.3 else ()
        strike = Strike("kill", where, chance.randrange(steps) + 1)
        return Round(**common, strike=strike, faults=faults)  # type: ignore[arg-type]
    if trouble in {"stop answered", "kill answered"}:
        strike = Strike(trouble.split()[0], "answered", chance.randrange(12 + sends) + 1)
        return Round(**common, strike=strike, meanwhile=_meanwhile(chance, sends))  # type: ignore[arg-type]
    if trouble in {"stop", "stop transport"}:
        transport = trouble == "stop transport"
        strike = (
            Strike("stop", "transport", post) if transport else Strike("stop", "after", chance.randrange(steps) + 1)
        )
        return Round(**common, strike=strike, meanwhile=_meanwhile(chance, sends))  # type: ignore[arg-type]
    if trouble == "kill post":
        return Round(**common, acts=(PostAct(post, "kill", chance.choice(("pass", "lose", "hold"))),))  # type: ignore[arg-type]
    if trouble == "stop post":
        act = PostAct(post, "stop", chance.choice(("pass", "pass", "lose", "hold")))
        return Round(**common, acts=(act,), meanwhile=_meanwhile(chance, sends), write_seconds=0.3)  # type: ignore[arg-type]
    if trouble == "hold":
        return Round(**common, acts=(PostAct(post, "", "hold"),), write_seconds=0.3)  # type: ignore[arg-type]
    if trouble == "edit post":
        change = chance.choice((-1, 1, 3))
        kind = chance.choice(("commit-then-drop", "html-500", "too-many-requests", ""))
        faults = ({"kind": kind, "path": "Adjustments", "method": "POST", "skip": post - 1},) if kind else ()
        return Round(**common, acts=(PostAct(post, edit=change),), faults=faults)  # type: ignore[arg-type]
    if trouble == "rival":
        return Round(**common, rival=True, faults=_faults(chance, sends) if chance.random() < 0.5 else ())  # type: ignore[arg-type]
    return Round(**common, replan=True)  # type: ignore[arg-type]


def script_of(seed: int) -> Script:
    """The run of a seed."""
    chance = random.Random(seed)
    command = seed % COMMAND_EVERY == 0
    names = ("one", "three", "three", "days", "days", "opening", "posted", "eight")
    name = chance.choice(names)
    variant = VARIANTS["three" if command else name]
    sends = variant.lines * variant.nights
    switches = {
        "same_day_duplicate": chance.choice(("reject_midperiod", "reject_always", "merge")),
        "split_row_ids": chance.choice(("keep", "renumber")),
        "adj_item_id": chance.choice(("null", "null", "number")),
        "locked_status": chance.choice(("401", "500")),
    }
    count = chance.choice((1, 1, 1, 2, 2, 3))
    rounds = tuple(
        _round(chance, variant, sends, first=number == 0, command=command and number == 0) for number in range(count)
    )
    closing_rounds = 0 if chance.random() < 0.1 else 9
    closing_wait = chance.choice((61, 180, 355, 355, 700))
    anyway = chance.random() < PLANS_ANYWAY
    return Script(seed, "command" if command else name, switches, rounds, closing_wait, closing_rounds, anyway)
