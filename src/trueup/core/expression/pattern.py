"""Matching a pattern in time linear in the text: a Thompson automaton that follows all its states at once.

The automaton never goes back, so no pattern can make it slow: one character costs at most one visit of each state.
Steps seen before are remembered (a deterministic automaton built as it is needed), which makes the usual case a look-up
per character. What is remembered is bounded, forgotten when full, and never changes an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from trueup.core.expression.codes import Code
from trueup.core.expression.pattern_syntax import (
    Anchor,
    Character,
    Either,
    Part,
    PatternError,
    Repeat,
    Sequence,
    Test,
    read_pattern,
)

MAX_STATES = 1_000
"""States that a pattern may unfold into."""

MAX_GROUPS = 50
"""Groups inside one another."""

_REMEMBERED = 2_000
"""Steps that a pattern remembers."""

States = frozenset[int]

_START: tuple[States, str] = (frozenset(), "")


@dataclass(frozen=True, slots=True)
class _State:
    """A state: reads a character (`test`), waits for an anchor, or passes on freely; `next` are its successors."""

    next: tuple[int, ...]
    test: Test | None = None
    anchor: Anchor | None = None


@dataclass(slots=True)
class Effort:
    """Counts the states that a match visited: the measure of its cost."""

    visits: int = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern. It matches where it is found anywhere in the text; `^` and `$` pin it to the ends."""

    source: str
    _states: tuple[_State, ...] = field(repr=False, compare=False)
    _steps: dict[tuple[States, str], States] = field(default_factory=dict, repr=False, compare=False)
    _sets: dict[States, States] = field(default_factory=dict, repr=False, compare=False)

    @property
    def size(self) -> int:
        """Number of states."""
        return len(self._states)

    def found_in(self, text: str, effort: Effort | None = None) -> bool:
        """Whether the pattern is found in a text that has been folded; `effort` adds up the states visited."""
        effort = effort or Effort()
        final = len(self._states) - 1
        if not text:
            return final in self._closure([0], effort, at_start=True, at_end=True)
        current = self._start(effort)
        for character in text:
            if final in current:
                return True
            current = self._step(current, character, effort)
        return final in current or final in self._end(current, effort)

    def _start(self, effort: Effort) -> States:
        return self._steps.get(_START) or self._remember(
            _START, self._closure([0], effort, at_start=True, at_end=False)
        )

    def _end(self, current: States, effort: Effort) -> States:
        return self._steps.get((current, "")) or self._remember(
            (current, ""), self._closure(current, effort, at_start=False, at_end=True)
        )

    def _step(self, current: States, character: str, effort: Effort) -> States:
        known = self._steps.get((current, character))
        if known is not None:
            return known
        effort.visits += len(current)
        after = {0}
        for number in current:
            state = self._states[number]
            if state.test is not None and state.test(character):
                after.update(state.next)
        reached = self._closure(after, effort, at_start=False, at_end=False)
        return self._remember((current, character), reached)

    def _remember(self, step: tuple[States, str], reached: States) -> States:
        if len(self._steps) >= _REMEMBERED:
            self._steps.clear()
            self._sets.clear()
        reached = self._sets.setdefault(reached, reached)
        self._steps[step] = reached
        return reached

    def _closure(self, start: Iterable[int], effort: Effort, *, at_start: bool, at_end: bool) -> States:
        """All states that are reached without reading a character."""
        reached = set(start)
        waiting = list(reached)
        while waiting:
            effort.visits += 1
            state = self._states[waiting.pop()]
            if state.test is not None:
                continue
            if state.anchor is not None and not (at_end if state.anchor.at_end else at_start):
                continue
            for number in state.next:
                if number not in reached:
                    reached.add(number)
                    waiting.append(number)
        return frozenset(reached)


def compile_pattern(source: str) -> Pattern:
    """Build the automaton of a pattern; raises PatternError where it is not well formed, unknown or too large."""
    part = read_pattern(source, MAX_GROUPS)
    if _size(part) > MAX_STATES:
        raise PatternError(Code.PATTERN_TOO_LARGE, 0, len(source), MAX_STATES)
    builder = _Builder()
    builder.states.append(_State((1,)))
    builder.append(part)
    builder.states.append(_State(()))
    return Pattern(source, tuple(builder.states))


def _size(part: Part) -> int:
    """States that `_Builder` will make, counted before they are made; capped so that no number grows large."""
    if isinstance(part, Sequence):
        size = sum(map(_size, part.parts))
    elif isinstance(part, Either):
        size = sum(_size(option) + 1 for option in part.parts) + 1
    elif isinstance(part, Repeat):
        copies = part.least + 1 if part.most is None else part.most
        size = (_size(part.part) + 2) * copies
    else:
        size = 1
    return min(size, MAX_STATES + 1)


class _Builder:
    """Lays the states of a pattern out one behind the other: a part enters at its first and leaves behind its last."""

    def __init__(self) -> None:
        self.states: list[_State] = []

    def append(self, part: Part) -> None:
        here = len(self.states)
        if isinstance(part, Character):
            self.states.append(_State((here + 1,), test=part.test))
        elif isinstance(part, Anchor):
            self.states.append(_State((here + 1,), anchor=part))
        elif isinstance(part, Sequence):
            for each in part.parts:
                self.append(each)
        elif isinstance(part, Either):
            self.either(part)
        else:
            self.repeat(part)

    def either(self, part: Either) -> None:
        fork = self.reserve()
        starts: list[int] = []
        exits: list[int] = []
        for option in part.parts:
            starts.append(len(self.states))
            self.append(option)
            exits.append(self.reserve())
        end = len(self.states)
        self.states[fork] = _State(tuple(starts))
        for leave in exits:
            self.states[leave] = _State((end,))

    def repeat(self, part: Repeat) -> None:
        for _ in range(part.least):
            self.append(part.part)
        if part.most is None:
            fork = self.reserve()
            self.append(part.part)
            self.states.append(_State((fork,)))
            self.states[fork] = _State((fork + 1, len(self.states)))
            return
        forks: list[int] = []
        for _ in range(part.most - part.least):
            forks.append(self.reserve())
            self.append(part.part)
        for fork in forks:
            self.states[fork] = _State((fork + 1, len(self.states)))

    def reserve(self) -> int:
        """A place for a state whose successors are not known yet."""
        self.states.append(_State(()))
        return len(self.states) - 1
