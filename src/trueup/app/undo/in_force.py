"""Which changes of a run are still in force: done, and not taken back by an undo that itself still stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trueup.store.journal import Intent, IntentState
from trueup.store.undos import UndoLine


@dataclass(frozen=True, slots=True)
class LineJournal:
    """All that was written to one line, with what each undo took back."""

    intents: tuple[Intent, ...]
    undos: tuple[UndoLine, ...]

    @property
    def done(self) -> tuple[Intent, ...]:
        """Changes that the PSA has, in the order of their writing."""
        return tuple(one for one in self.intents if one.state is IntentState.DONE)

    def _own(self, undo: UndoLine) -> tuple[Intent, ...]:
        return tuple(one for one in self.intents if one.plan_id == undo.plan_id)

    def _stands(self, undo: UndoLine) -> bool:
        """Whether an undo was written as a whole, and was not undone itself."""
        own = self._own(undo)
        return bool(own) and all(one.state is IntentState.DONE and self.in_force(one) for one in own)

    def in_force(self, intent: Intent) -> bool:
        """Whether a change is done and nothing that still stands took it back."""
        if intent.state is not IntentState.DONE:
            return False
        return not any(intent.id in undo.intents and self._stands(undo) for undo in self.undos)

    def half_undone(self, intent: Intent) -> bool:
        """Whether an undo of the change was begun and not finished, so that taking it back again would be too much."""
        for undo in self.undos:
            own = self._own(undo)
            if intent.id in undo.intents and any(self.in_force(one) for one in own) and not self._stands(undo):
                return True
        return False

    def later_run(self, written: Iterable[Intent]) -> str | None:
        """A run that changed the line after these changes and still stands; an undo of such a change does not count."""
        last = max(one.id for one in written)
        later = {one.id for one in self.done if one.id > last}
        undoing = {
            own.id
            for undo in self.undos
            if set(undo.intents) <= later and self._stands(undo)
            for own in self._own(undo)
        }
        standing = [one for one in self.done if one.id in later - undoing and self.in_force(one)]
        return standing[-1].run_id if standing else None


def by_line(intents: Iterable[Intent], undos: Iterable[UndoLine]) -> Mapping[str, LineJournal]:
    """The journal line by line."""
    found: dict[str, list[Intent]] = defaultdict(list)
    taken: dict[str, list[UndoLine]] = defaultdict(list)
    for intent in sorted(intents, key=lambda one: one.id):
        found[intent.line_id].append(intent)
    for undo in undos:
        taken[undo.line_id].append(undo)
    return {line: LineJournal(tuple(mine), tuple(taken[line])) for line, mine in found.items()}
