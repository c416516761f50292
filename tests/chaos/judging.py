"""The judge of a run: the simulator's own log of what it accepted, against the plan, the people's edits and what
Trueup reports. What Trueup believes of itself counts as a report, never as evidence.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from tests.chaos.books import ask

from trueup_simulators.autotask.state import State

_OPEN = ("intended", "sent", "unsettled")


@dataclass(frozen=True)
class Noted:
    """One intent as the journal has it at the end of a run."""

    state: str
    reason: str
    plan: str


@dataclass
class Verdict:
    """What a run came to. Numbers are units of whole adjustments but for `wrong`, which lists what is not reported."""

    double: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    twins: list[str] = field(default_factory=list)
    """A person did just what we were doing, or undid it, in one edit or several, before we could look: nobody could
    tell the two apart."""
    planned_anew: bool = False
    unsettled: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)

    @property
    def bad(self) -> bool:
        return bool(self.double or self.lost or self.wrong)


Place = tuple[int, date]


@dataclass(frozen=True)
class Evidence:
    """Everything that the judge looks at. `outcomes` are those of the new plan at the end, by line; none where all went
    `as_planned` and no new plan was asked."""

    planned: Mapping[Place, int]
    wanted: Mapping[int, int]
    day: date
    state: State
    store: str | Path
    outcomes: Mapping[int, tuple[str, bool]] | None = None


def as_planned(evidence: Evidence) -> bool:
    """Whether each planned adjustment was accepted once and is booked as done, nobody else touched a line, and the
    units of every line are right on each day: then there is nothing that a new plan would have to report."""
    accepted = Counter((entry.line_id, entry.effective_date) for entry in evidence.state.adjustments)
    changes = {(entry.line_id, entry.effective_date): entry.unit_change for entry in evidence.state.adjustments}
    noted = journal(evidence.store)
    return (
        all(entry.by != "person" for entry in evidence.state.adjustments)
        and changes == dict(evidence.planned)
        and set(accepted.values()) <= {1}
        and all(noted.get(place) and noted[place][-1].state == "done" for place in evidence.planned)
        and all(_right_each_day(evidence, line) and _right_after(evidence, line) for line in evidence.wanted)
    )


def journal(store: str | Path) -> dict[Place, list[Noted]]:
    """The intents of lines in a store, oldest first."""
    query = "SELECT line, day, state, reason, plan FROM intent WHERE details = '[]' ORDER BY id"
    found: dict[Place, list[Noted]] = defaultdict(list)
    for line, day, state, reason, plan in ask(store, query):
        found[int(line), date.fromisoformat(str(day))].append(Noted(state, _code(reason), plan))
    return found


def _code(reason: str | None) -> str:
    if reason is None:
        return ""
    try:
        told = json.loads(reason)
    except ValueError:
        return reason
    return str(told.get("code", reason)) if isinstance(told, dict) else re.sub(r"[^a-z_.]", "", str(told[0]))


def units_of(state: State, line: int, day: date) -> int:
    """Units in force on a day, as the simulator itself has them."""
    row = state.units["service"].lines[line].at(day)
    return 0 if row is None else row.units


def judge(evidence: Evidence) -> Verdict:
    """Weigh a run."""
    verdict = Verdict(planned_anew=evidence.outcomes is not None)
    ours: Counter[Place] = Counter()
    people: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for entry in evidence.state.adjustments:
        place = (entry.line_id, entry.effective_date)
        if entry.by == "person":
            people[entry.line_id].append((entry.effective_date, entry.unit_change))
        elif evidence.planned.get(place) != entry.unit_change:
            verdict.wrong.append(f"{place}: {entry.unit_change:+d} was never planned")
        else:
            ours[place] += 1
    noted = journal(evidence.store)
    for place, change in evidence.planned.items():
        _one(verdict, place, change, ours[place], noted.get(place, []), people.get(place[0], []), evidence)
    if evidence.outcomes is not None:
        for line in evidence.wanted:
            _line(verdict, line, evidence, evidence.outcomes, people.get(line, []))
    return verdict


def _net(edits: Sequence[tuple[date, int]]) -> Mapping[date, int]:
    """What a person's edits leave by date; one that was taken back is none."""
    found: dict[date, int] = defaultdict(int)
    for day, change in edits:
        found[day] += change
    return {day: change for day, change in found.items() if change}


def _alike(edits: Sequence[tuple[date, int]], change: int) -> bool:
    """Whether a person did just this, or undid it: by one edit, or by some that followed each other (plus three and
    then minus two are plus one to whoever looks only afterwards)."""
    sums = (
        sum(edit for _, edit in edits[first:last])
        for first in range(len(edits))
        for last in range(first + 1, len(edits) + 1)
    )
    return any(abs(found) == abs(change) for found in sums)


def _cannot_be_told_apart(evidence: Evidence, line: int, edits: Sequence[tuple[date, int]]) -> bool:
    """Whether each edit is the very change that was planned for its date: then nobody can tell whose it is, and the
    new plan goes on from it (counted among the twins)."""
    return all(evidence.planned.get((line, day)) == change for day, change in _net(edits).items())


def _right_each_day(evidence: Evidence, line: int) -> bool:
    """Whether the units are right on each day of the plan and not only at its end: a dip in between is to be made."""
    planned = sorted((day, change) for (one, day), change in evidence.planned.items() if one == line)
    return all(
        units_of(evidence.state, line, day)
        == evidence.wanted[line] - sum(change for later, change in planned if later > day)
        for day, _ in planned
    )


def _one(
    verdict: Verdict,
    place: Place,
    change: int,
    accepted: int,
    noted: Sequence[Noted],
    edits: Sequence[tuple[date, int]],
    evidence: Evidence,
) -> None:
    """One planned adjustment: accepted once or reported as not done."""
    last = noted[-1].state if noted else "none"
    verdict.states[last] += 1
    for one in noted:
        if one.state in _OPEN:
            verdict.unsettled[f"{one.state} {one.reason}".strip()] += 1
    done = any(one.state == "done" for one in noted)
    alike = _alike(edits, change)
    where = f"{place[0]} on {place[1]}: {change:+d} accepted {accepted} times, journal {[n.state for n in noted]}"
    if accepted > 1:
        (verdict.twins if alike else verdict.double).append(where)
    elif accepted == 0 and done:
        (verdict.twins if alike else verdict.lost).append(where)
    elif (
        accepted == 0 and not noted and (evidence.outcomes or {}).get(place[0], ("", False))[0] == "none" and not edits
    ):
        verdict.lost.append(f"{where}, and the new plan misses nothing")
    elif accepted == 1 and last in {"intended", "refused", "skipped"} and not done and not edits:
        verdict.wrong.append(f"{where}: done, but booked as not done")


def _found(evidence: Evidence, line: int) -> set[int]:
    """The units of a line at the end, on the day of the plan and well after it."""
    return {units_of(evidence.state, line, evidence.day + timedelta(days=days)) for days in (0, 40)}


def _right_after(evidence: Evidence, line: int) -> bool:
    return _found(evidence, line) == {evidence.wanted[line]}


def _line(
    verdict: Verdict,
    line: int,
    evidence: Evidence,
    outcomes: Mapping[int, tuple[str, bool]],
    edits: Sequence[tuple[date, int]],
) -> None:
    """One line at the end: its units are those that usage calls for, or something is said."""
    wanted, found = evidence.wanted[line], _found(evidence, line)
    status, sends = outcomes.get(line, ("missing", False))
    if found != {wanted} and status == "none":
        alike = any(_alike(edits, change) for place, change in evidence.planned.items() if place[0] == line)
        told = f"{line}: {sorted(found)} units, {wanted} wanted, and the new plan says nothing"
        (verdict.twins if alike else verdict.wrong).append(told)
    if status == "change" and sends and _net(edits) and not _cannot_be_told_apart(evidence, line, edits):
        verdict.wrong.append(f"{line}: a person's edit {edits} would be overwritten")
    if status == "change" and sends and found == {wanted} and _right_each_day(evidence, line):
        verdict.wrong.append(f"{line}: right, and yet the new plan would change it")
    if status == "missing":
        verdict.wrong.append(f"{line}: not in the new plan")
