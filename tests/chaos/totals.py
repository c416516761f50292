"""Adding up runs, and saying what came of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.playing import Played


@dataclass
class Totals:
    """What is printed in the end."""

    runs: int = 0
    processes: int = 0
    cpu: float = 0.0
    double: int = 0
    lost: int = 0
    wrong: int = 0
    unjournalled: int = 0
    twins: int = 0
    planned_anew: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    unsettled: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    bad: dict[int, list[str]] = field(default_factory=dict)

    def add(self, played: Played) -> None:
        """Count one run."""
        verdict = played.verdict
        self.runs += 1
        self.processes += played.processes
        self.cpu += played.cpu
        self.double += len(verdict.double)
        self.lost += len(verdict.lost)
        self.wrong += len(verdict.wrong)
        self.unjournalled += len(played.unjournalled)
        self.twins += bool(verdict.twins)
        self.planned_anew += verdict.planned_anew
        self.faults += played.faults
        self.unsettled += verdict.unsettled
        self.states += verdict.states
        self.counts += played.counts
        if verdict.bad or played.unjournalled or played.trouble:
            said = [*verdict.double, *verdict.lost, *verdict.wrong, *played.unjournalled, *played.trouble]
            self.bad[played.seed] = said

    def failed(self, seed: int, trouble: str) -> None:
        """A run that came to no end."""
        self.runs += 1
        self.bad[seed] = [trouble]

    def merge(self, other: Totals) -> None:
        """Take over what another worker counted."""
        for name in ("runs", "processes", "cpu", "double", "lost", "wrong", "unjournalled", "twins", "planned_anew"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.faults += other.faults
        self.unsettled += other.unsettled
        self.states += other.states
        self.counts += other.counts
        self.bad |= other.bad

    def brief(self) -> str:
        """How far it has come, in a line."""
        found = f"double {self.double}, lost {self.lost}, wrong {self.wrong}"
        return f"{self.runs} runs, {found}, failed {sorted(self.bad)}"

    def text(self, seconds: float) -> str:
        """The report."""
        each = self.cpu / max(1, self.runs)
        lines = [
            f"runs {self.runs} ({self.processes} processes, {seconds:.0f} s; {each:.2f} CPU seconds each)",
            f"faults injected    {sum(self.faults.values())}",
            *(f"  {count:7d}  {kind}" for kind, count in self.faults.most_common()),
            f"adjustments        {sum(self.states.values())}: "
            + ", ".join(f"{count} {state}" for state, count in self.states.most_common()),
            f"double             {self.double}",
            f"lost               {self.lost}",
            f"wrong              {self.wrong}",
            f"not written down before they were sent, or sent too late   {self.unjournalled}",
            f"runs in which a person did or undid the very same   {self.twins} (docs/journal.md)",
            f"runs with a new plan in the end   {self.planned_anew}",
            f"unsettled in the end   {sum(self.unsettled.values())}",
            *(f"  {count:7d}  {reason}" for reason, count in self.unsettled.most_common()),
            *(f"{what}   {count}" for what, count in sorted(self.counts.items())),
        ]
        for seed, said in sorted(self.bad.items())[:50]:
            lines.append(f"FAILED: --only {seed}")
            lines += [f"    {one}" for one in said[:8]]
        return "\n".join(lines)
