"""Changes of a plan that go together: approved as a whole, sent as a whole, and stopped as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal

from trueup.core.outcome import Outcome


def missing_from(chosen: Collection[Outcome]) -> tuple[Outcome, tuple[str, ...]] | None:
    """The first chosen change with the lines that go together with it and were not chosen; None where all are whole."""
    lines = {outcome.line_id for outcome in chosen}
    for outcome in chosen:
        missing = tuple(line for line in outcome.together if line not in lines)
        if missing:
            return outcome, missing
    return None


def whole(outcomes: Iterable[Outcome], finished: Collection[str]) -> tuple[Outcome, ...]:
    """The changes whose companions are all among them or finished already; the others wait, and so do theirs."""
    found = {outcome.line_id: outcome for outcome in outcomes}
    while True:
        broken = [
            line
            for line, outcome in found.items()
            if any(other not in found and other not in finished for other in outcome.together)
        ]
        if not broken:
            return tuple(found.values())
        for line in broken:
            del found[line]


def in_order(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Companions side by side, what lowers the bill first: if the rest of them fails, nobody is billed twice."""
    given = tuple(outcomes)
    places = {outcome.line_id: number for number, outcome in enumerate(given)}

    def first(outcome: Outcome) -> int:
        return min(places.get(line, len(places)) for line in _companions(outcome, by_line))

    by_line = {outcome.line_id: outcome for outcome in given}
    return tuple(sorted(given, key=lambda one: (first(one), one.recurring or Decimal(0), places[one.line_id])))


def _companions(outcome: Outcome, by_line: dict[str, Outcome]) -> frozenset[str]:
    """All lines that hang together with a change, over any number of steps."""
    found = {outcome.line_id}
    pending = [outcome]
    while pending:
        for line in pending.pop().together:
            if line not in found and line in by_line:
                found.add(line)
                pending.append(by_line[line])
    return frozenset(found)


def batches(outcomes: Sequence[Outcome], size: int) -> Iterator[tuple[Outcome, ...]]:
    """The changes in batches of about that size; no batch ends between companions."""
    by_line = {outcome.line_id: outcome for outcome in outcomes}
    batch: list[Outcome] = []
    ahead: frozenset[str] = frozenset()
    for outcome in in_order(outcomes):
        if len(batch) >= size and outcome.line_id not in ahead:
            yield tuple(batch)
            batch = []
        batch.append(outcome)
        if outcome.together:
            ahead |= _companions(outcome, by_line)
    if batch:
        yield tuple(batch)


def stopped_by(outcome: Outcome, failed: Collection[str]) -> str | None:
    """The companion that was not written, so that this change must not be either."""
    return next((line for line in outcome.together if line in failed), None)
